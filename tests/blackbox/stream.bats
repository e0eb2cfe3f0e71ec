#!/usr/bin/env bats
# A stream: history, live events, cursors, gaps, filters, the end; and what a reader must survive.
load world

# follow FILE PATH CURL_OPTIONS…: a reader of a stream of the daemon that is open; its pid in $pid.
follow() {
  background "$1" curl -sS -N --unix-socket "$TASKFEED_STATE_DIR/taskfeed.sock" \
    "http://localhost$2" "${@:3}"
  eventually grep -q '^event: stream.open' "$1.out"
}
# read_all PATH CURL_OPTIONS…: what a stream gives until it closes.
read_all() { api "$1" -N "${@:2}"; }
notes_in() { events_of "$@" | jq -r 'select(.event_type == "note").n'; }
notes_are() { same "the notes" "$(seq "$1" "$2")" "$(notes_in "$3")"; }
control() { grep -A 1 "^event: $1" "$2" | sed -n 's/^data: //p'; }

@test "history joins live events, and the end is told" {
  outside_task
  publish_notes 1 5
  follow reader "$path"
  publish_notes 6 8
  finish
  ends "$pid" 0
  notes_are 1 8 reader.out
  ids_of reader.out | counts_to 9
  has "$(<reader.out)" "retry: " "event: stream.open" "id: 1-" "event: note" \
    "event: WorkflowCompleted" "event: stream.end"
  same "how much" "complete $task" \
    "$(control stream.open reader.out | jq -r '"\(.replay) \(.task_id)"')"
  same "the last" "completed $(ids_of reader.out | tail -n 1)" \
    "$(control stream.end reader.out | jq -r '"\(.status) \(.last_id)"')"
  read_all "$path" -D head -o body
  for line in 'Content-Type: text/event-stream; charset=utf-8' \
    'Cache-Control: no-store, no-transform' 'X-Accel-Buffering: no'; do
    grep -q "^$line" head
  done
  status 1 taskfeed publish "$task" late
  has "$stderr" "$task"
}

@test "history is had in part, or not at all, for the asking" {
  outside_task
  publish_notes 1 5
  follow none "$path?include_history=false"
  follow some "$path?history=2"
  publish_notes 6 7
  finish
  for reader in "${started[@]:1}"; do ends "$reader" 0; done
  notes_are 6 7 none.out
  notes_are 4 7 some.out
  same "live" live "$(control stream.open none.out | jq -r .replay)"
  same "tail -n" "$(seq 6 7)" "$(taskfeed tail -o json -n 3 "$task" | jq 'select(.n).n')"
  same "--until-event" 1 "$(taskfeed tail -o json --until-event note "$task" | wc -l)"
}

@test "a reader resumes after its cursor, however it says it" {
  outside_task
  publish_notes 1 9
  finish
  read_all "$path" >whole.sse
  fourth=$(ids_of whole.sse | sed -n 4p)
  second=$(ids_of whole.sse | sed -n 2p)
  read_all "$path" -H "Last-Event-ID: $fourth" >header.sse
  notes_are 5 9 header.sse
  for name in last_event_id lastEventId after; do
    read_all "$path?$name=$fourth" >query.sse
    same "$name" "$(events_of header.sse)" "$(events_of query.sse)"
  done
  # EventSource keeps the query that it was made with.
  read_all "$path?after=$second" -H "Last-Event-ID: $fourth" >both.sse
  same "the header goes before" "$(events_of header.sse)" "$(events_of both.sse)"
  same "tail" "$(events_of header.sse)" "$(taskfeed tail -o json --after "$fourth" "$task")"
  same "tail on Redis" "$(events_of header.sse)" \
    "$(taskfeed --redis "$redis" tail -o json --after "$fourth" "$task")"
  last=$(ids_of whole.sse | tail -n 1)
  same "who has all" 204 "$(api "$path" -H "Last-Event-ID: $last" -o answer -w '%{http_code}')"
  status 0 taskfeed tail -o json --after "$last" "$task"
  same "nothing more" "" "$output"
}

