#!/usr/bin/env bats
# The bridge: programs that only PUBLISH, and the streams that daemons make of it.
load world
load peers

publishers=$BATS_TEST_DIRNAME/publishers
export NODE_PATH=${NODE_PATH:-/usr/share/nodejs}

# --- Publishers ---

in_python() { needs_python python3-redis 'import redis'; }
in_node() { needs peers node-redis node -e 'require("redis")'; }
python_says() { "$python" -B "$publishers/plain.py" "$world/redis.sock" "$@"; }
node_says() { node "$publishers/plain.cjs" "$world/redis.sock" "$@"; }

# --- Daemons ---

# bridge NAME [OPTIONS]: a daemon with a state directory of that name, which listens to workflow.*;
# its pid in $pid.
bridge() {
  background "$1" env TASKFEED_STATE_DIR="$dir/$1" "$binary" serve --listen 127.0.0.1:0 \
    --workers 0 --redis "$redis" --bridge 'workflow.*' "${@:2}"
  eventually listens "$1"
}
at() { TASKFEED_STATE_DIR="$dir/$1" "$binary" "${@:2}"; }
bridge_health() {
  curl -sS --unix-socket "$dir/$1/taskfeed.sock" http://localhost/health | jq .checks.bridge
}
listens() { [ "$(bridge_health "$1" | jq -r .status)" = ok ]; }
unhealthy() {
  [ "$(curl -sS -o answer -w '%{http_code}' --unix-socket "$dir/$1/taskfeed.sock" \
    http://localhost/health)" = 503 ]
}
# counted NAME KEY
counted() { bridge_health "$1" | jq -r ".$2"; }
# handled NAME COUNT: it has heard so many, and has nothing left in hand.
handled() {
  bridge_health "$1" | jq -e --argjson n "$2" '.heard >= $n and .waiting == 0'
}

# --- Streams ---

stored() { redis_do XLEN "taskfeed:{$1}:events"; }
holds() { [ "$(stored "$1")" = "$2" ]; }
# in_order TASK COUNT: that many events, whose seqs and numbers both count up.
in_order() {
  at one tail --no-follow -o raw "$1" >told || return
  cut -d ' ' -f 1 told | counts_to "$2"
  same "numbers" "$(seq 0 $(($2 - 1)))" "$(cut -d ' ' -f 3- told | jq .n)"
}
# became TASK EXPECTED: line by line, all that is expected of an event and no other payload.
became() {
  at one events -o json "$1" >became
  same "how many" "$(wc -l <"$2")" "$(wc -l <became)"
  paste -d '\n' "$2" became | jq -c -n --arg task "$1" '
    [inputs] | range(0; length; 2) as $n | {wanted: .[$n], got: .[$n + 1]}
    | select((.wanted as $wanted | .got | with_entries(select(.key | in($wanted)))) != .wanted
        or .got.task_id != $task
        or ((.got | keys) - (.wanted | keys) - ["event_id", "timestamp", "task_id"]) != [])' >unlike
  same "events that are another" "" "$(<unlike)"
}

@test "every shape that a Python program publishes becomes the event that it means" {
  in_python
  bridge one --bridge-create
  python_says shapes t1 >wanted
  [ "$(wc -l <wanted)" -gt 25 ]
  eventually holds t1 "$(wc -l <wanted)"
  became t1 wanted
  same "the task" "completed done" "$(at one get --json t1 | jq -r '"\(.status) \(.result)"')"
  same "unreadable" 0 "$(counted one unreadable)"
}

@test "every shape that a Node program publishes becomes the event that it means" {
  in_node
  bridge one --bridge-create
  node_says shapes t1 >wanted
  [ "$(wc -l <wanted)" -gt 20 ]
  eventually holds t1 "$(wc -l <wanted)"
  became t1 wanted
  same "the task" failed "$(at one get --json t1 | jq -r .status)"
  same "unreadable" 0 "$(counted one unreadable)"
}

@test "two daemons store what two programs publish at once, each once and in its order" {
  in_python
  in_node
  bridge one --bridge-create
  bridge two --bridge-create
  python_says count p 0 1000 &
  node_says count n 0 1000
  wait $!
  python_says tick same 500 &
  node_says tick same 500
  wait $!
  eventually handled one 3000
  eventually handled two 3000
  in_order p 1000
  in_order n 1000
  same "the same text, from two programs" 1000 "$(stored same)"
  same "stored by either" 3000 $(($(counted one stored) + $(counted two stored)))
  same "recognised by the other" 3000 $(($(counted one seen) + $(counted two seen)))
  same "streams" 3 "$(at two list --json | wc -l)"
}

@test "a reader goes on at another daemon, with the cursor of the first, without a hole" {
  in_python
  bridge one --bridge-create
  first=$pid
  bridge two --bridge-create
  python_says count t1 0 100
  background reader env TASKFEED_STATE_DIR="$dir/one" "$binary" tail -o sse t1
  eventually grep -q '"n":99' reader.out
  python_says count t1 100 400 &
  eventually grep -q '"n":150' reader.out
  kill_now "$first"
  wait $!
  eventually handled two 400
  kill -INT "$pid"
  wait "$pid" || true
  after=$(ids_of reader.out | tail -n 1)
  at two tail --no-follow -o sse --after "$after" t1 >rest.out
  cat reader.out rest.out >whole.out
  ids_of whole.out | counts_to 400
  same "numbers" "$(seq 0 399)" "$(events_of whole.out | jq .n)"
}

