#!/usr/bin/env bats
# Agents in Google ADK's api_server: a fake that fails as real ones do, and the real ones, from npm
# and from PyPI, with a model that is a script.
load world
load peers

adk=$BATS_TEST_DIRNAME/adk

# weather_agent URL [LINES]: streaming unless batch=true.
weather_agent() {
  local streaming=true
  if [ "${batch:-}" = true ]; then streaming=false; fi
  mkdir -p "$dir/agents"
  printf '[agent]\nid = "weather"\nrunner = "adk"\nbase_url = "%s"\nenable_streaming = %s\n%s\n' \
    "$1" "$streaming" "${2:-}" >"$dir/agents/weather.toml"
}
fake() {
  background fake python3 -B "$adk/fake.py" "$dir"
  eventually test -s "$dir/port"
  weather_agent "http://127.0.0.1:$(<"$dir/port")" "${1:-}"
}
# ran QUERY [STATUS]: a task's events in the file "events", its id in $task.
ran() {
  status "${2:-0}" taskfeed run --agent weather --json "$1"
  printf '%s\n' "$output" >events
  task=$(jq -r .task_id events | head -n 1)
}
# What a run with a tool looks like, whoever serves it.
shows_a_tool_turn() {
  same "the call" '{"city":"Oslo"}' "$(field WorkflowToolCallStarted .arguments)"
  same "the result" '[21,false]' "$(field WorkflowToolCallCompleted '[.result.temp_c,.is_error]')"
  same "the call's id" "$(field WorkflowToolCallStarted .tool_call_id)" \
    "$(field WorkflowToolCallCompleted .tool_call_id)"
  same "usage" '[21,9,30] [40,7,47]' "$(field WorkflowLLMCallCompleted \
    '.usage | [.prompt_tokens,.completion_tokens,.total_tokens]' | paste -sd ' ')"
  same "models" '"scripted-1" "scripted-1"' \
    "$(field WorkflowLLMCallCompleted .model | paste -sd ' ')"
  same "started" 2 "$(field WorkflowLLMCallStarted .call_id | wc -l)"
  same "the answer" "It is 21 degrees in Oslo." "$(taskfeed result "$task")"
}
chunks() { jq -rj 'select(.event_type == "WorkflowLLMCallChunk" and .kind == "text").text' events; }

# --- A fake ---

@test "a run streams words, tool calls and tokens into the task" {
  fake
  serve
  ran "weather Oslo"
  shows_a_tool_turn
  same "the words" "Let me look.It is 21 degrees in Oslo." "$(chunks)"
  same "one end" WorkflowCompleted "$(jq -r .event_type events | tail -n 1)"
  status 0 taskfeed tail "$task"
  has "$output" "LLM  ▶" "LLM  ✓  scripted-1  21→9 tok" "TOOL ▶" "TOOL ✓" "TASK ✓  It is 21 degrees"
}

@test "in batch mode the run is asked for whole, and has no chunks" {
  batch=true fake
  serve
  ran "weather Oslo"
  shows_a_tool_turn
  same "the words" "" "$(chunks)"
  same "asked" /run "$(sed 's/ .*//' runs)"
}

@test "the answer alone goes down a pipe" {
  fake
  serve
  task=$(taskfeed create --agent weather -d "weather Oslo" --id-only)
  taskfeed execute --wait "$task"
  same "the answer" "It is 21 degrees in Oslo." "$(taskfeed result "$task" | cat)"
}

@test "a run that its server refuses or loses fails the task, with the kind of failure" {
  fake
  serve
  ran refused 3
  same "refused" '"rate_limited"' "$(field WorkflowFailed .error.kind)"
  same "what there was" '"half of it"' "$(field WorkflowFailed .partial_response)"
  ran broken 3
  same "broken" '"stream_broken"' "$(field WorkflowFailed .error.kind)"
}

@test "a server that is not there fails the task, with its address" {
  weather_agent http://127.0.0.1:1
  serve
  ran "weather Oslo" 3
  has "$(field WorkflowFailed .error)" connect 127.0.0.1:1
}