@test "events that were trimmed are told as a gap, and with --fail-on-gap end tail with 8" {
  outside_task
  publish_notes 1 9
  # Not from a stream, whose shard would keep the newest in its ring.
  second=$(redis_do --raw XRANGE "taskfeed:{$task}:events" - + COUNT 2 | grep '^2-')
  redis_do XTRIM "taskfeed:{$task}:events" MAXLEN 4
  finish
  read_all "$path?after=$second" >reader.sse
  notes_are 6 9 reader.sse
  same "what is lost" "trimmed $second" \
    "$(control stream.gap reader.sse | jq -r '"\(.reason) \(.from)"')"
  has "$(control stream.gap reader.sse | jq -r .to)" 5-
  same "how much" partial "$(control stream.open reader.sse | jq -r .replay)"
  for source in "" "--redis $redis"; do
    # shellcheck disable=SC2086
    status 0 taskfeed $source tail -o json --after "$second" "$task"
    same "what is left" "$(events_of reader.sse)" "$output"
    has "$stderr" "$task" "lost" "trimmed"
    # shellcheck disable=SC2086
    status 8 taskfeed $source tail -o json --after "$second" --fail-on-gap "$task"
  done
}

@test "a cursor that names another event gets the history anew, and is told" {
  outside_task
  publish_notes 1 3
  finish
  read_all "$path?after=2-1" >reader.sse
  notes_are 1 3 reader.sse
  same "the gap" reset "$(control stream.gap reader.sse | jq -r .reason)"
  same "how much" reset "$(control stream.open reader.sse | jq -r .replay)"
  status 0 taskfeed tail --after 2-1 "$task"
  has "$stderr" reset
  # As after a Redis that lost its files: events beyond the last.
  read_all "$path?after=77-1" >beyond.sse
  notes_are 1 3 beyond.sse
}

@test "who reads a task that Redis has lost is told, and let go" {
  outside_task
  publish_notes 1 3
  follow reader "$path"
  reader=$pid
  background tailer "$binary" tail -o json "$task"
  tailer=$pid
  eventually grep -q '"n":3' tailer.out
  redis_do FLUSHALL >/dev/null
  ends "$reader" 0
  same "the gap" "reset 0-0" "$(control stream.gap reader.out | jq -r '"\(.reason) \(.to)"')"
  same "the end" '{"status":"gone","last_id":"0-0"}' "$(control stream.end reader.out)"
  ends "$tailer" 5
  has "$(<tailer.err)" "(reset)" "the task $task is gone"
  same "who comes back" 404 "$(api "$path" -o answer -w '%{http_code}')"
  # What the daemon declared is there again, and a new task can be followed.
  eventually taskfeed agents show outside
  new_task outside
}

@test "a GET with a body is answered as one without" {
  outside_task
  finish
  read_all "$path" -X GET -d ignored >reader.out
  has "$(<reader.out)" "event: WorkflowCompleted" "event: stream.end"
  same "health" 200 "$(api /health -X GET -d ignored -o answer -w '%{http_code}')"
}

@test "a filter leaves events out, and the cursor moves all the same" {
  outside_task
  follow reader "$path?types=blue*,Workflow*&exclude=blue.sky"
  printf '{"event_type":"%s"}\n' blue.one red blue.sky blue.two red | taskfeed publish "$task" -
  eventually grep -q '^id: 5-' reader.out
  same "what came" "blue.one blue.two" "$(events_of reader.out | jq -r .event_type | paste -sd ' ')"
  # "id: 5-…" alone in its frame dispatches nothing, and is what EventSource would resume with.
  same "a frame of its own" "" "$(grep -A 1 '^id: 5-' reader.out | sed -n 2p)"
  finish
  ends "$pid" 0
  same "tail" "blue.one blue.two" \
    "$(taskfeed tail -o json --types 'blue*' --exclude blue.sky "$task" |
      jq -r .event_type | paste -sd ' ')"
  same "tail on Redis" "red red" \
    "$(taskfeed --redis "$redis" tail -o json --types red "$task" |
      jq -r .event_type | paste -sd ' ')"
}

