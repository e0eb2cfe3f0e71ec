#!/usr/bin/env bats
# The worker of a model agent dies at fifty points of its run. What had come of it stays, and is
# paid for once.
load world
load models/agents

@test "a worker that dies anywhere is replaced, and no finished call is made again" {
  model_server
  tool_script="echo \$1 >>$dir/begun; while [ -e $dir/hold-\$1 ]; do sleep 0.01; done"
  tool_run="[\"sh\", \"-c\", \"$tool_script; printf \${1#*-}\", \"tool\", \"{n}\"]"
  model_agent helper "[[agent.prices]]
pattern = \"*\"
input = 1
output = 2
$(tool add n 'idempotent = true' <<<"$tool_run")
$(tool once n <<<"$tool_run")"
  taskfeed agents apply --redis "$redis" "$dir/agents/helper.toml"
  python3 -B "$BATS_TEST_DIRNAME/models/deaths.py" "$dir" "$world/redis.sock" helper "$dir/model"
}
