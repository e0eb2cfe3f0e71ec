#!/usr/bin/env bats
# One stream over all tasks: tail --all, tail --agent, and the route behind them.
load world

say() { taskfeed publish -q "$1" note "{\"n\": $2}" >/dev/null; }
# heard FILE TASK: until a reader has begun, the task says something again and again.
heard() { say "$2" 0 && grep -q "$2" "$1"; }
# seqs_of TASK FILE…: of what `-o raw` printed of it.
seqs_of() { grep -h "\"task_id\":\"$1\"" "${@:2}" | cut -d- -f1; }
# From where it begins, each once, up to the last event of the task.
is_whole() {
  local seqs=$2
  same "seqs of $1" "$(seq "$(head -n 1 <<<"$seqs")" "$(redis_do XLEN "taskfeed:{$1}:events")")" \
    "$seqs"
}
code_of() { curl -sS -o body -w '%{http_code}' "$@"; }

two_agents() {
  external_agent one
  external_agent two
  serve
}

@test "all tasks are heard, new ones from their first event, alike from the daemon and from Redis" {
  two_agents
  new_task one
  local old=$task name id
  background http "$binary" tail --all -o sse
  background redis "$binary" --redis "$redis" tail --all -o sse
  eventually heard http.out "$old"
  eventually heard redis.out "$old"
  new_task two
  say "$task" 1
  finish "$task"
  say "$old" 7
  for name in http redis; do
    eventually grep -q '^event: stream.task_end' "$name.out"
    eventually grep -q '"n":7' "$name.out"
    for id in "$old" "$task"; do
      grep -B 2 "\"event_id\".*\"task_id\":\"$id\"" "$name.out" | grep -v '^--$' >"$name.$id"
    done
  done
  has "$(<"http.$task")" 'cursor: 1-' 'event: note' 'cursor: 2-' 'event: WorkflowCompleted'
  same "new" "$(<"http.$task")" "$(<"redis.$task")"
  same "old" "$(tail -n 3 "http.$old")" "$(tail -n 3 "redis.$old")"
}

@test "tail --agent shows the tasks of that agent alone" {
  two_agents
  new_task one
  local other=$task
  background reader "$binary" tail --agent two -o json
  new_task two
  eventually heard reader.out "$task"
  say "$other" 1
  finish "$other"
  finish "$task"
  eventually grep -q WorkflowCompleted reader.out
  same "tasks" "$task" "$(jq -r .task_id reader.out | sort -u)"
  status 5 taskfeed tail --agent nobody
  has "$stderr" nobody
  status 5 taskfeed --redis "$redis" tail --agent nobody
}

@test "who follows all loses and repeats nothing when the daemon is killed and comes back" {
  external_agent one
  local port first n id made=()
  port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
  serve --listen "127.0.0.1:$port"
  new_task one
  first=$task
  background reader "$binary" --server "http://127.0.0.1:$port" tail --all -o raw
  local reader=$pid
  eventually heard reader.out "$first"
  for n in 1 2 3; do
    for id in 1 2 3; do say "$first" "$id"; done
    kill_now "$daemon"
    task=$(taskfeed --redis "$redis" create --agent one -d "a goal" --id-only)
    made+=("$task")
    for id in "$task" "$first"; do
      taskfeed --redis "$redis" publish -q "$id" note '{}' >/dev/null
    done
    serve --listen "127.0.0.1:$port"
    say "$task" 2
    finish "$task"
  done
  finish "$first"
  for id in "$first" "${made[@]}"; do
    eventually grep -q "WorkflowCompleted.*$id" reader.out
    is_whole "$id" "$(seqs_of "$id" reader.out)"
  done
  for id in "${made[@]}"; do same "begins" 1 "$(seqs_of "$id" reader.out | head -n 1)"; done
  kill -INT "$reader"
  ends "$reader" 130
}

@test "Ctrl-C says where all of it goes on, without a lost or repeated line" {
  two_agents
  new_task one
  local first=$task second place
  background reader "$binary" tail --all -o raw
  eventually heard reader.out "$first"
  new_task two
  second=$task
  say "$second" 1
  eventually grep -q "$second" reader.out
  # What was said last has been heard.
  say "$first" 7
  eventually grep -q '"n":7' reader.out
  kill -INT "$pid"
  ends "$pid" 130
  has "$(<reader.err)" "resume with: taskfeed tail --all --after m1."
  place=$(sed -n 's/.*--after //p' reader.err)
  say "$first" 8
  finish "$second"
  new_task one
  say "$task" 1
  background more "$binary" --redis "$redis" tail --all --after "$place" -o raw
  for task in "$first" "$second" "$task"; do
    eventually grep -q "$task" more.out
    is_whole "$task" "$(seqs_of "$task" reader.out more.out)"
  done
  status 2 taskfeed tail --agent one --after "$place"
  has "$stderr" "of other tasks"
}

@test "a cursor file keeps the place in all tasks, over readers that are killed" {
  two_agents
  new_task one
  local first=$task n made=()
  background reader0 "$binary" tail --all -o raw --cursor-file seen
  eventually heard reader0.out "$first"
  for n in 1 2 3; do
    kill_now "$pid"
    say "$first" 1
    new_task two
    made+=("$task")
    say "$task" 1
    background "reader$n" "$binary" tail --all -o raw --cursor-file seen
    eventually grep -q "$first" "reader$n.out"
    eventually grep -q "$task" "reader$n.out"
  done
  for task in "$first" "${made[@]}"; do
    is_whole "$task" "$(seqs_of "$task" reader?.out | uniq)"
  done
  [ "$(cat reader?.out | sort | uniq -d | wc -l)" -le 3 ]
  echo nonsense >seen
  status 2 taskfeed tail --all --cursor-file seen
  has "$stderr" seen "remove the file"
}

@test "the route ends with the tasks that it names, and says what is wrong" {
  two_agents
  new_task one
  say "$task" 1
  finish "$task"
  curl -sSN "$url/api/v1/events/stream?task=$task" >stream.sse
  has "$(<stream.sse)" 'event: stream.open' 'id: m1.' 'cursor: 1-' 'event: note' 'cursor: 2-' \
    'event: stream.task_end' "\"task_id\":\"$task\"" 'event: stream.end'
  local last
  last=$(sed -n 's/^id: //p' stream.sse | tail -n 1)
  same "all read" 204 "$(code_of -H "Last-Event-ID: $last" "$url/api/v1/events/stream?task=$task")"
  same "of others" 400 "$(code_of -H "Last-Event-ID: $last" "$url/api/v1/events/stream")"
  has "$(<body)" "other tasks"
  same "malformed" 400 "$(code_of "$url/api/v1/events/stream?after=7-1")"
}

@test "tail --all and its neighbours exclude each other" {
  local arguments
  for arguments in "" "--all t1" "--all --agent a" "--all -n 5" "--agent a --no-follow" \
    "--all --after 7-1" "--agent a.b"; do
    # shellcheck disable=SC2086
    status 2 taskfeed tail $arguments
  done
}