@test "without event names onmessage receives what is sent" {
  outside_task
  publish_notes 1 2
  finish
  read_all "$path?event_names=off" >reader.sse
  lacks "$(<reader.sse)" "event: note"
  notes_are 1 2 reader.sse
}

@test "a nested envelope has the payload under data, and since begins later" {
  outside_task
  taskfeed publish -q "$task" - >/dev/null <<'EVENTS'
{"event_type":"note","timestamp":"2026-11-22T09:59:59Z","n":1}
{"event_type":"note","timestamp":"2026-11-22T10:00:00Z","n":2,"data":{"deep":true}}
EVENTS
  finish
  read_all "$path?envelope=nested&since=2026-11-22T10:00:00Z&types=note" >reader.sse
  same "data" '{"n":2,"data":{"deep":true}}' "$(events_of reader.sse | jq -c .data)"
  same "beside it" "agent_id data event_id event_type task_id timestamp" \
    "$(events_of reader.sse | jq -r 'keys|join(" ")')"
  same "the first id, and the end's" "2 3" "$(ids_of reader.sse | sed 's/-.*//' | paste -sd ' ')"
  same "in seconds" "2" "$(read_all "$path?since=1795341600&types=note" | notes_in)"
  same "an age" WorkflowCompleted "$(read_all "$path?since=1h" | events_of | jq -r .event_type)"
}

@test "a published event is stored once, however often it is sent" {
  outside_task
  event='{"event_type":"note","event_id":"0198f3c2-0000-7000-8000-000000000001","n":1}'
  first=$(taskfeed publish "$task" - <<<"$event")
  again=$(taskfeed publish "$task" - <<<"$event")
  same "its cursor" "$first" "$again"
  same "over HTTP" "$first" "$(api "/api/v1/agents/outside/tasks/$task/events" \
    -H 'Content-Type: application/json' -d "$event" | jq -r '.cursors[]')"
  finish
  read_all "$path" >reader.sse
  notes_are 1 1 reader.sse
}

@test "readers stay through a restart of Redis, and nothing is lost or repeated" {
  start_store() {
    4>&- background store redis-server --port 0 --unixsocket "$dir/store.sock" --dir "$dir" \
      --save '' --appendonly yes --appendfsync always
    store=$pid
    eventually redis-cli -s "$dir/store.sock" ping
  }
  start_store
  redis=unix://$dir/store.sock
  outside_task
  follow curl "$path"
  curl=$pid
  background daemon_tail "$binary" tail -o json "$task"
  daemon_tail=$pid
  background redis_tail "$binary" --redis "$redis" tail -o json "$task"
  redis_tail=$pid
  publish_notes 1 50
  eventually grep -q '"n":50' redis_tail.out
  # A publisher whose lines come one by one, with Redis dying among them.
  mkfifo lines
  background publisher sh -c "exec '$binary' publish '$task' - <lines"
  publisher=$pid
  exec 4>lines
  notes 51 120 >&4
  eventually grep -q '^id: 60-' curl.out
  kill_now "$store"
  notes 121 150 >&4
  start_store
  notes 151 200 >&4
  exec 4>&-
  ends "$publisher" 0
  finish
  ends "$curl" 0
  ends "$daemon_tail" 0
  ends "$redis_tail" 0
  notes_are 1 200 curl.out
  ids_of curl.out | counts_to 201
  events_of curl.out | cmp - daemon_tail.out
  events_of curl.out | cmp - redis_tail.out
  same "one connection" 1 "$(grep -c '^event: stream.open' curl.out)"
}

