#!/usr/bin/env bats
# What breaks under a load that goes on: workers and daemons that die again and again, a Redis that
# hangs or comes back empty. What was recorded stays, and nothing is done twice or told twice.
load world

# A redis-server of the test's own, which keeps nothing; its pid in $store.
start_store() {
  background store redis-server --port 0 --unixsocket "$dir/store.sock" --dir "$dir" --save ''
  store=$pid
  redis=unix://$dir/store.sock
  eventually redis-cli -s "$dir/store.sock" ping
}
long_agent() {
  mkdir -p "$dir/agents"
  {
    printf '[agent]\nid = "long"\nrunner = "command"\nenable_streaming = true\n'
    for step in $(seq 12); do
      printf '[[agent.steps]]\nname = "s%s"\nrun = ["sh", "-c", "echo %s >>%s/ran; sleep 0.05"]\n' \
        "$step" "$step" "$dir"
    done
  } >"$dir/agents/long.toml"
}
steps_begun() { [ "$(grep -c WorkflowStepStarted reader.out)" -ge "$1" ]; }

@test "a worker killed at four points is replaced each time, and no recorded step is repeated" {
  long_agent
  serve --workers 0
  new_task long
  taskfeed execute -q "$task"
  background reader "$binary" tail -o json "$task"
  reader=$pid
  for killed_at in 1 4 7 10; do
    background "worker$killed_at" "$binary" worker --redis "$redis"
    eventually steps_begun "$killed_at"
    kill_now "$pid"
    lease_runs_out "$task"
  done
  # The fifth death of a worker would make it poison.
  background worker "$binary" worker --redis "$redis"
  ends "$reader" 0
  same "the steps, each completed once" "$(seq -f 's%g' 12)" \
    "$(jq -r 'select(.event_type == "WorkflowStepCompleted").name' reader.out)"
  same "one beginning and one end" "1 1" "$(grep -c '"WorkflowStarted","timestamp"' reader.out) \
$(grep -c '"WorkflowCompleted","timestamp"' reader.out)"
  # A program that was under way when its worker died ran again under a new attempt, no other did.
  for step in $(seq 12); do
    attempts=$(grep WorkflowStepStarted reader.out | grep -c "\"name\":\"s$step\"")
    [ "$(grep -c -x "$step" ran)" -le "$attempts" ]
  done
  taskfeed tail -o sse "$task" | ids_of | counts_to "$(wc -l <reader.out)"
}

@test "a Redis that hangs is a matter of 503, health tells, streams stay, and it all goes on" {
  start_store
  outside_task
  background reader curl -sS -N "$url$(stream_path outside "$task")"
  reader=$pid
  eventually grep -q stream.open reader.out
  kill -STOP "$store"
  same "a request" 503 "$(api /api/v1/agents -m 30 -o answer -w '%{http_code}')"
  same "liveness" 200 "$(api /livez -m 30 -o answer -w '%{http_code}')"
  unwell() { [ "$(api /health -m 30 | jq -r .checks.redis.status)" = unreachable ]; }
  eventually unwell
  kill -CONT "$store"
  eventually api /readyz --fail
  taskfeed publish "$task" note
  taskfeed publish "$task" WorkflowCompleted
  ends "$reader" 0
  same "one connection" 1 "$(grep -c '^event: stream.open' reader.out)"
  ids_of reader.out | counts_to 2
}

@test "a Redis that comes back empty: readers are told, agents are declared again" {
  start_store
  outside_task
  taskfeed publish "$task" note
  background reader curl -sS -N "$url$(stream_path outside "$task")"
  eventually grep -q note reader.out
  kill_now "$store"
  start_store
  eventually grep -q '"reason":"reset"' reader.out
  eventually taskfeed agents show outside
  status 5 taskfeed tail "$task"
  status 0 taskfeed create --agent outside
}

@test "a program under run -- goes on while the daemon dies, and all it said is there" {
  serve
  background run "$binary" run -o json -- sh -c "
    for i in \$(seq 20); do echo line \$i; done
    until [ -e '$dir/go' ]; do sleep 0.02; done
    for i in \$(seq 21 40); do echo line \$i; done"
  run=$pid
  eventually grep -q 'line 20' run.out
  kill_now "$daemon"
  touch go
  serve
  ends "$run" 0
  same "its lines" "$(seq -f 'line %g' 40)" \
    "$(jq -rj 'select(.stream == "stdout").text' run.out)"
  task=$(head -n 1 run.out | jq -r .task_id)
  taskfeed tail -o json "$task" | cmp run.out -
}

@test "with several shards it is the same daemon" {
  gated_agent gate
  serve --shards 3
  new_task gate
  readers=()
  for i in 1 2 3 4 5 6; do
    background "reader$i" curl -sS -N "$url$(stream_path gate "$task")"
    readers+=("$pid")
  done
  for i in 1 2 3 4 5 6; do eventually grep -q stream.open "reader$i.out"; done
  taskfeed execute -q "$task"
  touch go
  for pid in "${readers[@]}"; do ends "$pid" 0; done
  for i in 2 3 4 5 6; do cmp <(events_of reader1.out) <(events_of "reader$i.out"); done
  ids_of reader1.out | counts_to "$(events_of reader1.out | wc -l)"
}

@test "a request under a strange host name, or from a page elsewhere, is turned away" {
  serve
  same "a strange name" 421 \
    "$(curl -sS -o answer -w '%{http_code}' -H 'Host: evil.example' "$url/api/v1/agents")"
  curl -sS -D head -o answer -H 'Origin: http://evil.example' "$url/api/v1/agents"
  run ! grep -i '^access-control-allow-origin' head
}

@test "with few descriptors further streams are refused, and health is answered" {
  external_agent outside
  background serve bash -c "ulimit -n 64; exec '$binary' serve --listen 127.0.0.1:0 \
    --redis '$redis' --agents '$dir/agents'"
  eventually api /readyz --fail
  url=$(grep -o -m 1 'http://127.0.0.1:[0-9]*' serve.err)
  new_task outside
  for i in $(seq 60); do
    background "reader$i" curl -sS -N "$url$(stream_path outside "$task")"
    echo "$pid" >"reader$i.pid"
  done
  # Each has its stream, or has been turned away: by 503, or before it could say a word.
  settled() {
    for i in $(seq 60); do
      grep -q stream.open "reader$i.out" || gone "$(<"reader$i.pid")" || return 1
    done
  }
  eventually settled
  grep -q '"status":503' reader*.out
  grep -q stream.open reader*.out
  same "health" 200 "$(curl -sS -o answer -w '%{http_code}' "$url/health")"
  run --separate-stderr taskfeed list
  has "$stderr" "as many connections as it may"
}
