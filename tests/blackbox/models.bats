#!/usr/bin/env bats
# Agents that a model drives: what they say, the tools they call, and who is asked before.
load world
load models/agents
load peers

note_tool() { tool note text <<<'["printf", "[%s]", "{text}"]'; }

# --- Answers ---

@test "an answer is in the task while the model still speaks" {
  model_server
  model_agent helper
  serve
  task=$(taskfeed create --agent helper -d "gate=go say one two three four" --id-only)
  background follower "$binary" execute -f --json "$task"
  spoken() {
    cp follower.out events
    [[ $(chunks) == "one two " ]]
  }
  eventually spoken
  lacks "$(chunks)" four
  touch model/go
  ends "$pid" 0
  cp follower.out events
  same "the words" "one two three four" "$(chunks)"
  same "the answer" "one two three four" "$(taskfeed result "$task")"
  same "the call" '["openai-x","one two three four","stop"]' \
    "$(field WorkflowLLMCallCompleted '[.model, .text, .finish_reason]')"
  same "the end" '"one two three four"' "$(field WorkflowCompleted .final_response)"
  same "who runs it" '["openai","openai-x","streaming"]' \
    "$(field WorkflowStarted '[.runner, .model, .mode]')"
  status 0 taskfeed tail "$task"
  has "$output" "LLM  ▶" "LLM  ✓  openai-x" "TASK ✓  one two three four"
}

@test "in batch mode the answer comes whole, and is asked for whole" {
  model_server
  batch=true model_agent helper "$(note_tool)"
  serve
  ran 'call note {"text":"a"} | say It is {result}.'
  same "the words" "" "$(chunks)"
  same "asked to stream" "false false" "$(asked .stream | paste -sd ' ')"
  same "the answer" "It is [a]." "$(taskfeed result "$task")"
  same "the result" '"[a]"' "$(field WorkflowToolCallCompleted .result)"
}

@test "of six kinds of server the same comes: reasoning, calls, usage and answer" {
  model_server
  for dialect in openai ollama vllm llamacpp gemini openrouter; do
    model_agent "$dialect" "$(note_tool)" "$dialect"
  done
  serve
  said='usage=10,5 call note {"text":"a"} + note {"text":"é"}'
  said+=' | usage=100,20 think I see. => say Noted: {result}.'
  for dialect in openai ollama vllm llamacpp gemini openrouter; do
    for streaming in true false; do
      task=$(taskfeed create --agent "$dialect" -d "$said" --id-only \
        --param "enable_streaming=$streaming")
      echo "# $dialect $streaming" >&2
      status 0 taskfeed execute --wait "$task"
      events_now
      same "the answer" "Noted: [a], [é]." "$(taskfeed result "$task")"
      same "the calls" '{"text":"a"} {"text":"é"}' "$(fields WorkflowToolCallStarted .arguments)"
      same "usage" '[10,5] [100,20]' \
        "$(fields WorkflowLLMCallCompleted '.usage | [.prompt_tokens, .completion_tokens]')"
      if [ "$streaming" = true ]; then
        same "the words" "Noted: [a], [é]." "$(chunks)"
        if [ "$dialect" != openai ] && [ "$dialect" != gemini ]; then
          same "what it thought" "I see." "$(chunks reasoning)"
        fi
      fi
    done
  done
  lacks "$(asked '.body.messages[] | select(.role != "user")')" "I see."
}

@test "an answer is put together whatever it was cut into" {
  model_server
  model_agent helper "$(note_tool)"
  serve
  for cut in 'pieces=1 slices=1' 'pieces=1 utf16=1' 'slices=3' 'plain=1'; do
    ran "$cut call note {\"text\":\"é🙂\"} | $cut say Noted {result} 漢字🙂."
    same "$cut" "Noted [é🙂] 漢字🙂." "$(taskfeed result "$task")"
  done
}

