#!/usr/bin/env bats
# serve --tokens: who may call, from where, and with what.
load world

guarded() {
  agent builder <<'AGENT'
[[agent.steps]]
name = "only"
run = ["echo", "done"]
AGENT
  taskfeed token create reader --scope read --file tokens >reader.token 2>/dev/null
  taskfeed token create ci --file tokens >ci.token 2>/dev/null
  taskfeed token create boss --scope admin --file tokens >boss.token 2>/dev/null
  chmod 600 ./*.token
  serve --tokens tokens "$@"
}
code() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
bearer() { echo "Authorization: Bearer $(<"$1.token")"; }
is_code() { [ "$(code "${@:2}")" = "$1" ]; }

@test "who has no token gets 401, and exit status 4 with the sentence that helps" {
  guarded
  same probe 200 "$(code "$url/health")"
  same list 401 "$(code "$url/api/v1/tasks")"
  status 4 taskfeed list --server "$url"
  has "$stderr" "a token is needed" "--token-file"
  TASKFEED_TOKEN_FILE=reader.token status 0 taskfeed list --server "$url"
  status 4 taskfeed create --agent builder -d x --server "$url" --token-file reader.token
  has "$stderr" "the token reader has the scope read; this needs write"
}

@test "a task is created, executed and followed with a token" {
  guarded
  status 0 taskfeed run --agent builder "a goal" -o json --server "$url" --token-file ci.token
  has "$output" WorkflowStarted WorkflowCompleted
  id=$(jq -r .task_id <<<"${lines[0]}")
  status 0 taskfeed tail "$id" -o json --server "$url" --token-file reader.token
  has "$output" WorkflowStarted WorkflowCompleted
  has "$(curl -sN -H "$(bearer reader)" "$url/api/v1/tasks/$id/events/stream")" stream.end
  same "an agent deleted by ci" 403 \
    "$(code -X DELETE -H "$(bearer ci)" "$url/api/v1/agents/builder")"
}

@test "the command line on the daemon's own machine needs no token, and a named socket does" {
  guarded --listen "unix:$dir/http.sock"
  status 0 taskfeed list
  status 4 taskfeed list --server "unix:$dir/http.sock"
  status 0 taskfeed list --server "unix:$dir/http.sock" --token-file ci.token
}

@test "a token that is revoked is refused after SIGHUP, and a broken file changes nothing" {
  guarded
  same before 200 "$(code -H "$(bearer ci)" "$url/api/v1/tasks")"
  status 0 taskfeed token revoke ci --file tokens
  kill -HUP "$daemon"
  eventually is_code 401 -H "$(bearer ci)" "$url/api/v1/tasks"
  echo "nonsense" >>tokens
  kill -HUP "$daemon"
  eventually grep -q "tokens stay as they were" serve.err
  same reader 200 "$(code -H "$(bearer reader)" "$url/api/v1/tasks")"
}

@test "token lists whom the file knows, never a token, and keeps what else stands there" {
  echo "# ours" >tokens
  status 0 taskfeed token create a --file tokens --expires 1h
  secret=$output
  has "$secret" tf_
  has "$stderr" "this is shown once"
  lacks "$(<tokens)" "$secret"
  status 0 taskfeed token create longer --file tokens --scope read -o json
  has "$output" '"name":"longer"' '"scope":"read"' '"until":null' '"token":"tf_'
  status 0 taskfeed token list --file tokens
  has "${lines[0]}" "a       write  until 20"
  same "the second" "longer  read   for ever" "${lines[1]}"
  status 1 taskfeed token create a --file tokens
  has "$stderr" "there is a token a already"
  status 0 taskfeed token revoke a --file tokens
  has "$(<tokens)" "# ours" "longer read sha256:"
  status 5 taskfeed token revoke a --file tokens
  taskfeed token create b --file fresh >/dev/null 2>&1
  same "its mode" 600 "$(stat -c %a fresh)"
}

@test "tokens that are created and revoked at once are each kept, or gone" {
  printf '# ours' >tokens
  taskfeed token create old --file tokens >old.token 2>/dev/null
  jobs=()
  for number in {1..20}; do
    taskfeed token create "new-$number" --file tokens >"$number.token" 2>"$number.err" &
    jobs+=($!)
  done
  taskfeed token revoke old --file tokens 2>old.err &
  jobs+=($!)
  for job in "${jobs[@]}"; do ends "$job" 0; done
  status 0 taskfeed token list --file tokens
  same "how many" 20 "${#lines[@]}"
  lacks "$output" old
  same "the first line" "# ours" "$(head -n 1 tokens)"
}

@test "a token file keeps the mode that its owner gave it" {
  taskfeed token create a --file tokens >a.token 2>/dev/null
  chmod 640 tokens
  status 0 taskfeed token create b --file tokens
  same "created" 640 "$(stat -c %a tokens)"
  status 0 taskfeed token revoke a --file tokens
  same "revoked" 640 "$(stat -c %a tokens)"
}

@test "files that others may read or write are refused with what to do" {
  guarded
  chmod 644 ci.token
  status 2 taskfeed list --server "$url" --token-file ci.token
  has "$stderr" "ci.token: others may read this token; chmod 600"
  status 2 taskfeed list --server "$url" --token-file none.token
  has "$stderr" "none.token: No such file"
  chmod 666 tokens
  status 2 taskfeed serve --redis "$redis" --listen 127.0.0.1:0 --tokens tokens --state-dir other
  has "$stderr" "tokens: others may write it"
  status 0 taskfeed list --server "$url" --token-file <(cat boss.token)
}

@test "a planted token shows nowhere" {
  guarded -v
  secret=$(<ci.token)
  taskfeed run --agent builder "a goal" -o json -v --server "$url" --token-file ci.token \
    >run.out 2>run.err
  curl -s -H "Authorization: Bearer $secret-wrong" "$url/api/v1/tasks" >refused.json
  kill -TERM "$daemon"
  ends "$daemon" 0
  redis-cli -s "$world/redis.sock" --rdb dump.rdb >/dev/null
  status 1 grep -l -r -F "$secret" --exclude=ci.token .
}
