#!/usr/bin/env bats
# Creating with an idempotency key, and creating, executing and following in one request.
load world

echo_agent() {
  agent builder <<'AGENT'
[[agent.steps]]
name = "only"
run = ["echo", "done"]
AGENT
}
tasks_there() { taskfeed list --json | wc -l; }
path=/api/v1/agents/builder/tasks

@test "a hundred repeats at once create one task" {
  echo_agent
  serve
  seq 100 | xargs -P 20 -I {} curl -s -o answer.{} -H 'Content-Type: application/json' \
    -H 'Idempotency-Key: nightly' -d '{"description":"x"}' -w '%{http_code}\n' "$url$path" >codes
  same "one is created, the others find it" "99 200
1 201" "$(sort codes | uniq -c | sed 's/^ *//')"
  same "one id" 1 "$(cat answer.* | jq -r .id | sort -u | wc -l)"
  same "one task" 1 "$(tasks_there)"
}

@test "the command line creates once too, and from Redis the same task as from the daemon" {
  echo_agent
  serve
  status 0 taskfeed create --agent builder -d x --idempotency-key k --id-only
  id=$output
  status 0 taskfeed create --agent builder -d x --idempotency-key k --id-only --redis "$redis"
  same "the task" "$id" "$output"
  has "$stderr" "was there already: $id"
  status 1 taskfeed create --agent builder -d y --idempotency-key k
  has "$stderr" "already stands for the task $id" "take a new key"
  status 2 taskfeed create --agent builder -d y --idempotency-key ""
  status 0 taskfeed create --agent builder -d x --idempotency-key k --execute --id-only
  status 0 taskfeed create --agent builder -d x --idempotency-key k --execute --id-only
  status 0 taskfeed wait "$id"
  same "one task" 1 "$(tasks_there)"
}

@test "a task is created, executed and followed in one request" {
  echo_agent
  serve
  curl -sSN -D head.txt -H 'Accept: text/event-stream' -H 'Content-Type: application/json' \
    -d '{"description":"x"}' "$url$path" >stream.sse
  has "$(<head.txt)" "201 Created" "text/event-stream" "Location: $path/"
  has "$(<stream.sse)" stream.open WorkflowStarted WorkflowCompleted stream.end
  place=$(sed -n 's/^Content-Location: \(.*\)\r$/\1/p' head.txt)
  same "the stream at its own place" "$(ids_of stream.sse)" "$(curl -sN "$url$place" | ids_of)"
}

@test "whoever leaves the stream of its creation does not end the task" {
  gated_agent gate
  serve
  background reader curl -sSN -H 'Accept: text/event-stream' -H 'Content-Type: application/json' \
    -d '{"description":"x"}' "$url/api/v1/agents/gate/tasks"
  reader=$pid
  eventually grep -q begun reader.out
  kill_now "$reader"
  touch go
  task=$(taskfeed list --json | jq -r .id)
  status 0 taskfeed wait "$task"
}
