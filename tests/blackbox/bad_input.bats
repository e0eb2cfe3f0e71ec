#!/usr/bin/env bats
# What is wrong is said in one clear sentence that names the thing and what to do; the exit status
# is right, and nothing is written by half.
load world

# refused STATUS CMD…: stdout empty, one line on stderr, which begins with our name.
refused() {
  status "$@"
  same "stdout" "" "$output"
  same "lines on stderr of: ${*:2}" 1 "$(wc -l <<<"$stderr")"
  has "$stderr" "taskfeed: "
}
# problem STATUS PATH CURL_OPTIONS…: what the daemon answers, in the file "problem".
problem() {
  local got
  got=$(api "$2" -o problem -w '%{http_code} %{content_type}' "${@:3}")
  same "the answer to $2" "$1 application/problem+json" "$got"
  same "its shape" true "$(jq '(.status == '"$1"') and (.title | length > 0) and
    (.detail | length > 0) and (.code | length > 0)' problem)"
}
json='Content-Type: application/json'

@test "an unknown subcommand, option or value is a matter of usage, with what was meant" {
  refused 2 taskfeed tial x
  has "$stderr" "tial" "tail"
  refused 2 taskfeed tail --fellow x
  has "$stderr" "--fellow"
  refused 2 taskfeed tail
  has "$stderr" "TASK"
  refused 2 taskfeed
  refused 2 taskfeed list --limit many
  has "$stderr" "--limit" "many"
  refused 2 taskfeed list --timeout soon
  has "$stderr" "--timeout" "soon"
  refused 2 taskfeed list -o yaml
  has "$stderr" "yaml" "json"
  refused 2 taskfeed --server unix:x --redis redis://x list
  has "$stderr" "--server" "--redis"
  refused 2 taskfeed serve --listen nowhere
  has "$stderr" "--listen" "nowhere"
  refused 2 taskfeed serve --listen 0.0.0.0:0
  has "$stderr" "--listen 0.0.0.0:0" "--behind-proxy"
  [ ! -e state ]
}

@test "an unknown agent, task or cursor is named" {
  external_agent outside
  serve
  refused 5 taskfeed create --agent nobody
  has "$stderr" nobody
  refused 2 taskfeed create --agent 'no body'
  has "$stderr" "no body"
  unknown=0198f3c2-0000-7000-8000-000000000000
  for command in get tail events state result wait cancel pause resume; do
    refused 5 taskfeed "$command" "$unknown"
    has "$stderr" "$unknown"
    refused 5 taskfeed --redis "$redis" "$command" "$unknown"
    has "$stderr" "$unknown"
  done
  refused 2 taskfeed tail 'not a task'
  has "$stderr" "not a task"
  refused 2 taskfeed tail --after 7 "$unknown"
  has "$stderr" "--after" "'7'"
  new_task outside
  problem 400 "$(stream_path outside "$task")?after=7x"
  problem 400 "$(stream_path outside "$task")" -H 'Last-Event-ID: x'
  problem 404 /api/v1/agents/nobody
  problem 404 "$(stream_path outside "$unknown")"
  problem 404 "$(stream_path nobody "$task")"
  problem 404 /api/v1/nothing
  problem 405 /api/v1/agents/outside/tasks -X PUT -H "$json" -d '{}'
}