@test "the answer alone goes down a pipe" {
  model_server
  model_agent helper "$(note_tool)"
  serve
  same "what a pipe gets" "It is [a]." \
    "$(taskfeed run -q --agent helper 'call note {"text":"a"} | say It is {result}.' | cat)"
  same "one agent after the other" "You said: first words" \
    "$(taskfeed run -q --agent helper 'say first words' | taskfeed run -q --agent helper - | cat)"
  status 3 taskfeed run -q --agent helper 'fail quota'
  same "of a failure" "" "$output"
  has "$stderr" quota
}

@test "over HTTP one request creates the task, runs the model and streams what it says" {
  model_server
  model_agent helper
  serve
  curl -sS -N --json '{"description":"say Hello there."}' -H 'Accept: text/event-stream' \
    "$url/api/v1/agents/helper/tasks" >frames
  events_of frames >events
  same "the words" "Hello there." "$(chunks)"
  same "the end" '"Hello there."' "$(field WorkflowCompleted .final_response)"
  ids_of frames | counts_to "$(wc -l <events)"
  has "$(<frames)" "event: WorkflowLLMCallStarted" "event: stream.end"
}

@test "the server is told instructions, parameters, tools and what was said before" {
  model_server
  model_agent helper "instructions = \"Be brief.\"
temperature = 0.5
max_tokens = 99
extra_body = { keep = 7 }
$(note_tool)"
  serve
  ran 'call note {"text":"a"} | say Yes.'
  same "what it is asked" '["openai-x",0.5,99,7]' \
    "$(asked '.body | [.model, .temperature, .max_tokens, .keep]' | head -n 1)"
  same "its tools" '["note","does note","object"]' \
    "$(asked '.body.tools[0].function | [.name, .description, .parameters.type]' | head -n 1)"
  same "who speaks" '["system","user","assistant","tool"]' \
    "$(asked '[.body.messages[].role]' | tail -n 1)"
  same "instructions" '"Be brief."' "$(asked '.body.messages[0].content' | tail -n 1)"
  same "the call" '[true,"note","{\"text\":\"a\"}"]' "$(asked '.body.messages |
    [.[2].tool_calls[0].id == .[3].tool_call_id, (.[2].tool_calls[0].function |
    (.name, .arguments))]' | tail -n 1)"
}

@test "a task may choose a model that its agent allows, and never where it is" {
  model_server
  model_agent helper 'models = ["openai-*"]'
  serve
  ran "say x" 0 --param model=openai-mini --param temperature=0.25
  same "asked" '["openai-mini",0.25]' "$(asked '.body | [.model, .temperature]')"
  status 4 taskfeed run --agent helper --param model=ollama-x "say x"
  for param in base_url=http://127.0.0.1:1 api_key_env=HOME 'tools=[]' instructions=5; do
    run --separate-stderr taskfeed run --agent helper --param "$param" "say x"
    # shellcheck disable=SC2154
    has "$status $stderr" "the parameter ${param%%=*}"
  done
  same "requests" 1 "$(requests)"
}

@test "over HTTP nobody declares an agent that names a model server" {
  serve
  same "a new agent" 403 "$(api /api/v1/agents -o answer -w '%{http_code}' \
    --json '{"id":"evil","runner":"openai","base_url":"http://127.0.0.1:1/v1","model":"x"}')"
}

# --- Tools ---

@test "an argument of the model is one element of the argv, and no shell sees it" {
  model_server
  model_agent helper "$(tool list "a b" <<<'["printf", "<%s>", "-{a}-", "{b}"]')"
  serve
  ran 'call list {"a":"$(id); `id` \" *","b":"two  words"} + list {"a":"x"} | say {result}'
  same "results" '"<-$(id); `id` \" *-><two  words>" "<-x->"' \
    "$(field WorkflowToolCallCompleted .result | LC_ALL=C sort | paste -sd ' ')"
}

@test "a tool may read its arguments as JSON from its standard input" {
  model_server
  model_agent helper "$(tool read "a" 'stdin = "json"' <<<'["cat"]')"
  serve
  ran 'call read {"a":"é","b":[1,{"c":null}]} | say {result}'
  same "read" '{"a":"é","b":[1,{"c":null}]}' "$(taskfeed result "$task" | jq -c .)"
}

