# shellcheck shell=bash
# What every file of this folder stands on: a redis-server of the file, and for each test an empty
# state directory, agents, and processes that are ended with it.
#
# One test by hand: TASKFEED=$PWD/build/cmd/taskfeed bats -f 'the first Ctrl-C' tests/blackbox
#
# Nothing here waits for a time: `eventually` looks for a fact until it is one, and fails after
# `patience_seconds`.
bats_require_minimum_version 1.5.0

patience_seconds=60
binary=${TASKFEED:?names the taskfeed binary to test}
# shellcheck disable=SC2046 # A variable's name is one word.
unset $(compgen -v TASKFEED_) TASKFEED STATE_DIRECTORY XDG_CONFIG_HOME XDG_STATE_HOME
unset NO_COLOR CLICOLOR_FORCE
export LC_ALL=C.UTF-8 TASKFEED=$binary

# What should have ended long ago is ended.
taskfeed() { timeout --foreground "$patience_seconds" "$binary" "$@"; }
# Where bats itself is killed, so are those that it started.
with_us=(setpriv --pdeathsig KILL)

# --- One file's, one test's ---

setup_file() {
  # Short, since a socket's path has 107 bytes at most.
  world=$(mktemp -d /tmp/tf-bb.XXXXXX)
  redis=unix://$world/redis.sock
  export world redis
  "${with_us[@]}" redis-server --port 0 --unixsocket "$world/redis.sock" --dir "$world" --save '' \
    --logfile redis.log --daemonize no </dev/null >/dev/null 2>&1 3>&- &
  redis_pid=$!
  export redis_pid
  eventually redis-cli -s "$world/redis.sock" ping
}

teardown_file() {
  kill "$redis_pid" || true
  eventually gone "$redis_pid"
  # Whoever was started has ended with its test, or soon after: a private redis-server, which works
  # in its state directory, and the programs of tasks.
  eventually nobody_works_below "$world" || { working_below "$world" >&2; return 1; }
  rm -rf "$world"
}

setup() { begin_test; }
begin_test() {
  dir=$(mktemp -d "$world/XXXX")
  export TASKFEED_STATE_DIR=$dir/state HOME=$dir
  started=()
  redis_do FLUSHALL
  cd "$dir" || return
}

teardown() { stop_started; }
stop_started() {
  local pid
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
    find "$dir" -maxdepth 1 -name '*.err' -size +0 -exec tail -v -n 40 {} + >&2
  fi
}

# --- Facts ---

# eventually CMD…: waits until CMD succeeds.
eventually() {
  local ends=$((SECONDS + patience_seconds))
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $ends ]; then
      echo "waited $patience_seconds s in vain for: $*" >&2
      return 1
    fi
    sleep 0.02
  done
}