@test "an event's type has no control characters, and its payload is a JSON object" {
  outside_task
  long=$(printf 'x%.0s' {1..129})
  for type in $'a\nb' $'a\rb' $'\e[31m' 'a b' stream.gap heartbeat '' "$long"; do
    refused 2 taskfeed publish "$task" "$type"
    lacks "$stderr" $'\e'
  done
  refused 2 taskfeed publish "$task" ok '{"a":'
  refused 2 taskfeed publish "$task" ok '[1]'
  refused 2 taskfeed publish "$task" ok $'{"a":"\xff"}'
  problem 400 "/api/v1/agents/outside/tasks/$task/events" -H "$json" -d '{"event_type":"a\nb"}'
  problem 400 "/api/v1/agents/outside/tasks/$task/events" -H "$json" -d '{"x":1}'
  problem 400 "/api/v1/agents/outside/tasks/$task/events" -H "$json" \
    -d $'{"event_type":"ok","x":"\xff"}'
  printf '{"event_type":"good"}\n{"event_type":"a\\u0007b"}\n{"event_type":"late"}\n' >lines
  run --separate-stderr taskfeed publish "$task" - <lines
  same "its status" 2 "$status"
  has "$stderr" "line 2"
  # What stood before the bad line was right; after it nothing was published.
  same "published" good "$(taskfeed events -o json "$task" | jq -r .event_type)"
}

@test "an oversized body or event is refused as a whole" {
  outside_task
  events=/api/v1/agents/outside/tasks/$task/events
  jq -n -c '{event_type: "big", x: ("x" * 300000)}' >big
  problem 413 "$events" -H "$json" --data-binary @big
  { cat big big big big && printf ' '; } >huge
  problem 413 "$events" -H "$json" --data-binary @huge
  status 2 taskfeed publish "$task" - <big
  run --separate-stderr taskfeed publish "$task" big - < <(jq 'del(.event_type)' big)
  [ "$status" != 0 ]
  same "nothing was published" "" "$(taskfeed events -o json "$task")"
  same "the daemon is well" ok "$(api /health | jq -r .status)"
}

@test "broken JSON and broken UTF-8 are refused as such" {
  external_agent outside
  serve
  tasks=/api/v1/agents/outside/tasks
  problem 400 $tasks -H "$json" -d '{"description":'
  problem 400 $tasks -H "$json" -d '[]'
  problem 400 $tasks -H "$json" -d $'{"description":"\xff\xfe"}'
  problem 400 $tasks -H "$json" -d "$(printf '[%.0s' {1..5000})"
  problem 400 $tasks -H "$json" -d '{"description":7}'
  problem 415 $tasks -H 'Content-Type: text/html' -d '<p>'
  refused 2 taskfeed create --agent outside -d $'\xff'
  refused 2 taskfeed create --agent outside --param novalue
  same "no task was made" "" "$(taskfeed list --json)"
}

@test "an agent's file that is wrong is named with its line, and none is applied" {
  export TASKFEED_REDIS_URL=$redis
  printf '[agent]\nid = "good"\nrunner = "external"\n' >good.toml
  printf '[agent]\nid = "bad"\nrunner = "external"\ncolour = 1\n' >bad.toml
  refused 2 taskfeed agents apply good.toml bad.toml
  has "$stderr" "bad.toml" "4" "colour"
  printf '[agent\n' >bad.toml
  refused 2 taskfeed agents apply good.toml bad.toml
  has "$stderr" "bad.toml" "1"
  mkdir agents && mv bad.toml agents
  refused 2 taskfeed serve --listen 127.0.0.1:0 --agents agents
  has "$stderr" "bad.toml"
  refused 2 taskfeed serve --listen 127.0.0.1:0 --agents nowhere
  has "$stderr" "nowhere"
  status 0 taskfeed agents list --json
  same "none was applied" "" "$output"
}

@test "a Redis that is absent or wrong is named, with what to do" {
  refused 9 taskfeed --redis "unix://$dir/none.sock" list
  has "$stderr" "$dir/none.sock" "--redis"
  refused 9 taskfeed --redis redis://127.0.0.1:1 list
  has "$stderr" "127.0.0.1:1" "--redis"
  refused 2 taskfeed --redis http://127.0.0.1 list
  has "$stderr" "--redis" "redis://"
  background stranger python3 -m http.server --bind 127.0.0.1 0
  eventually grep -q 'port [0-9]' stranger.out stranger.err
  port=$(cat stranger.out stranger.err | grep -o -m 1 'port [0-9]*' | cut -d ' ' -f 2)
  status 9 taskfeed --redis "redis://127.0.0.1:$port" list
  has "$stderr" "127.0.0.1:$port"
  background locked redis-server --port 0 --unixsocket "$dir/locked.sock" --requirepass secret \
    --save '' --dir "$dir"
  eventually redis-cli -s locked.sock -a secret ping
  run --separate-stderr taskfeed --redis "unix://$dir/locked.sock" list
  has "$stderr" "password"
  [[ $status == [249] ]]
  lacks "$stderr" secret
}