@test "a cancel ends the task while the model speaks" {
  fake
  serve
  task=$(taskfeed create --agent weather -d gate --id-only)
  background follower "$binary" execute -f --json "$task"
  eventually grep -q 'The gate is' follower.out
  taskfeed cancel "$task"
  ends "$pid" 6
}

# lost_in_the_middle [LINES]: a task whose worker died after half of the answer; the server goes on.
lost_in_the_middle() {
  fake "${1:-}"
  serve
  task=$(taskfeed create --agent weather -d gate --execute --id-only)
  said_half() { taskfeed tail --no-follow -o json "$task" | grep -q 'The gate is'; }
  eventually said_half
  kill_now "$daemon"
  touch go
}

@test "the outcome of a run that outlived its worker is taken, and the run is not made again" {
  lost_in_the_middle
  lease_runs_out "$task"
  serve
  status 0 taskfeed wait "$task"
  same "the answer" "The gate is open." "$(taskfeed result "$task")"
  same "runs" 1 "$(wc -l <runs)"
  taskfeed tail -o json "$task" >events
  same "attempts" "1 2" "$(field WorkflowStepStarted .attempt | paste -sd ' ')"
}

@test "what a run of a lost worker has cost is in the sum of a task that is cancelled then" {
  lost_in_the_middle $'[[agent.prices]]\npattern = "scripted-1"\ninput = 1\noutput = 2'
  answered() { curl -s "http://127.0.0.1:$(<port)/apps/weather/sessions/$task" | grep -q open; }
  eventually answered
  taskfeed cancel --redis "$redis" "$task"
  lease_runs_out "$task"
  serve
  status 6 taskfeed wait "$task"
  taskfeed tail --no-follow -o json "$task" >events
  same "one call" "$(field WorkflowLLMCallStarted .call_id)" \
    "$(field WorkflowLLMCallCompleted 'select(.recovered) | .call_id')"
  same "5 in and 4 out" true "$(field WorkflowCancelled ".total_cost == 0.000013")"
}

@test "in batch mode too the outcome of a run that outlived its worker is taken" {
  batch=true fake
  serve
  task=$(taskfeed create --agent weather -d gate --id-only)
  taskfeed execute "$task"
  eventually test -s runs
  kill_now "$daemon"
  touch go
  lease_runs_out "$task"
  serve
  status 0 taskfeed wait "$task"
  same "the answer" "The gate is open." "$(taskfeed result "$task")"
  same "runs" 1 "$(wc -l <runs)"
}

@test "a key comes from the worker's environment, and is in no event, log or Redis key" {
  fake 'api_key_env = "WEATHER_KEY"'
  export WEATHER_KEY=k3y-s3cret
  serve
  unset WEATHER_KEY
  ran "weather Oslo"
  same "what the server got" "Bearer k3y-s3cret" "$(sed 's/^[^ ]* //' runs)"
  lacks "$(<events)" s3cret
  ran "weather {key}"
  same "the answer" "It is 21 degrees in [redacted]." "$(taskfeed result "$task")"
  same "the call" '{"city":"[redacted]"}' "$(field WorkflowToolCallStarted .arguments)"
  lacks "$(<events)" s3cret
  lacks "$(<serve.err)" s3cret
  redis_do SAVE
  run ! grep -q -a s3cret "$world/dump.rdb"
  lacks "$(taskfeed agents show --json weather)" s3cret
}

@test "over HTTP nobody declares an agent that names a server" {
  serve
  same "a new agent" 403 "$(api /api/v1/agents -H 'Content-Type: application/json' -o answer \
    -w '%{http_code}' -d '{"id":"evil","runner":"adk","base_url":"http://127.0.0.1:1"}')"
}

# --- The real ones ---

# answers_there PORT
answers_there() { curl -sSf "http://127.0.0.1:$1/list-apps" | grep -q weather; }

