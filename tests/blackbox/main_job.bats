#!/usr/bin/env bats
# The main job: a task is created, executed and followed, through a daemon and without one.
load world

report_agent() {
  agent report <<'AGENT'
[[agent.steps]]
name = "count"
run = ["sh", "-c", "echo one; echo two >&2; echo three"]
[[agent.steps]]
name = "say"
run = ["sh", "-c", """echo '::taskfeed {"type":"WorkflowProgressUpdated","percent":50}'
  echo "goal: $TASKFEED_QUERY" """]
AGENT
}

# One type a line; output lines may come in one event or in several.
story() { jq -r .event_type | grep -v WorkflowToolCallOutput; }
told="WorkflowStarted
WorkflowStepStarted
WorkflowToolCallStarted
WorkflowToolCallCompleted
WorkflowStepCompleted
WorkflowStepStarted
WorkflowToolCallStarted
WorkflowProgressUpdated
WorkflowToolCallCompleted
WorkflowStepCompleted
WorkflowCompleted"

@test "create, execute and tail tell the whole story of a task" {
  report_agent
  serve
  new_task report
  task_is "$task" submitted
  background follower "$binary" tail -o json "$task"
  status 0 taskfeed execute --query "version 2" "$task"
  ends "$pid" 0
  same "the story" "$told" "$(story <follower.out)"
  taskfeed tail -o sse "$task" | ids_of | counts_to "$(wc -l <follower.out)"
  same "stdout of both steps" "one
three
goal: version 2" "$(jq -r 'select(.stream == "stdout").text' <follower.out | sed '/^$/d')"
  same "the result" "goal: version 2" "$(taskfeed result "$task")"
  same "the status" completed "$(taskfeed get --json "$task" | jq -r .status)"
  same "the state" completed "$(taskfeed state --json "$task" | jq -r .status)"
  same "the list" "$task" "$(taskfeed list --json --agent report | jq -r .id)"
  status 0 taskfeed wait "$task"
}

@test "the same over HTTP, word for word as the guide has it" {
  report_agent
  serve
  tasks=/api/v1/agents/report/tasks
  same "the agents" report "$(api /api/v1/agents | jq -r '.agents[].id')"
  created=$(api $tasks -H 'Content-Type: application/json' \
    -d '{"description":"a goal","user_id":"ann","task_parameters":{"n":1}}')
  task=$(jq -r .id <<<"$created")
  same "who wants it" "ann 1" "$(jq -r '"\(.user_id) \(.parameters.n)"' <<<"$created")"
  curl -sS -N "$url$tasks/$task/events/stream" >stream.sse 3>&- &
  reader=$!
  started+=("$reader")
  eventually grep -q '^event: stream.open' stream.sse
  same "accepted" 202 "$(api "$tasks/$task/execute" -o answer -w '%{http_code}' \
    -H 'Content-Type: application/json' -d '{"query":"version 3"}')"
  ends "$reader" 0
  same "the story" "$told" "$(events_of stream.sse | story)"
  same "the end" completed \
    "$(grep -A 1 '^event: stream.end' stream.sse | sed -n 's/^data: //p' | jq -r .status)"
  same "again" 409 "$(api "$tasks/$task/execute" -o answer -w '%{http_code}' -X POST)"
  same "the status" completed "$(api "$tasks/$task" | jq -r .status)"
  same "the response" "goal: version 3" "$(api "$tasks/$task/result" | jq -r .response)"
}

@test "tail prints the same bytes from the daemon, from Redis, and as curl reads them" {
  report_agent
  serve
  new_task report
  status 0 taskfeed execute -q --wait "$task"
  taskfeed tail -o json "$task" >daemon.json
  [ -s daemon.json ]
  taskfeed --redis "$redis" tail -o json "$task" >redis.json
  cmp daemon.json redis.json
  curl -sS -N "$url$(stream_path report "$task")" | events_of >curl.json
  cmp daemon.json curl.json
  taskfeed --server "$url" tail -o raw "$task" | cut -d ' ' -f 3- | cmp daemon.json -
  taskfeed events -o json "$task" | cmp daemon.json -
  api "/api/v1/agents/report/tasks/$task/events" -H 'Accept: application/x-ndjson' |
    cmp daemon.json -
  taskfeed tail -o sse "$task" | events_of | cmp daemon.json -
  redis_do --raw XRANGE "taskfeed:{$task}:events" - + | grep '^{"event_id' | cmp daemon.json -
}

