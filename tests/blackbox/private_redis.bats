#!/usr/bin/env bats
# The private Redis: where none is named, taskfeed starts one of its own in the state directory.
load world

state() { echo "$TASKFEED_STATE_DIR"; }
# The one that works there.
redis_of() { same "redis-servers" 1 "$(redis_pids "$1" | wc -l)" && redis_pids "$1"; }
# The redis-servers that work in a folder. Their supervisor stands beside them.
redis_pids() {
  local link
  for link in /proc/[0-9]*/cwd; do
    [ "$(readlink "$link")" = "$1" ] || continue
    grep -q -a redis-server "${link%cwd}cmdline" && basename "${link%/cwd}"
  done 2>/dev/null
  true
}
runs_in() { [ -n "$(redis_pids "$1")" ]; }
none_runs_in() { ! runs_in "$1"; }
private_do() { redis-cli -s "$(state)/redis.sock" "$@"; }
# user: a taskfeed process that uses the private Redis until it is ended; its pid in $pid.
user() {
  background "$1" "$binary" run -o json -- tail -f /dev/null
  eventually grep -q WorkflowToolCallStarted "$1.out"
}

@test "it is started when none is given, and ends with its last user" {
  status 0 taskfeed run -q -- true
  [ -S "$(state)/redis.sock" ]
  eventually none_runs_in "$(state)"
  eventually [ ! -e "$(state)/redis.sock" ]
  # What was stored is there for the next.
  same "tasks" completed "$(taskfeed list --json | jq -r .status)"
}

