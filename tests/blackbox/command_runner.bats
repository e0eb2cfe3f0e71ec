#!/usr/bin/env bats
# Agents whose steps are programs: what a program gets, what it may say, and how it is ended.
load world

# ran AGENT [STATUS]: executes a task of it; its events in the file "events".
ran() {
  new_task "$1"
  status "${2:-0}" taskfeed execute --wait "$task"
  taskfeed tail -o json "$task" >events || true
}
stdout_of() { jq -rj 'select(.stream == "stdout").text' events; }

@test "a step's words reach the program as they are: there is no shell" {
  agent words <<'AGENT'
[[agent.steps]]
name = "words"
run = ["printf", "<%s>\\n", "$HOME; $(id) `id`", "*", "a  b", "", "; exit 9 #", "--", "\\n", "ü"]
AGENT
  serve
  ran words
  same "the words" '<$HOME; $(id) `id`>
<*>
<a  b>
<>
<; exit 9 #>
<-->
<\n>
<ü>' "$(stdout_of)"
}

@test "the goal reaches a program as a variable, and is never run" {
  agent goal <<'AGENT'
[[agent.steps]]
name = "goal"
run = ["printenv", "TASKFEED_QUERY"]
AGENT
  serve
  task=$(taskfeed create --agent goal -d '$(touch pwned); `touch pwned`' --id-only)
  taskfeed execute --wait "$task"
  same "the goal" '$(touch pwned); `touch pwned`' "$(taskfeed result "$task")"
  [ ! -e pwned ]
}

@test "a step has its folder, its own variables, and none of the daemon's secrets" {
  agent env <<AGENT
[[agent.steps]]
name = "where"
cwd = "/usr/share"
run = ["pwd"]
[[agent.steps]]
name = "env"
run = ["sh", "-c", "env | grep -v ^PWD= | sort"]
env = { LANG = "C.UTF-8", GREETING = "good day" }
AGENT
  export MODEL_KEY=secret
  serve
  unset MODEL_KEY
  ran env
  same "its folder" /usr/share "$(stdout_of | head -n 1)"
  same "its variables" "GREETING HOME LANG PATH TASKFEED_AGENT_ID TASKFEED_QUERY TASKFEED_STEP \
TASKFEED_TASK_ID" "$(stdout_of | sed -n '2,$s/=.*//p' | paste -sd ' ')"
  has "$(stdout_of)" "GREETING=good day" "TASKFEED_AGENT_ID=env" "TASKFEED_QUERY=a goal" \
    "TASKFEED_TASK_ID=$task"
  lacks "$(<events)" secret
}

@test "a step over its time is ended with all that it started" {
  agent slow <<AGENT
[[agent.steps]]
name = "slow"
timeout = "300ms"
run = ["sh", "-c", "tail -f /dev/null & echo \$! >'$dir/child'; echo \$\$ >'$dir/parent'; wait"]
AGENT
  serve
  ran slow 3
  eventually gone "$(<child)"
  eventually gone "$(<parent)"
  has "$(field WorkflowFailed .error)" time
}

@test "what a program leaves running is ended with its step" {
  agent leaves <<AGENT
[[agent.steps]]
name = "leaves"
run = ["sh", "-c", "tail -f /dev/null >/dev/null 2>&1 & echo \$! >'$dir/child'"]
AGENT
  serve
  ran leaves
  eventually gone "$(<child)"
}

@test "the first step that fails ends the task, unless it may fail" {
  agent strict <<'AGENT'
[[agent.steps]]
name = "may fail"
run = ["sh", "-c", "exit 4"]
continue_on_error = true
[[agent.steps]]
name = "must not"
run = ["sh", "-c", "exit 5"]
[[agent.steps]]
name = "never"
run = ["echo", "never"]
AGENT
  serve
  ran strict 3
  same "the exit statuses" "4 5" "$(field WorkflowToolCallCompleted .exit_code | paste -sd ' ')"
  same "the steps" '"may fail" "must not"' "$(field WorkflowStepStarted .name | paste -sd ' ')"
  has "$(field WorkflowFailed .error)" "5"
}

@test "a program that is not there fails the task, with its name" {
  agent absent <<'AGENT'
[[agent.steps]]
name = "absent"
run = ["no-such-program-here", "x"]
AGENT
  serve
  ran absent 3
  has "$(field WorkflowFailed .error)" "no-such-program-here"
}