@test "in batch mode an activity's events appear together, and none of its lines" {
  batch=true gated_agent quiet
  serve
  new_task quiet
  background follower "$binary" tail -o json "$task"
  taskfeed execute "$task"
  eventually task_is "$task" running
  eventually grep -q WorkflowStarted follower.out
  lacks "$(<follower.out)" WorkflowToolCall
  touch go
  ends "$pid" 0
  lacks "$(<follower.out)" WorkflowToolCallOutput
  same "one tool call a step" 2 "$(grep -c WorkflowToolCallCompleted follower.out)"
  new_task quiet
  taskfeed execute --streaming --wait "$task"
  has "$(taskfeed tail -o json "$task")" WorkflowToolCallOutput
}

@test "run --agent executes a task and ends as it does" {
  report_agent
  serve
  status 0 taskfeed run --agent report "version 4"
  has "$output" "TASK ▶  version 4" "STEP ▶  1 count" "STEP ▶  2 say" "50 %" "TASK ✓"
  same "stderr" "" "$stderr"
}

@test "run -- carries out a program as a task that anybody can follow" {
  serve
  status 3 taskfeed run -o json -- sh -c 'echo out; echo err >&2; exit 7'
  printf '%s\n' "$output" >run.json
  same "its exit status" 7 "$(jq -r 'select(.exit_code).exit_code' run.json)"
  same "its agent" run "$(jq -r .agent_id run.json | sort -u)"
  task=$(jq -r .task_id run.json | sort -u)
  status 3 taskfeed tail -o json "$task"
  same "the events" "$(<run.json)" "$output"
  status 0 taskfeed run -q -- true
  status 3 taskfeed run -q -- sh -c 'kill -9 $$'
  has "$(taskfeed list --json --limit 1)" '"failed"'
}

@test "the exit status says how the task ended, or why there is no telling" {
  gated_agent gate
  agent fails <<<'[[agent.steps]]
name = "no"
run = ["false"]'
  serve
  status 3 taskfeed run -q --agent fails x
  new_task gate
  status 124 taskfeed execute --wait --timeout 50ms "$task"
  eventually task_is "$task" running
  status 124 taskfeed wait --timeout 50ms "$task"
  status 124 taskfeed tail --timeout 50ms "$task"
  status 0 taskfeed cancel "$task"
  status 6 taskfeed wait "$task"
  status 6 taskfeed tail -q "$task"
  status 2 taskfeed tail
  status 2 taskfeed tail --fellow "$task"
  status 5 taskfeed tail 0198f3c2-0000-7000-8000-000000000000
  status 5 taskfeed create --agent nobody
  status 9 taskfeed --server unix:"$dir/nobody.sock" list
  status 1 taskfeed execute "$task"
}

@test "a task that went over its budget has a status of its own" {
  outside_task
  taskfeed publish -q "$task" WorkflowStarted
  taskfeed publish -q "$task" WorkflowFailed \
    '{"error":{"kind":"budget_exceeded","message":"$0.52 of $0.50"}}'
  status 7 taskfeed wait "$task"
  status 7 taskfeed tail "$task"
  has "$output" "budget_exceeded"
}

@test "the statuses of all tasks that are waited for count, in their order" {
  gated_agent gate
  agent fails <<'AGENT'
[[agent.steps]]
name = "only"
run = ["false"]
AGENT
  serve
  new_task gate
  first=$task
  new_task fails
  taskfeed execute -q "$task"
  taskfeed execute -q "$first"
  touch go
  status 3 taskfeed wait "$first" "$task"
  has "${lines[0]}" "$first" completed
  has "${lines[1]}" "$task" failed
}

@test "a reader of stdout who leaves ends tail quietly with 141" {
  gated_agent gate
  serve
  new_task gate
  taskfeed execute "$task"
  taskfeed tail -o json "$task" 2>tail.err | head -n 1 >first.json
  statuses=("${PIPESTATUS[@]}")
  same "both statuses" "141 0" "${statuses[*]}"
  same "stderr" "" "$(<tail.err)"
  has "$(<first.json)" WorkflowStarted
}

@test "without daemon and Redis the main job runs on a private Redis" {
  report_agent
  status 0 taskfeed agents apply agents/report.toml
  status 0 taskfeed run --agent report "version 5"
  has "$output" "TASK ▶  version 5" "TASK ✓"
  task=$(taskfeed list --json | jq -r .id)
  same "the story" "$told" "$(taskfeed tail -o json "$task" | story)"
}

healthy() {
  [ "$1" = \
    "$(api /health | jq -r '"\(.status) \(.checks.redis.status) \(.checks.workers.alive)"')" ]
}

@test "health says what it looked at, and liveness does not need Redis" {
  serve
  eventually healthy "ok ok 1"
  same "over TCP" 200 "$(curl -sS -o answer -w '%{http_code}' "$url/readyz")"
  same "the version" "$(taskfeed --version)" "taskfeed $(api /version | jq -r .version)"
  same "alive" ok "$(api /livez | jq -r .status)"
}
