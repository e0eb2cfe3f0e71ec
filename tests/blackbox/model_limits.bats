#!/usr/bin/env bats
# Agents that a model drives, where it does not go well: servers that refuse, break off or fall
# silent, budgets that end, and people who stop a task.
load world
load models/agents

# Prices that make sums easy: a dollar for a million tokens in, two for a million out.
prices='[[agent.prices]]
pattern = "openai-x"
input = 1
cached_input = 0.5
output = 2'
# A retry is waited for as short as can be: the server's own wish is what counts.
hurry='retry = { initial_interval = "10ms", maximum_interval = "20ms" }'
attempts() { fields WorkflowLLMCallStarted .attempt; }
failures() { fields WorkflowLLMCallFailed '.error | [.kind, .http_status, .retryable]'; }

# --- Servers that fail ---

@test "what a server asks to wait is waited, and each attempt stands in the events" {
  model_server
  model_agent helper "$hurry"
  serve
  ran 'fail rate_limited 0.3 / fail overloaded 0.2 / say At last.'
  same "attempts" "1 2 3" "$(attempts)"
  same "failures" '["rate_limited",429,true] ["overloaded",503,true]' "$(failures)"
  same "asked to wait" "300 200" "$(fields WorkflowLLMCallFailed .error.retry_after_ms)"
  same "the answer" "At last." "$(taskfeed result "$task")"
  mapfile -t at < <(asked .at)
  [ $((at[1] - at[0])) -ge 300000 ]
  [ $((at[2] - at[1])) -ge 200000 ]
}

@test "what waiting does not help is not tried again" {
  model_server
  model_agent helper "$hurry"
  serve
  for kind in quota auth permission not_found context invalid; do
    ran "fail $kind" 3
    same "$kind" "1" "$(attempts)"
    same "$kind of the task" "$(field WorkflowLLMCallFailed .error.kind)" \
      "$(field WorkflowFailed .error.kind)"
    field WorkflowFailed .error.kind >>kinds
  done
  same "kinds" '"quota" "auth" "permission" "not_found" "context_length" "invalid_request"' \
    "$(paste -sd ' ' kinds)"
  same "requests" 6 "$(requests)"
}

@test "an answer that breaks off is asked for again, and the attempts are told apart" {
  model_server
  model_agent helper "$hurry"
  serve
  for broken in 'fail cut 2' 'fail half 2' 'fail error 2' 'fail no_finish' 'fail closed' \
    'fail server' 'fail html'; do
    ran "$broken / say Whole."
    same "$broken" "1 2" "$(attempts)"
    same "the answer" "Whole." "$(taskfeed result "$task")"
  done
  ran 'fail cut 2 / say Whole again.'
  first=$(field WorkflowLLMCallStarted .call_id | head -n 1)
  same "of the first" "This is " "$(jq -rj "select(.call_id == $first and
    .event_type == \"WorkflowLLMCallChunk\").text" events)"
  same "failed" "[$first,\"stream_broken\"]" \
    "$(field WorkflowLLMCallFailed '[.call_id, .error.kind]')"
  ran 'fail no_done'
  same "without [DONE]" "1" "$(attempts)"
}

@test "what is no answer at all is not believed, and ends in order" {
  model_server
  model_agent helper "retry = { maximum_attempts = 1 }"
  serve
  for kind in garbage long_line moved; do
    ran "fail $kind 1" 3
    field WorkflowFailed .error.kind >>kinds
    ran "fail $kind 1" 3 --param enable_streaming=false
    field WorkflowFailed .error.kind >>kinds
  done
  lacks "$(<kinds)" null
  # Nobody goes where a server sends him: his key would go with him.
  lacks "$(asked .path)" moved
  task_is "$task" failed
}

@test "a server that falls silent is waited for no longer than its agent says" {
  model_server
  model_agent helper 'first_byte_timeout = "200ms"
silence_timeout = "200ms"
retry = { maximum_attempts = 1 }'
  serve
  ran 'fail silence' 3
  same "before" '"timeout_first_byte"' "$(field WorkflowFailed .error.kind)"
  ran 'fail hang 2' 3
  same "within" '"timeout_idle"' "$(field WorkflowFailed .error.kind)"
  same "what there was" '"This is "' "$(field WorkflowFailed .partial_response)"
  ran 'pace=20 say This one speaks slowly, but it does speak, all the time.'
  eventually request_ended 1 left
}

@test "a server that is not there fails the task, with its address" {
  model_url=http://127.0.0.1:1/v1
  model_agent helper "$hurry"
  serve
  ran "say x" 3
  has "$(field WorkflowFailed .error)" connect 127.0.0.1:1
  same "attempts" "1 2 3" "$(attempts)"
}

# --- Budgets ---

@test "tokens have a price, cached ones another, and the sum stands in the task" {
  model_server
  model_agent helper "$prices"
  serve
  ran 'usage=1000,200,600 say x'
  same "the call" '[0.0011,0.0011]' "$(field WorkflowLLMCallCompleted '[.cost, .total_cost]')"
  same "the task" 0.0011 "$(field WorkflowCompleted .total_cost)"
  same "its snapshot" 0.0011 "$(taskfeed get --json "$task" | jq .total_cost)"
}