@test "a reader that does not keep up is closed, others are not, and it resumes" {
  outside_task
  # By a unix socket, whose buffer does not grow with what is sent.
  follow slow "$path"
  slow=$pid
  background tail "$binary" tail -o json "$task"
  tail=$pid
  publish_notes 1 3
  eventually grep -q '"n":3' slow.out
  kill -STOP "$slow"
  jq -n -c '{event_type: "note", x: ("x" * 20000), n: range(4; 103)}' |
    taskfeed publish -q "$task" - >/dev/null
  eventually grep -q '"n":102' tail.out
  one_stream() { [ "$(api /health | jq .checks.streams.open)" = 1 ]; }
  eventually one_stream
  kill -CONT "$slow"
  eventually gone "$slow"
  finish
  ends "$tail" 0
  same "the others" "$(seq 102)" "$(jq 'select(.n).n' tail.out)"
  # Cut perhaps in the middle of a frame, which by the standard is dropped.
  sed -n '/^id: /h; /^$/{x; s/^id: //p; s/.*//; x}' slow.out >slow.ids
  last=$(grep . slow.ids | tail -n 1)
  [ "${last%-*}" -lt 102 ]
  read_all "$path" -H "Last-Event-ID: $last" >rest.sse
  notes_are "$((${last%-*} + 1))" 102 rest.sse
}

@test "a tail that was stopped goes on without a hole" {
  outside_task
  background tail "$binary" tail -o json "$task"
  publish_notes 1 3
  eventually grep -q '"n":3' tail.out
  kill -STOP "$pid"
  jq -n -c '{event_type: "note", x: ("x" * 20000), n: range(4; 103)}' |
    taskfeed publish -q "$task" - >/dev/null
  none_left() { [ "$(api /health | jq .checks.streams.open)" = 0 ]; }
  eventually none_left
  kill -CONT "$pid"
  finish
  ends "$pid" 0
  same "the notes" "$(seq 102)" "$(jq 'select(.n).n' tail.out)"
}

@test "tail comes back after the daemon was killed, and nothing is lost or repeated" {
  outside_task
  background tail "$binary" --server "unix:$TASKFEED_STATE_DIR/taskfeed.sock" tail -o json "$task"
  tail=$pid
  publish_notes 1 5
  eventually grep -q '"n":5' tail.out
  kill_now "$daemon"
  taskfeed --redis "$redis" publish "$task" note '{"n":6}'
  serve
  publish_notes 7 9
  finish
  ends "$tail" 0
  same "the notes" "$(seq 9)" "$(jq 'select(.n).n' tail.out)"
}

@test "tail follows several tasks at once, and ends as the worst of them" {
  outside_task
  first=$task
  publish_notes 1 2
  finish
  new_task outside
  taskfeed publish "$task" WorkflowFailed '{"error":{"kind":"test","message":"no"}}'
  status 3 taskfeed tail "$first" "$task"
  same "lines with their tasks" "3 1" \
    "$(grep -c "$first" <<<"$output") $(grep -c "$task" <<<"$output")"
}

@test "a thousand readers that are there do not disturb health" {
  outside_task
  python3 - "$TASKFEED_STATE_DIR/taskfeed.sock" "$path" >readers.out 2>&1 3>&- <<'PYTHON' &
import socket, sys, time
readers = []
for _ in range(1000):
    one = socket.socket(socket.AF_UNIX)
    one.connect(sys.argv[1])
    one.sendall(f'GET {sys.argv[2]} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
    readers.append(one)
for one in readers:
    text = b''
    while b'stream.end' not in text:
        text += one.recv(65536) or sys.exit('closed early')
print(len(readers), 'saw the end')
PYTHON
  readers=$!
  started+=("$readers")
  all_there() { [ "$(api /health | jq .checks.streams.open)" = 1000 ]; }
  eventually all_there
  same "health" ok "$(api /health -m 2 | jq -r .status)"
  publish_notes 1 3
  finish
  ends "$readers" 0
  same "readers" "1000 saw the end" "$(<readers.out)"
}
