#!/usr/bin/env bats
# Steps that ask a person: a task that waits for a yes or a text, whoever dies meanwhile.
load world

asking_agent() {
  agent deploy <<'AGENT'
[[agent.steps]]
name = "build"
run = ["echo", "built"]
[[agent.steps]]
name = "deploy"
input = "Which version?"
approval = true
run = ["sh", "-c", "read v; echo deployed $v $TASKFEED_INPUT"]
AGENT
}
begun() { task=$(taskfeed create --agent deploy --execute --id-only); }

@test "a step waits for its input and for a yes, and then runs" {
  asking_agent
  serve
  begun
  eventually waits_for input
  task_is "$task" running
  has "$(taskfeed tail --no-follow "$task")" "taskfeed input $task"
  has "$(taskfeed get "$task")" "Which version?"
  status 1 taskfeed approve "$task"
  taskfeed input "$task" 1.2.3
  eventually waits_for approval
  has "$(taskfeed tail --no-follow "$task")" "taskfeed approve $task"
  taskfeed state --json "$task" >waiting
  same "what is approved" 1.2.3 "$(jq -r '.waiting_for[0].arguments.input' waiting)"
  taskfeed approve --reason "tests are green" "$task"
  status 0 taskfeed wait "$task"
  same "the result" "deployed 1.2.3 1.2.3" "$(taskfeed result "$task")"
  status 0 taskfeed approve --reason "tests are green" "$task"
  status 0 taskfeed input "$task" 1.2.3
  status 1 taskfeed approve --refuse "$task"
  has "$stderr" "$task is completed already"
}

@test "without a daemon, the Redis takes the answers, and a worker goes on" {
  asking_agent
  taskfeed agents apply --redis "$redis" agents/deploy.toml
  task=$(taskfeed create --redis "$redis" --agent deploy --execute --id-only)
  background worker "$binary" worker --redis "$redis"
  export TASKFEED_REDIS_URL=$redis
  eventually waits_for input
  status 1 taskfeed approve "$task"
  has "$stderr" "waits for no approval"
  taskfeed input "$task" 4.5
  eventually waits_for approval
  status 1 taskfeed input "$task" 4.6
  taskfeed approve "$task"
  status 0 taskfeed wait "$task"
  same "the result" "deployed 4.5 4.5" "$(taskfeed result "$task")"
  status 0 taskfeed approve "$task"
  status 1 taskfeed approve --refuse "$task"
}

@test "a refusal fails the step with its reason" {
  asking_agent
  serve
  begun
  eventually waits_for input
  echo 1.2.3 | taskfeed input "$task" -
  eventually waits_for approval
  taskfeed approve --refuse --reason "not on a Friday" "$task"
  status 3 taskfeed wait "$task"
  same "the error" refused "$(taskfeed get --json "$task" | jq -r .error.kind)"
  has "$(taskfeed get "$task")" "not on a Friday"
}

@test "a worker that is killed while its task waits changes nothing" {
  asking_agent
  serve
  begun
  eventually waits_for input
  kill_now "$daemon"
  serve
  waits_for input
  taskfeed input "$task" 7
  eventually waits_for approval
  taskfeed approve "$task"
  status 0 taskfeed wait "$task"
  same "asked once" 1 "$(taskfeed events --json "$task" | grep -c WorkflowInputRequested)"
}

@test "over HTTP a wrong answer is refused, and the same answer twice is none" {
  asking_agent
  serve
  begun
  local path=/api/v1/tasks/$task
  eventually waits_for input
  same "no text" 400 "$(api "$path/input" -X POST -o /dev/null -w '%{http_code}')"
  same "nothing to approve" 409 "$(api "$path/approve" -X POST -o /dev/null -w '%{http_code}')"
  same "an answer" 202 "$(api "$path/input" --json '{"text":"9"}' -o /dev/null -w '%{http_code}')"
  same "the same" 202 "$(api "$path/input" --json '{"text":"9"}' -o /dev/null -w '%{http_code}')"
  same "another" 409 "$(api "$path/input" --json '{"text":"8"}' -o /dev/null -w '%{http_code}')"
  eventually waits_for approval
  api "$path/approve" --json '{"approved":false,"reason":"no"}' >/dev/null
  status 3 taskfeed wait "$task"
}

@test "a task that waits is paused, resumed and cancelled" {
  asking_agent
  serve
  begun
  eventually waits_for input
  taskfeed pause "$task"
  eventually task_is "$task" paused
  taskfeed resume "$task"
  eventually task_is "$task" running
  waits_for input
  taskfeed cancel "$task"
  eventually task_is "$task" cancelled
}

@test "who waits for the response alone is told what the task waits for" {
  asking_agent
  taskfeed agents apply agents/deploy.toml
  background asker "$binary" run -q --agent deploy x
  said() { grep -q "waits for a text; give it with: taskfeed input" asker.err; }
  eventually said
  line=$(sed -n 's/.*give it with: taskfeed //p' asker.err)
  task=${line#input }
  task=${task% TEXT}
  taskfeed input "$task" 1.3
  asked() { grep -q "waits for a yes; give it with: taskfeed approve $task" asker.err; }
  eventually asked
  taskfeed approve "$task"
  ends "$pid" 0
}