@test "its socket and its append-only file stand in the state directory, for its owner alone" {
  user one
  same "the state directory" 700 "$(stat -c %a "$(state)")"
  same "its socket" 700 "$(stat -c %a "$(state)/redis.sock")"
  same "appended" yes "$(private_do CONFIG GET appendonly | tail -n 1)"
  ls "$(state)"/appendonlydir/*.aof
  same "no port" 0 "$(private_do CONFIG GET port | tail -n 1)"
  same "nothing is evicted" noeviction "$(private_do CONFIG GET maxmemory-policy | tail -n 1)"
  same "for others" "" "$(find "$(state)" -perm /077)"
}

@test "all processes of a state directory share one" {
  user one
  server=$(redis_of "$(state)")
  user two
  background daemon "$binary" serve --listen 127.0.0.1:0
  eventually api /readyz --fail
  status 0 taskfeed list
  same "one server" "$server" "$(redis_pids "$(state)")"
  kill -TERM "${started[0]}" "${started[1]}"
  ends "${started[0]}" 143
  ends "${started[1]}" 143
  status 0 taskfeed list
  same "the same server" "$server" "$(redis_pids "$(state)")"
}

@test "a run carries out its own task, and leaves those of others in the queue" {
  gated_agent gate
  taskfeed agents apply "$dir/agents/gate.toml"
  for _ in 1 2 3; do taskfeed create --agent gate -d waits --execute -q; done
  status 0 taskfeed run -q -- echo mine
  same "the others" "pending pending pending" \
    "$(taskfeed list --agent gate --json | jq -r .status | paste -sd ' ')"
  touch go
  background worker "$binary" worker
  all_done() { [ "$(taskfeed list --status completed --agent gate --json | wc -l)" = 3 ]; }
  eventually all_done
}

@test "ten that begin at once share one" {
  pids=()
  for i in 1 2 3 4 5 6 7 8 9 10; do
    background "begin$i" "$binary" create --agent run --id-only
    pids+=("$pid")
  done
  for pid in "${pids[@]}"; do ends "$pid" 0; done
  same "tasks" 10 "$(taskfeed list --json | wc -l)"
  same "one log of one start" 1 "$(grep -c 'Server initialized' "$(state)/redis.log")"
}

@test "it survives the kill of any taskfeed process, the one that started it first" {
  user first
  server=$(redis_of "$(state)")
  user second
  kill_now "${started[0]}"
  same "still there" PONG "$(private_do ping)"
  status 0 taskfeed list
  same "the same server" "$server" "$(redis_pids "$(state)")"
  kill_now "${started[1]}"
  eventually none_runs_in "$(state)"
}

@test "where its supervisor is killed, it ends, is started again, and nothing is lost" {
  gated_agent gate
  background daemon "$binary" serve --listen 127.0.0.1:0 --agents agents
  daemon=$pid
  eventually api /readyz --fail
  new_task gate
  taskfeed execute -q "$task"
  background reader "$binary" tail -o json "$task"
  eventually grep -q begun reader.out
  server=$(redis_of "$(state)")
  kill -KILL "$(<"$(state)/supervisor.pid")"
  eventually gone "$server"
  touch go
  ends "$pid" 0
  same "ids without a hole" "" "$(grep -o '^taskfeed:.*lost.*' reader.err || true)"
  taskfeed tail -o json "$task" | cmp reader.out -
  runs_in "$(state)"
  kill -TERM "$daemon"
  ends "$daemon" 0
  eventually none_runs_in "$(state)"
}

@test "where it is killed itself, it is started again, and readers go on" {
  gated_agent gate
  background daemon "$binary" serve --listen 127.0.0.1:0 --agents agents
  eventually api /readyz --fail
  new_task gate
  taskfeed execute -q "$task"
  background reader "$binary" tail -o json "$task"
  eventually grep -q begun reader.out
  server=$(redis_of "$(state)")
  kill -KILL "$server"
  eventually gone "$server"
  touch go
  ends "$pid" 0
  taskfeed tail -o json "$task" | cmp reader.out -
}

@test "two state directories do not meet" {
  user one
  export TASKFEED_STATE_DIR=$dir/other
  user two
  same "what the other sees" 1 "$(taskfeed list --json | wc -l)"
  [ "$(redis_of "$dir/state")" != "$(redis_of "$dir/other")" ]
  same "each its own" 1 "$(redis_pids "$dir/other" | wc -l)"
}

@test "a killed daemon leaves no server behind" {
  background daemon "$binary" serve --listen 127.0.0.1:0
  eventually api /readyz --fail
  runs_in "$(state)"
  kill_now "$pid"
  eventually none_runs_in "$(state)"
}

@test "a state directory that is not ours is refused, with what to do" {
  mkdir -m 0777 open
  mkdir -m 0700 ours
  ln -s ours link
  touch file
  export TASKFEED_STATE_DIR=
  for command in list serve worker "run -- true"; do
    local words
    read -ra words <<<"$command"
    status 2 taskfeed --state-dir "$dir/open" "${words[@]}"
    has "$stderr" "$dir/open" "can be written to by others" "chmod go-w"
    same "one sentence of $command" 1 "$(wc -l <<<"$stderr")"
    status 2 taskfeed --state-dir "$dir/link" "${words[@]}"
    has "$stderr" "$dir/link" "symbolic link"
    status 2 taskfeed --state-dir "$dir/file" "${words[@]}"
    has "$stderr" "$dir/file"
  done
  same "nothing was written" "" "$(ls -A open && ls -A ours)"
}

@test "a state directory of another user is refused" {
  [ "$(id -u)" = 0 ] || skip "only root can make a directory of another user"
  mkdir -m 0700 theirs
  chown nobody theirs
  status 2 taskfeed --state-dir "$dir/theirs" list
  has "$stderr" "$dir/theirs" "belongs to another user" "--state-dir"
  same "nothing was written" "" "$(ls -A theirs)"
}

@test "where redis-server is not installed, that is what it says" {
  mkdir empty
  status 9 env PATH="$dir/empty" "$binary" list
  has "$stderr" "redis-server is not installed" "--redis"
  same "one sentence" 1 "$(wc -l <<<"$stderr")"
}

@test "a path too long for a socket is refused before anything is made" {
  long=$dir/$(printf 'x%.0s' {1..100})
  status 2 taskfeed --state-dir "$long" list
  has "$stderr" "too long" "--state-dir"
}

@test "who queues a task is told to start a worker, unless one was heard of" {
  agent one <<<'[[agent.steps]]
name = "one"
run = ["true"]'
  user one  # The Redis stays.
  taskfeed agents apply agents/one.toml
  status 0 taskfeed create --agent one --execute --id-only
  has "$stderr" "it waits for a worker, and none was heard of lately: start"
  task=$output
  background worker "$binary" worker
  status 0 taskfeed wait "$task"
  status 0 taskfeed create --agent one --execute --id-only
  same "what is missing" "" "$stderr"
}
