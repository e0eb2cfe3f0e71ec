#!/usr/bin/env bats
# The daemon and its workers: killed, replaced, drained; tasks paused, resumed, cancelled.
load world

# An agent whose first step leaves a line in "first" and ends; its second waits for "go".
two_step_agent() {
  agent two <<AGENT
[[agent.steps]]
name = "first"
run = ["sh", "-c", "echo ran >>'$dir/first'; echo first"]
[[agent.steps]]
name = "second"
run = ["sh", "-c", "echo ran >>'$dir/second'; until [ -e '$dir/go' ]; do sleep 0.02; done"]
AGENT
}
withdrawn() { ! taskfeed agents show "$1"; }
begun_twice() { [ "$(wc -l <second)" = 2 ]; }
running_two() {
  two_step_agent
  serve
  new_task two
  taskfeed execute -q "$task"
  eventually [ -s second ]
}

@test "a killed daemon's task is gone on with by the next, and what was finished is not repeated" {
  running_two
  background reader "$binary" tail -o json "$task"
  reader=$pid
  eventually grep -q '"first\\n"' reader.out
  kill_now "$daemon"
  serve
  # Its lease runs out by itself, after 15 s.
  eventually begun_twice
  touch go
  ends "$reader" 0
  same "the first step ran" ran "$(<first)"
  has "$(grep '"name":"second"' reader.out)" '"attempt":1' '"attempt":2'
  taskfeed tail -o json "$task" | cmp reader.out -
  same "one end" 1 "$(grep -c '"WorkflowCompleted","timestamp"' reader.out)"
}

@test "a killed worker's program dies with it, and another worker takes its place" {
  two_step_agent
  sed -i "s/echo ran >>'\(.*\)second'/&; echo \$\$ >'\1program'/" agents/two.toml
  serve --workers 0
  background worker "$binary" worker --redis "$redis"
  worker=$pid
  new_task two
  taskfeed execute -q "$task"
  eventually [ -s program ]
  background other "$binary" worker --redis "$redis"
  kill_now "$worker"
  eventually gone "$(<program)"
  lease_runs_out "$task"
  eventually begun_twice
  touch go
  status 0 taskfeed wait "$task"
  same "the first step ran" ran "$(<first)"
}

@test "pause takes effect between two steps, and resume goes on there" {
  gated_agent gate
  serve
  new_task gate
  background reader "$binary" tail -o json "$task"
  taskfeed execute -q "$task"
  eventually grep -q begun reader.out
  status 0 taskfeed pause --reason "a look" "$task"
  touch go
  eventually task_is "$task" paused
  same "the steps so far" 1 "$(grep -c WorkflowStepCompleted reader.out)"
  has "$(grep WorkflowPaused reader.out)" '"reason":"a look"'
  same "the state" paused "$(taskfeed state --json "$task" | jq -r .status)"
  status 0 taskfeed resume "$task"
  ends "$pid" 0
  same "the types" "WorkflowStepCompleted
WorkflowPaused
WorkflowResumed
WorkflowStepCompleted" "$(jq -r .event_type reader.out | grep -E 'StepCompleted|Paused|Resumed')"
  status 1 taskfeed pause "$task"
}

@test "cancel ends the whole process group of the program that runs, whatever it ignores" {
  agent deaf <<AGENT
[[agent.steps]]
name = "deaf"
run = ["sh", "-c", """
  trap '' TERM INT
  sh -c 'trap "" TERM; echo \$\$ >$dir/child; while :; do sleep 0.1; done' &
  echo \$\$ >$dir/parent
  while :; do sleep 0.1; done"""]
AGENT
  serve
  new_task deaf
  background reader "$binary" tail -o json "$task"
  taskfeed execute -q "$task"
  eventually [ -s child ]
  eventually [ -s parent ]
  status 0 taskfeed cancel --reason "enough" "$task"
  ends "$pid" 6
  gone "$(<child)"
  gone "$(<parent)"
  has "$(tail -n 1 reader.out)" WorkflowCancelled '"reason":"enough"'
  status 1 taskfeed cancel "$task"
}

@test "a task is cancelled before it runs, in the queue, and while it is paused" {
  gated_agent gate
  serve --workers 0
  new_task gate
  status 0 taskfeed cancel "$task"
  task_is "$task" cancelled
  new_task gate
  taskfeed execute -q "$task"
  status 0 taskfeed cancel "$task"
  background worker "$binary" worker --redis "$redis"
  status 6 taskfeed wait "$task"
  new_task gate
  taskfeed execute -q "$task"
  eventually task_is "$task" running
  taskfeed pause "$task"
  touch go
  eventually task_is "$task" paused
  status 0 taskfeed cancel "$task"
  status 6 taskfeed wait "$task"
  same "steps that began" 1 "$(taskfeed events -o json "$task" | grep -c WorkflowStepStarted)"
}