@test "a daemon that is killed and one that comes later leave neither hole nor repeat" {
  in_python
  bridge one --bridge-create
  bridge two --bridge-create
  second=$pid
  python_says count t1 0 300 &
  publisher=$!
  eventually [ -n "$(stored t1)" ]
  eventually handled two 100
  kill_now "$second"
  wait "$publisher"
  # A newcomer could overtake one that lags behind (core/bridge/README.md).
  eventually handled one 300
  bridge three --bridge-create
  python_says count t1 300 400
  eventually handled one 400
  eventually handled three 100
  in_order t1 400
}

@test "a daemon that is asked to end stores what it has heard before" {
  in_python
  bridge one --bridge-create
  python_says count t1 0 2000
  kill -TERM "$pid"
  ends "$pid" 0
  same "stored" 2000 "$(stored t1)"
}

@test "a task of an external agent runs and ends by what is published about it" {
  in_python
  external_agent trainer
  bridge one --agents "$dir/agents"
  task=$(at one create --agent trainer -d "a goal" --id-only)
  background follower env TASKFEED_STATE_DIR="$dir/one" "$binary" tail -o json "$task"
  follower=$pid
  background waiter env TASKFEED_STATE_DIR="$dir/one" "$binary" wait "$task"
  python_says say workflow.events '{"event_type":"workflow.Started","task_id":"'"$task"'"}'
  eventually grep -q WorkflowStarted follower.out
  same "begun" running "$(at one get --json "$task" | jq -r .status)"
  python_says say workflow.events '{"event_type":"workflow.Failed","task_id":"'"$task"'",
    "data":{"error":{"kind":"other","message":"no disk"}}}'
  ends "$follower" 3
  ends "$pid" 3
  has "$(at one get "$task" 2>&1)" failed "no disk"
  python_says say workflow.events '{"event_type":"late","task_id":"'"$task"'"}'
  eventually handled one 3
  same "after the end" "2 1" "$(stored "$task") $(counted one ended)"
}

@test "a stream for a task that nobody created is made only where it is allowed" {
  in_python
  external_agent trainer
  bridge one --agents "$dir/agents"
  task=$(at one create --agent trainer -d "a goal" --id-only)
  python_says count unknown 0 3
  python_says count "$task" 0 3
  eventually handled one 6
  same "of the known task" 3 "$(stored "$task")"
  same "of the unknown one" 0 "$(redis_do EXISTS "taskfeed:{unknown}" "taskfeed:{unknown}:events")"
  same "dropped" 3 "$(counted one unknown_task)"
  same "said once" 1 "$(grep -c 'task unknown, heard on workflow.unknown, is not known' one.err)"
  status 5 at one get unknown
  bridge two --bridge-create
  python_says say workflow.unknown '{"event_type":"x","agent_id":"foreign"}'
  eventually holds unknown 1
  same "its agent" foreign "$(at two get --json unknown | jq -r .agent_id)"
}

@test "what cannot be read is counted, said once a shape, and hinders nothing" {
  in_python
  bridge one --bridge-create
  python_says junk t1
  eventually holds t1 1
  eventually handled one 13
  has "$(at one events -o json t1)" after
  same "unreadable" 12 "$(counted one unreadable)"
  same "by reason" "too_large 1
not_json 4
not_a_json_object 2
no_event_type 1
no_usable_event_type 2
no_task_id 1
no_usable_task_id 1" "$(counted one 'unreadable_by_reason | to_entries[] | "\(.key) \(.value)"')"
  said=$(grep -c 'cannot be read' one.err)
  python_says junk t1
  eventually handled one 26
  same "nothing new is said" "$said" "$(grep -c 'cannot be read' one.err)"
  same "losses" 0 "$(counted one losses)"
  same "streams" 1 "$(at one list --json | wc -l)"
}

@test "a restart of Redis is survived, and its length is said" {
  in_python
  own=$dir/own
  mkdir "$own"
  start_own_redis() {
    background redis redis-server --port 0 --unixsocket "$own/redis.sock" --dir "$own" --save '' \
      --appendonly yes --appendfsync always
    own_redis=$pid
    eventually redis-cli -s "$own/redis.sock" ping
  }
  start_own_redis
  world=$own redis=unix://$own/redis.sock
  bridge one --bridge-create
  bridge two --bridge-create
  python_says count t1 0 100
  eventually handled one 100
  eventually handled two 100
  kill_now "$own_redis"
  eventually grep -q 'does not listen to workflow' one.err
  eventually grep -q 'does not listen to workflow' two.err
  eventually unhealthy one
  start_own_redis
  eventually listens one
  eventually listens two
  python_says count t1 100 200
  eventually handled one 200
  eventually handled two 200
  in_order t1 200
  has "$(<one.err)" "listens to workflow.* again, after" "in which what was published is lost"
}

@test "the README's program publishes as it stands" {
  in_python
  bridge one --bridge-create
  sed -n '/<!-- file plain.py -->/,/^```$/p' "$BATS_TEST_DIRNAME/../../README.md" |
    sed '1,2d;$d' >plain.py
  REDIS_URL=unix://$world/redis.sock status 0 "$python" plain.py
  eventually holds epochs 5
  status 0 at one tail epochs
  has "$output" "TASK ▶" EpochEnded EpochEnded EpochEnded "TASK ✓  model.bin"
}
