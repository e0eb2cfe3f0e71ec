#!/usr/bin/env bats
# The status line, and text, on the screen of a real terminal: tmux is one whose screen can be read.
load world

tmux_do() { tmux -S "$dir/tmux.sock" "$@"; }
# screen COLUMNS COMMAND LINE…: runs it on a terminal; what stands there is on_screen's. Every byte
# that reaches the terminal is in the file raw.
screen() {
  if ! [ -e "$dir/tmux.sock" ]; then
    printf 'set -g %s\n' 'exit-empty off' 'status off' >tmux.conf
    background tmux env -u CI -u NO_COLOR tmux -S "$dir/tmux.sock" -D -f tmux.conf
    eventually tmux_do list-sessions
  fi
  tmux_do kill-session -t=s 2>/dev/null || true
  : >raw
  # It begins once its bytes are recorded.
  rm -f begin
  tmux_do new-session -d -s s -x "$1" -y 24 \
    "until [ -e begin ]; do sleep 0.02; done; ${*:2}; printf '\\nended with %s\\n' \$?; exec cat"
  tmux_do pipe-pane -t s "cat >>'$dir/raw'"
  touch begin
}
on_screen() { tmux_do capture-pane -p "$@" -t s; }
shows() { on_screen -J | grep -qF -- "$1"; }
gone_from_screen() { lacks "$(on_screen)" "$1"; }
never_showed() { lacks "$(<raw)" "$1"; }
fits_columns() { [ "$(tmux_do display-message -p -t s '#{pane_width}')" = "$1" ]; }
# The rows of the screen that have the line.
line() { on_screen | grep '▸'; }

publish() { taskfeed publish "$task" "$@" >/dev/null; }
begin() {
  publish WorkflowStarted '{"goal":"check 1.2","limits":{"usd":0.5}}'
  publish WorkflowStepStarted '{"step":0,"name":"checksum"}'
  publish WorkflowLLMCallStarted '{"model":"gpt-4"}'
  publish WorkflowLLMCallCompleted '{"model":"gpt-4","cost":0.0041}'
}

@test "who watches sees step, time, calls, and cost against the budget, until the end" {
  outside_task
  begin
  screen 60 "$binary" tail "$task"
  eventually shows '1 call · $0.0041 of $0.50'
  on_screen | grep -qE '^▸ step 1 checksum · [0-9]+(s|m[0-9]{2}s) · 1 call · '
  publish WorkflowPaused
  eventually shows '▸ paused · '
  finish
  eventually shows 'ended with 0'
  gone_from_screen '▸'
  shows 'TASK ✓  fine'
}

@test "the line fits a narrow terminal, and leaves no rest when it is resized" {
  outside_task
  begin
  screen 100 "$binary" tail "$task"
  eventually shows '$0.0041 of $0.50'
  for columns in 60 24 9 80 40; do
    tmux_do resize-window -t s -x "$columns"
    fits() {
      [ "$(line | wc -l)" = 1 ] && [ "$(line | wc -m)" -le "$columns" ] &&
        { [ "$columns" -lt 80 ] || shows '$0.0041 of $0.50'; }
    }
    eventually fits
  done
  finish
  eventually shows 'ended with 0'
  gone_from_screen '▸'
}

@test "Ctrl-C erases the line, and says how to resume" {
  outside_task
  begin
  screen 200 "$binary" tail "$task"
  eventually shows '$0.0041 of $0.50'  # Of the fourth event.
  tmux_do send-keys -t s C-c
  eventually shows 'ended with 130'
  gone_from_screen '▸'
  shows "resume with: taskfeed tail $task --after 4-"
}

@test "the events on the same terminal are those that a file has" {
  outside_task
  begin
  screen 250 "$binary" tail --utc "$task"
  eventually shows '▸'
  for n in 1 2 3 4 5; do
    publish note "{\"n\":$n}"
    eventually shows "{\"n\":$n}"
    eventually shows '▸'
  done
  finish
  eventually shows 'ended with 0'
  taskfeed tail --utc "$task" >wanted
  same "the screen" "$(<wanted)" "$(on_screen | grep -v 'ended with' | sed '/^$/d')"
}

@test "an event is one row of a terminal, however narrow it becomes, and whole in a file" {
  outside_task
  local long="check that the release builds, installs and starts on every machine that we support"
  publish WorkflowStarted "{\"goal\":\"$long\"}"
  screen 60 "$binary" tail --utc "$task"
  eventually shows 'TASK ▶  check that the release builds,'
  same "rows" 1 "$(on_screen | grep -v '▸' | grep -c .)"
  on_screen | grep -q '…$'
  tmux_do resize-window -t s -x 40
  eventually fits_columns 40
  publish WorkflowProgressUpdated "{\"message\":\"$long\"}"
  eventually shows 'PROG ·  check that'
  on_screen | grep -q '^[0-9:.]*  PROG ·  check that .*…$'
  taskfeed tail --no-follow "$task" | grep -qF "PROG ·  $long"
}

