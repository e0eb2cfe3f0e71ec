#!/usr/bin/env bats
# Ctrl-C: the reader goes, the task stays, and the line that is printed goes on from there.
load world

# A task that is running, and has said so.
running_task() {
  gated_agent gate
  serve
  new_task gate
  taskfeed execute -q "$task"
  eventually task_is "$task" running
}
# resume_line FILE: what is printed for the person to type.
resume_line() { sed -n 's/.*resume with: //p' "$1"; }
# typed LINE: as a person types it, with the binary found by its name.
typed() {
  mkdir -p bin
  ln -sf "$binary" bin/taskfeed
  PATH=$dir/bin:$PATH bash -c "$1"
}
saw() { grep -q begun "$1"; }

@test "the first Ctrl-C prints the line that resumes, and leaves the task running" {
  running_task
  background reader "$binary" tail -o json "$task"
  eventually saw reader.out
  kill -INT "$pid"
  ends "$pid" 130
  has "$(<reader.err)" "interrupted; resume with: taskfeed tail $task --after "
  task_is "$task" running
  touch go
  status 0 taskfeed wait "$task"
}

@test "the printed line, typed as it stands, goes on without a lost or repeated line" {
  running_task
  background reader "$binary" tail -o json "$task"
  eventually saw reader.out
  kill -INT "$pid"
  ends "$pid" 130
  touch go
  typed "$(resume_line reader.err) -o json" >rest.json
  taskfeed tail -o json "$task" >whole.json
  cat reader.out rest.json | cmp whole.json -
  [ -s rest.json ]
}

@test "the printed line names the Redis, the daemon or the state directory that was named" {
  running_task
  for place in "--redis $redis" "--server $url" "--state-dir $dir/state"; do
    local words=() reader=reader${place//[^a-z]/}
    read -ra words <<<"$place"
    background "$reader" env -u TASKFEED_STATE_DIR "$binary" "${words[@]}" tail -o json "$task"
    eventually saw "$reader.out"
    kill -INT "$pid"
    ends "$pid" 130
    has "$(<"$reader.err")" "resume with: taskfeed $place tail $task --after "
  done
  touch go
  status 0 taskfeed wait "$task"
}

@test "a line with a quoted path can be typed as well" {
  odd="$dir/it's a dir"
  background reader env -u TASKFEED_STATE_DIR "$binary" --state-dir "$odd" run -o json -- \
    sh -c "echo begun; until [ -e '$dir/go' ]; do sleep 0.02; done"
  eventually saw reader.out
  task=$(head -n 1 reader.out | jq -r .task_id)
  background second env -u TASKFEED_STATE_DIR "$binary" --state-dir "$odd" tail -o json "$task"
  eventually saw second.out
  kill -INT "$pid"
  ends "$pid" 130
  touch go
  (unset TASKFEED_STATE_DIR && typed "$(resume_line second.err) -o json") >rest.json
  has "$(<rest.json)" WorkflowCompleted
}

@test "run is left like tail where a daemon executes, and asked to cancel where it shall" {
  gated_agent gate
  serve
  background left "$binary" run --agent gate -o json x
  eventually saw left.out
  kill -INT "$pid"
  ends "$pid" 130
  left=$(head -n 1 left.out | jq -r .task_id)
  has "$(<left.err)" "resume with: taskfeed tail $left --after "
  task_is "$left" running

  background cancelled "$binary" run --agent gate -o json --cancel-on-interrupt x
  eventually saw cancelled.out
  kill -INT "$pid"
  ends "$pid" 130
  has "$(<cancelled.out)" WorkflowCancelled
  lacks "$(<cancelled.err)" "resume with"
  task_is "$(head -n 1 cancelled.out | jq -r .task_id)" cancelled
  task_is "$left" running
}

@test "a program of run -- ends with Ctrl-C, and its task is cancelled" {
  serve
  background run "$binary" run -o json -- sh -c "echo begun; echo \$\$ >'$dir/child'; exec tail -f"
  eventually saw run.out
  kill -INT "$pid"
  ends "$pid" 130
  eventually gone "$(<child)"
  task_is "$(head -n 1 run.out | jq -r .task_id)" cancelled
}

@test "SIGTERM is told apart by its exit status" {
  running_task
  background reader "$binary" tail -o json "$task"
  eventually saw reader.out
  kill -TERM "$pid"
  ends "$pid" 143
  has "$(<reader.err)" "resume with: taskfeed tail $task --after "
}

@test "a terminal that goes away ends the reader with SIGHUP's status" {
  running_task
  background reader "$binary" tail -o json "$task"
  eventually saw reader.out
  kill -HUP "$pid"
  ends "$pid" 129
}

@test "without a daemon the task waits for a worker that comes" {
  gated_agent gate
  taskfeed agents apply agents/gate.toml
  background run "$binary" run --agent gate -o json x
  eventually saw run.out
  kill -INT "$pid"
  ends "$pid" 130
  task=$(head -n 1 run.out | jq -r .task_id)
  has "$(<run.err)" "resume with: taskfeed tail $task --after " "taskfeed worker"
  touch go
  background worker "$binary" worker
  typed "$(resume_line run.err) -o json" >rest.json
  taskfeed tail -o json "$task" >whole.json
  cat run.out rest.json | cmp whole.json -
  has "$(tail -n 1 rest.json)" WorkflowCompleted
  kill -TERM "$pid"
  ends "$pid" 0
}

@test "a reader that leaves early, and a time that runs out, say that the task needs a worker" {
  gated_agent gate
  taskfeed agents apply "agents/gate.toml"
  status 124 taskfeed --timeout 1s run --agent gate x
  has "$stderr" "it goes on when a worker comes"
  taskfeed run --agent gate -o json x 2>left | head -n 1
  has "$(<left)" "it goes on when a worker comes"
}

@test "what run prints alone stays alone where it is cancelled" {
  gated_agent gate
  taskfeed agents apply "agents/gate.toml"
  background reader "$binary" run -q --cancel-on-interrupt --agent gate x
  is_running() { [ -n "$(taskfeed list -q --status running --json | head -n 1)" ]; }
  eventually is_running
  kill -INT "$pid"
  ends "$pid" 130
  same "stdout" "" "$(<reader.out)"
  has "$(<reader.err)" "was cancelled"
  id=$(taskfeed list --json | jq -r .id | head -n 1)
  status 6 taskfeed result "$id"
  has "$stderr" "the task $id was cancelled"
}