@test "a daemon whose Redis is away says so with 503, and serves again once it comes" {
  redis=unix://$dir/late.sock
  background serve "$binary" serve --listen 127.0.0.1:0 --redis "$redis"
  eventually api /livez --fail
  problem 503 /api/v1/agents
  [ "$(api /api/v1/agents -D - -o /dev/null | grep -c -i '^retry-after: [0-9]')" = 1 ]
  refused 9 taskfeed list
  has "$stderr" "$dir/late.sock"
  background late redis-server --port 0 --unixsocket "$dir/late.sock" --dir "$dir" --save ''
  eventually api /readyz --fail
  status 0 taskfeed list
}

@test "a Redis without memory refuses as a whole; readers go on" {
  external_agent outside
  background small redis-server --port 0 --unixsocket "$dir/small.sock" --dir "$dir" --save ''
  redis=unix://$dir/small.sock
  eventually redis-cli -s small.sock ping
  serve
  new_task outside
  taskfeed publish "$task" before
  background reader "$binary" tail -o json "$task"
  eventually grep -q before reader.out
  redis-cli -s small.sock CONFIG SET maxmemory 1
  refused 1 taskfeed publish "$task" during
  has "$stderr" memory
  refused 1 taskfeed create --agent outside
  has "$stderr" memory
  problem 503 /api/v1/agents/outside/tasks -H "$json" -d '{}'
  same "history is read" before "$(taskfeed events -o json "$task" | jq -r .event_type)"
  redis-cli -s small.sock CONFIG SET maxmemory 0
  taskfeed publish "$task" after
  eventually grep -q '"after"' reader.out
  same "what readers saw" "before after" "$(jq -r .event_type reader.out | paste -sd ' ')"
  same "tasks" 1 "$(taskfeed list --json | wc -l)"
}

@test "a full disk and closed standard descriptors are errors, a reader that left is none" {
  external_agent outside
  serve
  task=$(taskfeed run -o json -- true | jq -r .task_id | head -n 1)
  for command in list version help "tail $task" "get $task" "run -- true"; do
    local words got=0
    read -ra words <<<"$command"
    taskfeed "${words[@]}" >/dev/full 2>err || got=$?
    same "the status of $command" 1 "$got"
    has "$(<err)" "taskfeed: stdout cannot be written: No space left on device"
    got=0
    taskfeed "${words[@]}" >&- 2>err || got=$?
    same "the status of $command" 1 "$got"
    has "$(<err)" "taskfeed: stdout cannot be written: Bad file descriptor"
  done
  status 0 taskfeed tail "$task" 2>&-
  new_task outside
  # The descriptor is not given to a socket, from which the lines would be read.
  taskfeed publish "$task" - <&- 2>err || got=$?
  has "$(<err)" "stdin cannot be read: Bad file descriptor"
  same "nothing was published" "" "$(taskfeed events "$task")"
}

@test "a port or a socket that is taken is named, and its holder is left alone" {
  serve
  refused_by() { has "$(<second.err)" "$1"; }
  background second "$binary" serve --redis "$redis" --listen "${url#http://}" \
    --state-dir "$dir/other"
  ends "$pid" 1
  refused_by "${url#http://}"
  background second "$binary" serve --redis "$redis" --listen 127.0.0.1:0
  ends "$pid" 1
  refused_by "state/taskfeed.sock"
  status 0 taskfeed list
}