@test "the calls of one answer run side by side, and are answered in the order of the calls" {
  model_server
  model_agent helper "$(tool meet "mine other" <<TOML
["sh", "-c", "touch \$1; until [ -e \$2 ]; do sleep 0.02; done; echo \$1", "meet",
 "{mine}", "{other}"]
TOML
)"
  serve
  ran "call meet {\"mine\":\"$dir/a\",\"other\":\"$dir/b\"} + \
meet {\"mine\":\"$dir/b\",\"other\":\"$dir/a\"} | say {result}"
  has "$(taskfeed result "$task")" "$dir/a" "$dir/b"
}

@test "what a tool says while it runs is seen, and how it ended" {
  model_server
  model_agent helper "$(tool gate name <<TOML
["sh", "-c", "echo begun; until [ -e $dir/go ]; do sleep 0.02; done; echo bad >&2; exit 3"]
TOML
)"
  serve
  begun 'call gate {"name":"x"} | say Seen.'
  said_begun() { events_now && [ "$(field WorkflowToolCallOutput .text)" = '"begun\n"' ]; }
  eventually said_begun
  touch go
  status 0 taskfeed wait "$task"
  events_now
  same "how it ended" '[true,3]' "$(field WorkflowToolCallCompleted '[.is_error, .exit_code]')"
  has "$(asked '.body.messages[-1].content' | tail -n 1)" begun
}

@test "what cannot be called is told to the model, which goes on" {
  model_server
  model_agent helper "$(note_tool)"
  serve
  ran 'call nothing {} + note {"text": + note [1] | say It goes on.'
  same "the answer" "It goes on." "$(taskfeed result "$task")"
  same "requests" 2 "$(requests)"
  same "results" 3 "$(asked '.body.messages[] | select(.role == "tool").content' | wc -l)"
  same "errors" "true true true" "$(fields WorkflowToolCallCompleted .is_error)"
}

@test "a tool that takes too long is ended with all that it began, and the model is told" {
  model_server
  model_agent helper "$(tool slow name "timeout = \"200ms\"
cwd = \"$dir\"" <<TOML
["sh", "-c", "mkdir inside; cd inside; tail -f /dev/null & tail -f /dev/null"]
TOML
)"
  serve
  ran 'call slow {"name":"x"} | say It goes on.'
  [ -e inside ]
  same "an error" true "$(field WorkflowToolCallCompleted .is_error)"
  eventually nobody_works_below "$dir"
}

# --- MCP ---

@test "tools of a real MCP server are called, and its errors told to the model" {
  everything=$peers/mcp/node_modules/@modelcontextprotocol/server-everything/dist/index.js
  filesystem=$peers/mcp/node_modules/@modelcontextprotocol/server-filesystem/dist/index.js
  needs peers "MCP's reference server" [ -e "$everything" ]
  model_server
  echo "inside" >note.txt
  model_agent helper "$(printf '[[agent.mcp]]\nname = "%s"\ncommand = ["node", "%s", "%s"]\n' \
    all "$everything" stdio files "$filesystem" "$dir")"
  serve
  ran "call all__get-sum {\"a\":2,\"b\":3} + files__read_text_file {\"path\":\"$dir/note.txt\"} + \
files__read_text_file {\"path\":\"/etc/hostname\"} | say {result}"
  has "$(taskfeed result "$task")" "The sum of 2 and 3 is 5." inside "Access denied"
  same "servers" '["all","get-sum"] ["files","read_text_file"]' \
    "$(field WorkflowToolCallStarted '[.server, .tool]' | sort -u | sed 's/all__//; s/files__//' |
      paste -sd ' ')"
}

# --- A person's yes ---

asking() {
  model_server
  model_agent helper "${1:-}
$(tool drop name 'approval = true' <<TOML
["sh", "-c", "echo \$1 >>$dir/dropped; echo gone", "drop", "{name}"]
TOML
)
$(note_tool)"
  serve
}