@test "a file gets no byte of the line, and the person sees it all the same" {
  outside_task
  begin
  screen 80 "$binary" tail --utc "$task" '>file'
  eventually shows '▸ step 1 checksum'
  finish
  eventually shows 'ended with 0'
  gone_from_screen '▸'
  taskfeed tail --utc "$task" | cmp - file
}

@test "no line where nobody watches: piped, in CI, on a dumb terminal, with -q" {
  outside_task
  begin
  local before after
  while IFS=/ read -r before after; do
    new_task outside
    begin
    screen 80 "$before '$binary' tail $task $after"
    eventually shows 'gpt-4'
    finish
    eventually shows 'ended with 0'
    never_showed '▸'
  done <<'VARIANTS'
/| cat
/2>err
CI=true/
TERM=dumb/
/-q
VARIANTS
}

@test "a program of run has the line too, away while its lines are printed" {
  serve
  screen 80 "$binary" run -- sh -c "'echo one; until [ -e go ]; do sleep 0.02; done; echo two'"
  eventually shows '▸ step 1 sh'
  touch go
  eventually shows 'ended with 0'
  gone_from_screen '▸'
  same "lines" "one two" "$(on_screen | sed -n 's/.*│  //p' | paste -sd ' ')"
}

@test "a task that is executed and followed has the line" {
  gated_agent gate
  serve
  new_task gate
  screen 80 "$binary" execute -f "$task"
  eventually shows '▸ step 1 gate'
  touch go
  eventually shows 'ended with 0'
  gone_from_screen '▸'
}

@test "what the log says on another thread stands above the line, not over it" {
  external_agent outside
  background own redis-server --port 0 --unixsocket "$dir/own.sock" --dir "$dir" --save ''
  local own=$pid redis=unix://$dir/own.sock
  eventually redis-cli -s "$dir/own.sock" ping
  serve
  new_task outside
  begin
  screen 150 "$binary" tail --redis "$redis" "$task"
  eventually shows '▸ step 1 checksum'
  kill_now "$own"
  eventually shows ' warning: '
  logged_above() {
    perl -0777 -ne 'exit !/\r\e\[J[0-9TZ:.-]+ warning: [^\r\n]+\r\n\r[^\r\n]*▸/' raw
  }
  eventually logged_above
  eventually shows '▸ step 1 checksum'
  same "rows of the line" 1 "$(line | wc -l)"
  on_screen | grep -E ' warning: ' | grep -vq '▸'
}

@test "Ctrl-Z takes the line away, and fg brings it back" {
  outside_task
  begin
  cat >stop.bash <<STOP
set -m
"$binary" tail $task
echo "stopped with \$?"
until [ -e on ]; do sleep 0.02; done
fg
STOP
  screen 80 bash stop.bash
  eventually shows '▸ step 1 checksum'
  tmux_do send-keys -t s C-z
  eventually shows 'stopped with 148'
  gone_from_screen '▸'
  touch on
  eventually shows '▸ step 1 checksum'
  publish note '{"n":1}'
  eventually shows '{"n":1}'
  finish
  eventually shows 'ended with 0'
  gone_from_screen '▸'
}

@test "a second Ctrl-C ends at once, and leaves no line behind" {
  agent deaf <<AGENT
[[agent.steps]]
name = "deaf"
run = ["sh", "-c", "trap 'touch \"$dir/asked\"' TERM; echo begun; while :; do sleep 0.02; done"]
AGENT
  serve
  new_task deaf
  screen 200 "$binary" execute -f --cancel-on-interrupt "$task"
  eventually shows '│  begun'
  eventually shows '▸'
  tmux_do send-keys -t s C-c
  eventually test -e asked
  eventually shows '▸'
  tmux_do send-keys -t s C-c
  eventually shows 'ended with 130'
  gone_from_screen '▸'
}

@test "tail --all has the line too: how many tasks ended, and what they cost" {
  outside_task
  screen 100 "$binary" tail --all
  eventually shows '▸ waits for events'
  begin
  eventually shows '▸ 0 of 1 task ended · '
  shows '1 call · $0.0041'
  finish
  eventually shows '▸ 1 of 1 task ended · '
  same "rows of the line" 1 "$(line | wc -l)"
  tmux_do send-keys -t s C-c
  eventually shows 'ended with 130'
  gone_from_screen '▸'
  shows 'resume with: taskfeed tail --all --after '
}