@test "SIGTERM lets the step under way end, sends readers elsewhere, and exits 0" {
  running_two
  curl -sS -N "$url$(stream_path two "$task")" >stream.sse 3>&- &
  reader=$!
  started+=("$reader")
  eventually grep -q '"name":"second"' stream.sse
  kill -TERM "$daemon"
  eventually grep -q ending serve.err
  ends "$reader" 0
  lacks "$(<stream.sse)" stream.end
  touch go
  ends "$daemon" 0
  [ ! -e state/taskfeed.sock ]
  taskfeed --redis "$redis" events -o json "$task" | grep -q '"name":"second".*"completed"'
  serve
  status 0 taskfeed wait "$task"
  same "each step ran once" "ran ran" "$(<first) $(<second)"
}

@test "SIGTERM stops a step that does not end, which the next daemon carries out again" {
  running_two
  kill -TERM "$daemon"
  ends "$daemon" 0
  serve
  eventually begun_twice
  touch go
  status 0 taskfeed wait "$task"
  same "the first step ran" ran "$(<first)"
}

@test "a task that kills its workers is set aside as failed, and others are executed" {
  agent poison <<AGENT
[[agent.steps]]
name = "poison"
run = ["sh", "-c", "echo ran >>'$dir/poison'; kill -9 \$PPID"]
AGENT
  agent good <<<'[[agent.steps]]
name = "good"
run = ["true"]'
  serve --workers 0
  new_task poison
  taskfeed execute -q "$task"
  for i in 1 2 3 4 5; do
    background "worker$i" "$binary" worker --redis "$redis"
    eventually gone "$pid"
    lease_runs_out "$task"
  done
  background worker6 "$binary" worker --redis "$redis"
  status 3 taskfeed wait "$task"
  same "workers that it killed" 5 "$(wc -l <poison)"
  has "$(taskfeed get --json "$task" | jq -r .error.message)" 5
  status 0 taskfeed run -q --agent good x
  same "the dead" 1 "$(redis_do LLEN 'taskfeed:queue:{default}:dead')"
  kill -TERM "$pid"
  ends "$pid" 0
}

@test "two daemons on one Redis share tasks, events and work" {
  two_step_agent
  serve
  first=$daemon
  first_url=$url
  export TASKFEED_STATE_DIR=$dir/other
  serve
  new_task two
  curl -sS -N "$first_url$(stream_path two "$task")" >first.sse 3>&- &
  first_reader=$!
  curl -sS -N "$url$(stream_path two "$task")" >second.sse 3>&- &
  second_reader=$!
  started+=("$first_reader" "$second_reader")
  eventually grep -q '^event: stream.open' first.sse
  eventually grep -q '^event: stream.open' second.sse
  taskfeed --server "$first_url" execute -q "$task"
  touch go
  ends "$first_reader" 0
  ends "$second_reader" 0
  cmp <(events_of first.sse) <(events_of second.sse)
  same "each step ran once" "ran ran" "$(<first) $(<second)"
  for i in 1 2 3 4 5 6; do taskfeed create --agent two --execute --id-only >>tasks; done
  kill -TERM "$first"
  xargs "$binary" wait <tasks
  same "each ran once" 7 "$(wc -l <second)"
  ends "$first" 0
}

@test "SIGHUP reads the agents again; where a file is wrong, they stay as they were" {
  two_step_agent
  serve
  agent three <<<'[[agent.steps]]
name = "three"
run = ["true"]'
  kill -HUP "$daemon"
  eventually taskfeed agents show three
  rm agents/two.toml
  echo 'colour = 1' >>agents/three.toml
  kill -HUP "$daemon"
  eventually grep -q 'agents/three.toml.*colour' serve.err
  status 0 taskfeed agents show two
  sed -i '$d' agents/three.toml
  kill -HUP "$daemon"
  eventually withdrawn two
  status 0 taskfeed agents show three
}

@test "a file that declares a built-in agent is wrong, for check, for serve, and after SIGHUP" {
  two_step_agent
  serve
  sed 's/^id = .*/id = "run"/' agents/two.toml >run.toml
  has "$(<run.toml)" 'id = "run"'
  status 2 taskfeed agents check run.toml
  has "$stderr" "run.toml:" ': id: the agent `run` is built in'
  cp run.toml agents/
  kill -HUP "$daemon"
  eventually grep -q 'agents/run.toml:.*the agents stay as they were' serve.err
  status 2 taskfeed --state-dir other serve --redis "$redis" --agents agents --listen 127.0.0.1:0
  has "$stderr" "agents/run.toml:" "is built in"
}
