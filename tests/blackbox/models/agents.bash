# shellcheck shell=bash
# Agents that a model drives, and the fake server that is their model. Loaded after world.bash;
# tests/support/model_script.py says what a message may ask of the model.

support=$BATS_TEST_DIRNAME/../support

# model_server [OPTIONS]: its journal and its gates are in $dir/model.
model_server() {
  mkdir -p "$dir/model"
  background model_server python3 -B "$support/model_server.py" "$dir/model" "$@"
  eventually test -s "$dir/model/port"
  model_url=http://127.0.0.1:$(<"$dir/model/port")/v1
}

# model_agent ID [LINES [DIALECT]]: streaming unless batch=true. LINES come first, so that tables
# may follow in them.
model_agent() {
  local streaming=true
  if [ "${batch:-}" = true ]; then streaming=false; fi
  mkdir -p "$dir/agents"
  printf '[agent]\nid = "%s"\nrunner = "openai"\nbase_url = "%s"\nmodel = "%s-x"\n' \
    "$1" "$model_url" "${3:-openai}" >"$dir/agents/$1.toml"
  printf 'enable_streaming = %s\n%s\n' "$streaming" "${2:-}" >>"$dir/agents/$1.toml"
}

# tool NAME PROPERTIES [LINES]: a declared command whose argv is on stdin, as TOML.
tool() {
  local property properties=
  for property in $2; do properties+="$property = { type = \"string\" }, "; done
  printf '[[agent.tools]]\nname = "%s"\ndescription = "does %s"\nrun = %s\n%s\n' \
    "$1" "$1" "$(cat)" "${3:-}"
  printf 'parameters = { type = "object", properties = { %s } }\n' "${properties%, }"
}

# ran MESSAGE [STATUS [OPTIONS]]: a task's events in the file "events", its id in $task.
ran() {
  status "${2:-0}" taskfeed run --agent helper "${@:3}" --json "$1"
  printf '%s\n' "$output" >events
  task=$(jq -r .task_id events | head -n 1)
}
# begun MESSAGE [OPTIONS]: a task that runs; its id in $task.
begun() {
  task=$(taskfeed create --agent helper -d "$1" "${@:2}" --execute --id-only)
}
events_now() { taskfeed tail --no-follow -o json "$task" >events; }
fields() { field "$@" | paste -sd ' '; }
chunks() {
  jq -rj --arg kind "${1:-text}" \
    'select(.event_type == "WorkflowLLMCallChunk" and .kind == $kind).text' events
}
has_event() { taskfeed tail --no-follow -o json "$task" | grep -q "\"$1\""; }

# asked FILTER: of every request that the server got.
asked() { jq -c "select(.path) | $1" "$dir/model/journal"; }
requests() { asked .n | wc -l; }
# request_ended N HOW: sent, failed or left.
request_ended() {
  [ "$(jq -r "select(.n == $1 and .end).end" "$dir/model/journal")" = "$2" ]
}
