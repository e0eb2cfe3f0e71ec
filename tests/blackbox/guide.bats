#!/usr/bin/env bats
# The guide that taskfeed was made to fulfil: its calls in Python and with curl, word for word as
# they stand in guide/, but for the port and what stands there in braces. Its page is in
# browser.bats.
load world
load peers

guide=$BATS_TEST_DIRNAME/guide

setup() {
  begin_test
  agent researcher <<'AGENT'
[[agent.steps]]
name = "think"
run = ["sh", "-c", """
echo '::taskfeed {"event_type":"WorkflowLLMCallStarted","model":"gpt-4","estimated_cost":0.004}'
echo "$TASKFEED_QUERY"
"""]
AGENT
  serve
  port=${url##*:}
}

in_python() { needs_python python3-requests 'import requests'; }
of_guide() { sed "s/localhost:8000/localhost:$port/; s/{agent_id}/researcher/g" "$guide/$1"; }

@test "the guide's Python creates a streaming task, executes it, and follows it to its end" {
  in_python
  of_guide create.py >program
  "$python" program
  list=$(api /api/v1/agents/researcher/tasks)
  same "tasks" 1 "$(jq '.tasks | length' <<<"$list")"
  task=$(jq -r '.tasks[0].id' <<<"$list")
  { echo "task_id = '$task'" && of_guide connect.py; } >program
  "$python" program >lines
  same "its events" "WorkflowStarted WorkflowStepStarted WorkflowToolCallStarted \
WorkflowLLMCallStarted WorkflowToolCallOutput WorkflowToolCallCompleted WorkflowStepCompleted \
WorkflowCompleted" "$(sed -n 's/^event: \(Workflow.*\)/\1/p' lines | paste -sd ' ')"
  ids_of lines | counts_to 8
  same "the model" "gpt-4 0.004" \
    "$(events_of lines | jq -r 'select(.model == "gpt-4" and .estimated_cost) |
      "\(.model) \(.estimated_cost)"')"
  has "$(tail -n 1 lines)" '"status":"completed"'
  shown=$(api "/api/v1/agents/researcher/tasks/$task")
  same "what was asked" '["Explain quantum computing","user123",{"enable_streaming":true,'\
'"model":"gpt-4"},"Explain quantum computing in simple terms",true]' \
    "$(jq -c '[.description, .user_id, .parameters, .query, .enable_streaming]' <<<"$shown")"
  same "its result" "Explain quantum computing in simple terms" "$(jq -r .result <<<"$shown")"
}

@test "a reader of the guide that comes first sees the task from its beginning" {
  in_python
  new_task researcher
  { echo "task_id = '$task'" && of_guide connect.py; } >program
  background reader env PYTHONUNBUFFERED=1 "$python" program
  # Each line as it occurs: iter_lines() waits for 512 bytes of a body that has no chunks.
  eventually grep -q stream.open reader.out
  taskfeed execute -q "$task"
  ends "$pid" 0
  ids_of reader.out >ids
  counts_to "$(wc -l <ids)" <ids
  has "$(<reader.out)" WorkflowStarted WorkflowLLMCallStarted WorkflowCompleted stream.end
}

@test "the guide's curl calls answer" {
  new_task researcher
  of_guide debug.sh | sed "s/{task_id}/$task/" | grep '^curl' >calls
  same "calls" 3 "$(wc -l <calls)"
  answer() { bash -c "$(sed -n "$1p" calls)" 2>/dev/null; }
  same "health" ok "$(answer 1 | jq -r .status)"
  same "agents" researcher "$(answer 2 | jq -r '.agents[].id')"
  same "the task" "$task submitted" "$(answer 3 | jq -r '"\(.id) \(.status)"')"
}