# words_of AUTHOR: its chunks.
words_of() {
  jq -rj --arg author "$1" \
    'select(.event_type == "WorkflowLLMCallChunk" and .author == $author).text' events
}
serves_as_it_should() {
  eventually answers_there "$port"
  weather_agent "http://127.0.0.1:$port"
  sed 's/"weather"/"team"/' "$dir/agents/weather.toml" >"$dir/agents/team.toml"
  serve
  both_modes
  branches
  approvals
}
# asks_to_delete [OPTIONS]: a task whose tool waits for a yes.
asks_to_delete() {
  task=$(taskfeed create --agent weather -d "delete /x" "$@" --execute --id-only)
  eventually waits_for approval
  same "what is asked" '["delete_file","/x"]' \
    "$(taskfeed get --json "$task" | jq -c '.waiting_for[0] | [.tool,.arguments.path]')"
}
approvals() {
  asks_to_delete
  taskfeed approve "$task"
  status 0 taskfeed wait "$task"
  same "after a yes" "It is gone." "$(taskfeed result "$task")"
  asks_to_delete --param enable_streaming=false
  taskfeed approve --refuse "$task"
  status 0 taskfeed wait "$task"
  same "after a no" "It stays." "$(taskfeed result "$task")"
  task=$(taskfeed create --agent weather -d job --execute --id-only)
  eventually waits_for input
  taskfeed input "$task" '{"result":42}'
  status 0 taskfeed wait "$task"
  same "after the job" "The job says 42." "$(taskfeed result "$task")"
}
branches() {
  task=$(taskfeed create --agent team -d "go on" --id-only)
  taskfeed execute --wait "$task"
  taskfeed tail -o json "$task" >events
  local author
  for author in planner left right; do
    same "the words of $author" "$author has done it." "$(words_of "$author")"
    same "its calls" 1 "$(jq -r --arg author "$author" \
      'select(.event_type == "WorkflowLLMCallCompleted" and .author == $author).text' events |
      wc -l)"
  done
  same "branches" "pair.left pair.right" "$(field WorkflowLLMCallCompleted \
    '.branch // empty' | tr -d '"' | sed 's/^team\.//' | sort | paste -sd ' ')"
  has "$(taskfeed result "$task" | sort)" "left has done it." "right has done it."
}
both_modes() {
  ran "weather Oslo"
  shows_a_tool_turn
  has "$(chunks)" "It is 21 degrees in Oslo."
  same "once" 1 "$(chunks | grep -o 'degrees' | wc -l)"
  task=$(taskfeed create --agent weather -d "weather Oslo" --param enable_streaming=false --id-only)
  taskfeed execute --wait "$task"
  taskfeed tail -o json "$task" >events
  shows_a_tool_turn
  same "no chunks" "" "$(chunks)"
  ran "fail please" 3
  has "$(field WorkflowFailed .error.message)" 'the script says'
  status 3 taskfeed run --agent weather --param enable_streaming=false "fail please"
}

@test "Google ADK's own api_server, the JavaScript edition" {
  needs peers "@google/adk" [ -x "$peers/adk-js/node_modules/.bin/adk" ]
  port=$(free_port)
  cp -r "$adk/js/agents" "$dir/apps"
  ln -s "$peers/adk-js/node_modules" "$dir/node_modules"
  printf '{"type":"module"}\n' >"$dir/package.json"
  background adk node \
    "$peers/adk-js/node_modules/@google/adk-devtools/dist/esm/cli_entrypoint.js" api_server \
    "$dir/apps" --host 127.0.0.1 --port "$port" --session_service_uri memory://
  serves_as_it_should
}

@test "Google ADK's own api_server, the Python edition" {
  needs peers google-adk [ -x "$peers/adk-python/bin/adk" ]
  port=$(free_port)
  cp -r "$adk/python" "$dir/apps"
  background adk "$peers/adk-python/bin/adk" api_server --host 127.0.0.1 --port "$port" \
    --session_service_uri memory:// "$dir/apps"
  serves_as_it_should
}