# Ended; perhaps not yet waited for.
gone() { ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null; }
working_below() {
  local link
  for link in /proc/[0-9]*/cwd; do
    [[ $(readlink "$link") == "$1"/* ]] && tr '\0' ' ' <"${link%cwd}cmdline" && echo
  done 2>/dev/null
  true
}
nobody_works_below() { [ -z "$(working_below "$1")" ]; }

# same WHAT WANTED GOT: both texts are one.
same() {
  [ "$2" = "$3" ] && return
  printf '%s:\n--- wanted\n%s\n--- got\n%s\n' "$1" "$2" "$3" >&2
  return 1
}
# has TEXT PART…: every part stands in it, in this order.
has() {
  local rest=$1 part
  for part in "${@:2}"; do
    if [[ $rest != *"$part"* ]]; then
      printf 'lacks (in this place) "%s":\n%s\n' "$part" "$1" >&2
      return 1
    fi
    rest=${rest#*"$part"}
  done
}
lacks() {
  [[ $1 != *"$2"* ]] && return
  printf 'has "%s":\n%s\n' "$2" "$1" >&2
  return 1
}
# status WANTED CMD…: stdout in $output, stderr in $stderr.
status() {
  local wanted=$1
  shift
  run --separate-stderr "$@"
  # shellcheck disable=SC2154
  [ "${status:-}" = "$wanted" ] && return
  # shellcheck disable=SC2154
  printf '%s: exit status %s, not %s\n%s\n%s\n' "$*" "$status" "$wanted" "$output" "$stderr" >&2
  return 1
}

# --- Processes ---

# background NAME CMD…: its pid in $pid, its output in NAME.out and NAME.err. As a terminal starts
# it: not deaf to SIGINT, as what a script starts with & would be.
background() {
  local name=$1
  shift
  "${with_us[@]}" env --default-signal=INT,QUIT,PIPE "$@" </dev/null \
    >"$dir/$name.out" 2>"$dir/$name.err" 3>&- &
  pid=$!
  started+=("$pid")
}
# ends PID STATUS
ends() {
  local got=0
  eventually gone "$1"
  wait "$1" || got=$?
  same "exit status" "$2" "$got"
}
kill_now() {
  kill -KILL "$1"
  wait "$1" 2>/dev/null || true
}

# serve [OPTIONS]: a daemon on this test's state directory, which is ready; its pid in $daemon.
serve() {
  local declared=()
  if [ -d "$dir/agents" ]; then declared=(--agents "$dir/agents"); fi
  background serve "$binary" serve --listen 127.0.0.1:0 --redis "$redis" "${declared[@]}" "$@"
  daemon=$pid
  eventually api /readyz --fail
  url=$(grep -o -m 1 'http://127.0.0.1:[0-9]*' "$dir/serve.err")
}

# --- What a test says ---

# api PATH [CURL OPTIONS]: asks the daemon of the state directory.
api() { curl -sS --unix-socket "$TASKFEED_STATE_DIR/taskfeed.sock" "http://localhost$1" "${@:2}"; }
redis_do() { redis-cli -s "$world/redis.sock" "$@"; }

# What the death of a worker leads to after 15 s, when its lease has run out, is led to now.
lease_runs_out() {
  local queue='taskfeed:queue:{default}' entry
  redis_do HSET "taskfeed:{$1}" until 0 >/dev/null
  for entry in $(redis_do --raw XPENDING $queue workers - + 100 | grep -E '^[0-9]+-[0-9]+$'); do
    redis_do XCLAIM $queue workers nobody 0 "$entry" IDLE 99999999 JUSTID >/dev/null
  done
}
# agent ID: steps on stdin; streaming unless batch=true.
agent() {
  local streaming=true
  if [ "${batch:-}" = true ]; then streaming=false; fi
  mkdir -p "$dir/agents"
  {
    printf '[agent]\nid = "%s"\nrunner = "command"\nenable_streaming = %s\n' "$1" "$streaming"
    cat
  } >"$dir/agents/$1.toml"
}
# An agent whose one step says "begun", and goes on when $dir/go is there.
gated_agent() {
  agent "$1" <<AGENT
[[agent.steps]]
name = "gate"
run = ["sh", "-c", "echo begun; until [ -e '$dir/go' ]; do sleep 0.02; done; echo through"]
[[agent.steps]]
name = "last"
run = ["echo", "done"]
AGENT
}
external_agent() {
  mkdir -p "$dir/agents"
  printf '[agent]\nid = "%s"\nrunner = "external"\n' "$1" >"$dir/agents/$1.toml"
}
# new_task AGENT: its id in $task.
new_task() { task=$(taskfeed create --agent "$1" -d "a goal" --id-only); }

# outside_task [OPTIONS OF serve]: a task of an agent that others execute: what is published is all
# that happens. Its stream's path is in $path.
outside_task() {
  external_agent outside
  serve "$@"
  new_task outside
  # shellcheck disable=SC2034
  path=$(stream_path outside "$task")
}
# notes FIRST LAST: events "note" with n = FIRST … LAST; publish_notes publishes them in $task.
notes() { seq "$1" "$2" | jq -c '{event_type: "note", n: .}'; }
publish_notes() { notes "$@" | taskfeed publish -q "$task" - >/dev/null; }
# finish [TASK]
finish() {
  taskfeed publish -q "${1:-$task}" WorkflowCompleted '{"final_response":"fine"}' >/dev/null
}

stream_path() { echo "/api/v1/agents/$1/tasks/$2/events/stream"; }
task_is() { [ "$(taskfeed get --json "$1" | jq -r .status)" = "$2" ]; }
waits_for() { [ "$(taskfeed get --json "$task" | jq -r '.waiting_for[0].kind')" = "$1" ]; }
has_lines() { [ "$(wc -l <"$1")" -ge "$2" ]; }
# field TYPE FILTER: of every such event in the file "events".
field() { jq -c "select(.event_type == \"$1\") | $2" events; }
# Of a file of SSE frames or of text: the events' ids, or JSON, line by line.
ids_of() { sed -n 's/^id: //p' "$@"; }
events_of() { sed -n 's/^data: \({"event_id"\)/\1/p' "$@"; }
# 1, 2, 3 … up to $1 are the seqs of the ids on stdin.
counts_to() { same "seqs" "$(seq "$1")" "$(sed 's/-.*//')"; }
