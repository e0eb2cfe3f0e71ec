#!/usr/bin/env bats
# /openapi.json of the real binary: it is OpenAPI 3.1, and the daemon answers as it says.
load world
load peers

validator=$peers/bin/openapi-spec-validator
has_validator() { needs peers openapi-spec-validator [ -x "$validator" ]; }
in_python() {
  needs_python python3-jsonschema 'from jsonschema import Draft202012Validator'
}
answers() {
  run "$python" -B "$BATS_TEST_DIRNAME/openapi/answers.py" "$url" "$@"
  [ "$status" = 0 ] && return
  echo "$output" >&2
  return 1
}

@test "the document is OpenAPI 3.1, of the binary's version" {
  serve
  api /openapi.json -f >openapi.json
  same "its version" "$(taskfeed version)" "taskfeed $(jq -r .info.version openapi.json)"
  has_validator
  "$validator" --schema 3.1 openapi.json
}

@test "a document that is none is found to be none" {
  has_validator
  serve
  api /openapi.json -f | jq '.paths["/health"].get.responses = {}' >openapi.json
  run "$validator" --schema 3.1 openapi.json
  [ "$status" != 0 ]
}

@test "each answer that the document describes is given, and is as described" {
  in_python
  external_agent outside
  agent gated <<AGENT
[[agent.steps]]
name = "gate"
run = ["sh", "-c", "echo begun; until [ -e '$dir/go-'\$TASKFEED_TASK_ID ]; do sleep 0.02; done"]
[[agent.steps]]
name = "last"
run = ["echo", "done"]
AGENT
  agent quick <<<'[[agent.steps]]
name = "one"
run = ["true"]'
  agent asking <<'AGENT'
[[agent.steps]]
name = "confirm"
approval = true
run = ["true"]
[[agent.steps]]
name = "ask"
input = "Which version?"
run = ["cat"]
AGENT
  serve
  answers all "$dir/go-"
}

@test "while Redis is away, what needs it is refused as described" {
  in_python
  4>&- background store redis-server --port 0 --unixsocket "$dir/store.sock" --dir "$dir" --save ''
  store=$pid
  eventually redis-cli -s "$dir/store.sock" ping
  redis=unix://$dir/store.sock
  serve
  kill_now "$store"
  unready() { ! api /readyz -f; }
  eventually unready
  answers unavailable
}