@test "at 80 % of a budget there is one warning, and at its end no further call" {
  model_server
  model_agent helper "$prices
[agent.budget]
usd = 0.001
$(tool note text <<<'["printf", "%s", "{text}"]')"
  serve
  said='usage=400,0 call note {"text":"a"} | usage=450,0 call note {"text":"b"}'
  ran "$said"' | usage=90,0 call note {"text":"c"} | usage=100,0 say Never.' 7
  same "one warning" "0.00085" "$(field WorkflowBudgetWarning .used)"
  # The fourth call is not begun: by its estimate it would not be within what is left.
  same "exceeded" "[0.001,0.00094,true]" \
    "$(field WorkflowBudgetExceeded '[.budget, .used, .estimated > 0.00006]')"
  same "requests" 3 "$(requests)"
  same "the task's cost" 0.00094 "$(field WorkflowFailed .total_cost)"
  same "kind" '"budget_exceeded"' "$(field WorkflowFailed .error.kind)"
  same "the task" failed "$(taskfeed get --json "$task" | jq -r .status)"
  same "waited for" 7 "$(taskfeed wait "$task" >/dev/null 2>&1 || echo $?)"
}

@test "a budget that ends within an answer cuts it" {
  model_server
  model_agent helper "$prices
[agent.budget]
usd = 0.0005"
  serve
  # A piece is about 3 tokens; all of them would be half a minute's.
  ran "pace=10 tick 3000" 7
  eventually request_ended 1 left
  same "exceeded" 1 "$(field WorkflowBudgetExceeded .ratio | wc -l)"
  same "estimated" true "$(jq -s 'map(.usage.estimated // empty) | any' events)"
  [ "$(field WorkflowFailed .partial_response | wc -w)" -ge 10 ]
}

@test "every bound of a budget ends a task" {
  model_server
  for bound in 'tokens = 100' 'steps = 2' 'model_calls = 2' 'wall_time = "700ms"'; do
    model_agent "${bound%% *}" "[agent.budget]
$bound
$(tool note text <<<'["printf", "%s", "{text}"]')"
  done
  serve
  said='usage=40,20 call note {"text":"a"} | usage=40,20 call note {"text":"b"} | gate=never say x'
  for bound in tokens steps model_calls wall_time; do
    status 7 taskfeed run --agent "$bound" --json "$said"
    printf '%s\n' "$output" >events
    same "$bound" "\"$bound\"" "$(field WorkflowBudgetExceeded .bound)"
  done
}

@test "who runs a task may give it less, and never more" {
  model_server
  model_agent helper "$prices
[agent.budget]
usd = 0.001
$(tool note text <<<'["printf", "%s", "{text}"]')"
  serve
  said='usage=300,0 call note {"text":"a"} | usage=300,0 call note {"text":"b"}'
  said+=' | usage=500,0 call note {"text":"c"} | say Never.'
  ran "$said" 7 --max-cost 0.0005
  same "less" "[0.0005,0.0006]" "$(field WorkflowBudgetExceeded '[.budget, .used]')"
  ran "$said" 7 --max-cost 5
  same "not more" "[0.001,0.0011]" "$(field WorkflowBudgetExceeded '[.budget, .used]')"
}

# --- People ---

@test "a cancel ends the answer at once, at the server too" {
  model_server
  model_agent helper
  serve
  task=$(taskfeed create --agent helper -d "gate=never say one two three four" --id-only)
  background follower "$binary" execute -f --json "$task"
  eventually grep -q one follower.out
  taskfeed cancel "$task"
  ends "$pid" 6
  eventually request_ended 1 left
  cp follower.out events
  same "the end" WorkflowCancelled "$(jq -r .event_type events | tail -n 1)"
}

@test "a model call whose worker died is paid for, though the task is cancelled then" {
  model_server
  model_agent helper "$prices"
  serve
  begun "gate=never say one two three four"
  said_one() { taskfeed tail --no-follow -o json "$task" | grep -q one; }
  eventually said_one
  kill_now "$daemon"
  taskfeed cancel --redis "$redis" "$task"
  lease_runs_out "$task"
  serve
  status 6 taskfeed wait "$task"
  events_now
  same "its end" '["interrupted",true]' \
    "$(field WorkflowLLMCallFailed '[.error.kind, .usage.estimated]')"
  same "the sum" "$(field WorkflowLLMCallFailed .cost)" "$(field WorkflowCancelled .total_cost)"
  [ "$(field WorkflowCancelled '.total_cost > 0')" = true ]
}

@test "a cancel ends the tools that run" {
  model_server
  model_agent helper "$(tool gate name <<TOML
["sh", "-c", "echo \$\$ >$dir/tool; until [ -e $dir/go ]; do sleep 0.02; done"]
TOML
)"
  serve
  begun 'call gate {"name":"x"} | say Never.'
  eventually test -s tool
  taskfeed cancel "$task"
  status 6 taskfeed wait "$task"
  eventually gone "$(<tool)"
  same "requests" 1 "$(requests)"
}

@test "a pause waits for the tool that runs, and the model is not asked meanwhile" {
  model_server
  model_agent helper "$(tool gate name <<TOML
["sh", "-c", "touch $dir/begun; until [ -e $dir/go ]; do sleep 0.02; done; echo through"]
TOML
)"
  serve
  begun 'call gate {"name":"x"} | say {result}'
  eventually test -e begun
  taskfeed pause "$task"
  touch go
  eventually task_is "$task" paused
  events_now
  same "the tool has ended" 1 "$(field WorkflowToolCallCompleted .result | wc -l)"
  same "requests" 1 "$(requests)"
  taskfeed resume "$task"
  status 0 taskfeed wait "$task"
  same "the answer" through "$(taskfeed result "$task")"
  same "requests" 2 "$(requests)"
}

@test "a model that does nothing but call in vain is ended" {
  model_server
  model_agent helper
  serve
  ran "$(printf 'call nothing {} | %.0s' $(seq 12)) say Never." 3
  [ "$(requests)" -le 6 ]
}
