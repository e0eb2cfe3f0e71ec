#!/usr/bin/env bats
# What a worker holds for its agents' peers is said by nobody: whoever repeats a key, what is shown
# does not.
load world
load models/agents

secrets=(sk-planted-in-key h3ader-planted-value t0ol-planted-value m4cp-planted-value)

# A world with one secret of each kind, all of which the worker has.
planted() {
  model_server
  background monitor redis-cli -s "$world/redis.sock" monitor
  eventually test -s monitor.out
  local tools
  tools=$(tool token text \
    <<<'["sh", "-c", "echo $TOOL_TOKEN; echo to $TOOL_TOKEN >&2; echo \"$1\"", "sh", "{text}"]' \
    'pass_env = ["TOOL_TOKEN", "HOME"]')
  tools+=$(printf '\n[[agent.mcp]]\nname = "m"\ncommand = ["python3", "-B", "%s"]\n%s\n' \
    "$support/mcp_server.py" 'pass_env = ["MCP_TOKEN"]')
  model_agent helper "$(printf '%s\n' 'api_key_env = "MODEL_KEY"' \
    'headers_env = { X-Team = "TEAM_HEADER" }' 'retry = { maximum_attempts = 1 }' "$tools")"
  MODEL_KEY=${secrets[0]} TEAM_HEADER=${secrets[1]} TOOL_TOKEN=${secrets[2]} \
    MCP_TOKEN=${secrets[3]} serve
}

# Neither a whole one nor its distinctive half.
says_none() {
  local secret
  for secret in "${secrets[@]}"; do
    if grep -q -a -e "$secret" -e "${secret#*-}" "$@"; then
      echo "$secret is in: $(grep -l -a -e "$secret" -e "${secret#*-}" "$@" | paste -sd ' ')" >&2
      return 1
    fi
  done
}
nobody_was_told() {
  taskfeed list --json >listed
  taskfeed get --json "$task" >got
  taskfeed agents show --json helper >shown
  redis_do SAVE >/dev/null
  says_none events listed got shown serve.err monitor.out "$world/dump.rdb"
}

@test "a key that the model says back is in no event, log or Redis key" {
  planted
  for pieces in 1 3 1000; do
    ran "pieces=$pieces think It is {key}. => say Your key is {key}, not sk-plain"
    same "the answer" "Your key is [redacted], not sk-plain" "$(taskfeed result "$task")"
    same "the words" "Your key is [redacted], not sk-plain" "$(chunks)"
    same "the indexes" "$(field WorkflowLLMCallChunk .index | sort -n | uniq)" \
      "$(seq 0 $(($(field WorkflowLLMCallChunk .index | wc -l) - 1)))"
    nobody_was_told
  done
  ran "say x" 0 --param enable_streaming=false
  ran "say Your key is {key}" 0 --param enable_streaming=false
  same "the answer" "Your key is [redacted]" "$(taskfeed result "$task")"
  nobody_was_told
  same "the key was sent" true "$(asked '.key != ""' | sort -u)"
}

@test "a key in what is asked of a tool, or said by it, is in no event, log or Redis key" {
  planted
  ran 'call token {"text":"{key}"} | say I got {result}'
  same "what it was asked" '{"text":"[redacted]"}' "$(field WorkflowToolCallStarted .arguments)"
  has "$(field WorkflowToolCallCompleted .result)" "[redacted]"
  has "$(field WorkflowToolCallOutput .text)" "[redacted]"
  has "$(taskfeed result "$task")" "I got [redacted]"
  nobody_was_told
}

@test "a key in an error of the server is in no event, log or Redis key" {
  planted
  for failure in auth invalid server "error 1" "overloaded 1"; do
    ran "fail $failure" 3
    has "$(field WorkflowLLMCallFailed .error.message)" "on purpose for [redacted]"
    nobody_was_told
  done
}

@test "keys are in no command line, and a crash leaves none behind" {
  ulimit -S -c "$(ulimit -H -c)"
  planted
  grep -q 'Max core file size *0 ' "/proc/$daemon/limits"
  task=$(taskfeed create --agent helper -d "gate=go say one two three four" --execute --id-only)
  eventually has_event WorkflowLLMCallChunk
  eventually pgrep -f "$support/mcp_server.py"
  cat /proc/[0-9]*/cmdline >cmdlines 2>/dev/null || true
  [ -s cmdlines ]
  says_none cmdlines
  kill -ABRT "$daemon"
  wait "$daemon" || true
  taskfeed get --json "$task" --redis "$redis" >got || true
  same "what else is there" "" "$(find "$dir" "$world" -name 'core*')"
  says_none serve.err monitor.out
}