@test "too much output is cut visibly, and the program still runs to its end" {
  agent loud <<AGENT
[[agent.steps]]
name = "loud"
run = ["sh", "-c", "yes 0123456789abcdef | head -c 3000000; echo the end; touch '$dir/ran'"]
AGENT
  serve
  ran loud
  [ -e ran ]
  same "cut" true "$(field WorkflowToolCallCompleted .truncated)"
  [ "$(stdout_of | wc -c)" -le 1100000 ]
  has "$(stdout_of | tail -n 1)" truncated
  has "$(field WorkflowToolCallCompleted .result)" "the end"
  # The text form says so too.
  taskfeed tail "$task" | grep -q 'TOOL.*truncated'
}

@test "hostile bytes are valid JSON, and harmless on a terminal" {
  agent hostile <<'AGENT'
[[agent.steps]]
name = "hostile"
run = ["printf", """title \\033]0;owned\\007 red \\033[31m back\\rover bad \\377\\376 nul \\000 \\
  \\342\\200\\256bidi\\n"""]
AGENT
  serve
  ran hostile
  jq -e . events >/dev/null
  iconv -f utf-8 -t utf-8 events >/dev/null
  run ! grep -q -P '[\x00-\x08\x0b-\x1f\x7f]' events
  curl -sS -N "$url$(stream_path hostile "$task")" >stream.sse
  jq -e . <(events_of stream.sse) >/dev/null
  # script(1) gives tail a terminal.
  script -qec "'$binary' tail -q --color never $task" /dev/null </dev/null >screen
  has "$(<screen)" 'title' 'owned' 'bidi'
  run ! grep -q -P '[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\xe2\x80\xae|\r[^\n]' screen
}

@test "a program speaks back by lines that begin with ::taskfeed" {
  agent speaks <<'AGENT'
[[agent.steps]]
name = "speaks"
run = ["sh", "-c", """
  echo '::taskfeed {"type":"WorkflowProgressUpdated","percent":40,"message":"almost"}'
  echo '::taskfeed {"event_type":"release.tagged","tag":"v1","task_id":"another"}'
  echo '::taskfeed {not json'
  echo '::taskfeed {"type":"WorkflowCompleted"}'
  echo after"""]
AGENT
  serve
  ran speaks
  same "progress" '[40,"almost"]' "$(field WorkflowProgressUpdated '[.percent,.message]')"
  same "its own type" "[\"v1\",\"$task\"]" "$(field release.tagged '[.tag,.task_id]')"
  has "$(stdout_of)" '::taskfeed {not json' '::taskfeed {"type":"WorkflowCompleted"}' after
  same "one end" 1 "$(grep -c '"WorkflowCompleted","timestamp' events)"
  same "the last" WorkflowCompleted "$(jq -r .event_type events | tail -n 1)"
}

@test "over HTTP a request names a declared agent, and never a program" {
  agent plain <<'AGENT'
[[agent.steps]]
name = "plain"
run = ["echo", "declared"]
AGENT
  serve
  json=(-H 'Content-Type: application/json' -o answer -w '%{http_code}')
  program='"runner":"command","steps":[{"name":"x","run":["touch","'$dir'/pwned"]}]'
  same "a new agent" 403 "$(api /api/v1/agents "${json[@]}" -d "{\"id\":\"evil\",$program}")"
  same "its words" "application/problem+json" \
    "$(api /api/v1/agents -H 'Content-Type: application/json' -o answer -w '%{content_type}' \
      -d "{\"id\":\"evil\",$program}")"
  status 4 taskfeed agents apply agents/plain.toml
  has "$stderr" "--redis URL" "--agents" SIGHUP
  same "an unknown agent" 404 "$(api /api/v1/agents/evil/tasks "${json[@]}" -d '{}')"
  # "run" is the agent of `taskfeed run -- CMD`, whose program is the caller's own child.
  task=$(api /api/v1/agents/run/tasks -H 'Content-Type: application/json' \
    -d '{"description":"touch pwned"}' | jq -r .id)
  same "the built-in one" 409 "$(api "/api/v1/agents/run/tasks/$task/execute" "${json[@]}" -d '{}')"
  task=$(api /api/v1/agents/plain/tasks -H 'Content-Type: application/json' \
    -d "{\"task_parameters\":{$program,\"run\":[\"touch\",\"$dir/pwned\"]}}" | jq -r .id)
  taskfeed execute --wait "$task"
  same "what ran" declared "$(taskfeed result "$task")"
  [ ! -e pwned ]
}