@test "a tool that asks waits for a yes, and runs once it has it" {
  asking
  begun 'call drop {"name":"x"} + note {"text":"a"} | say {result}'
  eventually waits_for approval
  [ ! -e dropped ]
  same "what is asked" '["drop","x"]' \
    "$(taskfeed get --json "$task" | jq -c '.waiting_for[0] | [.tool, .arguments.name]')"
  taskfeed approve --reason "it is old" "$task"
  status 0 taskfeed wait "$task"
  has "$(taskfeed result "$task")" gone "[a]"
  same "run" x "$(<dropped)"
  events_now
  same "who said yes" '[true,"it is old"]' \
    "$(field WorkflowApprovalReceived '[.approved, .reason]')"
  same "requests" 2 "$(requests)"
}

@test "a tool that is refused does not run, and the model hears why" {
  asking
  begun 'call drop {"name":"x"} | say It stays.'
  eventually waits_for approval
  taskfeed approve --refuse --reason "not on a Friday" "$task"
  status 0 taskfeed wait "$task"
  same "the answer" "It stays." "$(taskfeed result "$task")"
  has "$(asked '.body.messages[-1].content' | tail -n 1)" "not on a Friday"
  [ ! -e dropped ]
}

@test "a question that nobody answers in time is a refusal" {
  asking 'approval_timeout = "300ms"'
  ran 'call drop {"name":"x"} | say It stays.'
  same "not approved" '[false,"timeout"]' "$(field WorkflowApprovalReceived '[.approved, .reason]')"
  has "$(taskfeed tail --no-follow "$task")" "nobody answered in time"
  has "$(asked '.body.messages[-1].content' | tail -n 1)" "nobody answered within 300ms"
  same "the answer" "It stays." "$(taskfeed result "$task")"
  [ ! -e dropped ]
}

@test "a worker that dies while a tool waits for its yes changes nothing" {
  asking
  begun 'call drop {"name":"x"} + drop {"name":"y"} | say {result}'
  eventually waits_for approval
  kill_now "$daemon"
  serve
  both() { events_now && [ "$(field WorkflowApprovalRequested .tool_call_id | wc -l)" = 2 ]; }
  eventually both
  for call in $(field WorkflowApprovalRequested .tool_call_id | jq -r .); do
    taskfeed approve --call "$call" "$task"
  done
  status 0 taskfeed wait "$task"
  same "each once" "x y" "$(sort dropped | paste -sd ' ')"
  same "requests" 2 "$(requests)"
}

# --- A server that others wrote ---

@test "the mock of model servers from npm: streams, calls, failures" {
  needs peers "@copilotkit/aimock" [ -e "$peers/models/node_modules/.bin/llmock" ]
  port=$(free_port)
  model_url=http://127.0.0.1:$port/v1
  # A character at a time, so that pairs of surrogates come apart.
  background mock node "$peers/models/node_modules/.bin/llmock" -p "$port" -c 1 \
    -f "$BATS_TEST_DIRNAME/models/fixtures.json"
  eventually curl -sSf "$model_url/models"
  model_agent helper \
    "$(tool size_of text <<<'["sh", "-c", "printf %s ${#1}", "size_of", "{text}"]')"
  serve
  for streaming in true false; do
    ran greet 0 --param "enable_streaming=$streaming"
    same "the greeting" "Hello from the mock: é 漢字 🙂." "$(taskfeed result "$task")"
    ran measure 0 --param "enable_streaming=$streaming"
    same "the sizes" '"4" "7"' "$(field WorkflowToolCallCompleted .result | sort | paste -sd ' ')"
    same "the answer" "They have 4 and 7." "$(taskfeed result "$task")"
  done
  ran ponder
  same "what it thought" "Let me see." "$(chunks reasoning)"
  same "what it said" "Yes." "$(taskfeed result "$task")"
  ran flaky
  same "attempts" "1 2 3" "$(fields WorkflowLLMCallStarted .attempt)"
  same "failures" '["rate_limited",429,true] ["overloaded",503,true]' \
    "$(fields WorkflowLLMCallFailed '.error | [.kind, .http_status, .retryable]')"
  same "the answer" "Recovered." "$(taskfeed result "$task")"
  ran poor 3
  same "not tried again" '"quota"' "$(field WorkflowLLMCallFailed .error.kind)"
  ran cut 3
  same "cut" "1 2 3" "$(fields WorkflowLLMCallStarted .attempt)"
}
