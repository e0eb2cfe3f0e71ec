#!/usr/bin/env bats
# Where values come from, on the real binary: options, environment, files, and what is wrong in
# them.

load world.bash

# repository: a folder below HOME with .git, in which the test goes on.
repository() {
  mkdir -p "$dir/repo/.git" "$dir/repo/below"
  cd "$dir/repo/below" || return
}
user_file() {
  mkdir -p "$HOME/.config/taskfeed"
  cat >"$HOME/.config/taskfeed/config.toml"
}
# shows KEY WANTED: the line of `config show --origin`, its blanks squeezed.
shows() {
  same "$1" "$2" "$(taskfeed config show --origin | grep -E "^(# )?$1 " | tr -s ' ' |
    sed "s,$dir,DIR,")"
}

@test "each place comes before the next" {
  repository
  shows time 'time = "clock" # default'
  printf 'time = "raw"\n' | user_file
  shows time 'time = "raw" # user: DIR/.config/taskfeed/config.toml:1'
  printf '# ours\ntime = "iso"\n' >../taskfeed.toml
  shows time 'time = "iso" # project: DIR/repo/taskfeed.toml:2'
  export TASKFEED_TIME=relative
  shows time 'time = "relative" # environment: TASKFEED_TIME'
  status 0 taskfeed --config /dev/null config show --origin
  has "$output" '# server is not set' 'time = "relative"'
}

@test "what is set is what happens" {
  repository
  user_file <<TOML
redis = "$redis"
agent = "nobody"
[profile.json]
output = "json"
TOML
  external_agent nobody
  taskfeed agents apply "$dir/agents/nobody.toml"
  external_agent other
  taskfeed agents apply "$dir/agents/other.toml"
  status 0 taskfeed create --profile json
  same "the agent" nobody "$(jq -r .agent_id <<<"$output")"
  status 0 taskfeed create --profile json --agent other
  same "the agent" other "$(jq -r .agent_id <<<"$output")"
  status 0 taskfeed run -q -- true
  same "tasks in the Redis of the file" 3 "$(taskfeed list --json | wc -l)"
}

@test "the line that resumes names what was typed, not what is set" {
  printf 'redis = "%s"\n' "$redis" | user_file
  cp "$HOME/.config/taskfeed/config.toml" named.toml
  external_agent slow
  taskfeed agents apply "$dir/agents/slow.toml"
  new_task slow
  taskfeed publish "$task" WorkflowStarted
  background found "$binary" tail "$task"
  background chosen "$binary" --config named.toml tail "$task"
  for reader in found chosen; do eventually grep -q TASK "$reader.out"; done
  for pid in "${started[@]}"; do
    kill -INT "$pid"
    ends "$pid" 130
  done
  has "$(cat found.err)" "resume with: taskfeed tail $task"
  has "$(cat chosen.err)" "resume with: taskfeed --redis $redis tail $task"
}

@test "unknown keys and wrong types are errors with file and line, in every subcommand" {
  printf 'utc = true\n\nserve.worker = 3\n' | user_file
  for words in "list" "tail x" "run -- true" "serve" "agents list" "config show" "config check"; do
    # shellcheck disable=SC2086
    status 2 taskfeed $words
    has "$stderr" "$dir/.config/taskfeed/config.toml:3: unknown key 'serve.worker'" serve.workers
    same "stdout" "" "$output"
  done
  [ ! -e "$TASKFEED_STATE_DIR" ]
  printf 'quiet = "yes"\n' | user_file
  status 2 taskfeed list
  has "$stderr" "config.toml:1: quiet must be true or false"
  TASKFEED_QUIET=x status 2 taskfeed --config /dev/null list
  has "$stderr" "TASKFEED_QUIET 'x': must be true or false"
}

@test "help, version and config init answer whatever the files say" {
  printf 'nonsense\n' | user_file
  status 0 taskfeed help
  status 0 taskfeed --version
  status 0 taskfeed list --help
  status 0 taskfeed config init -
}

@test "a value that a daemon cannot use names its place" {
  printf '[serve]\nlisten = ["0.0.0.0:1"]\n' >daemon.toml
  status 2 taskfeed --config daemon.toml serve
  has "$stderr" "0.0.0.0:1" "set by $dir/daemon.toml:2"
}

@test "a daemon serves as its file says" {
  printf '[serve]\nagents = "agents"\nlisten = ["127.0.0.1:0"]\nworkers = 1\n' >daemon.toml
  external_agent from-file
  cd /
  background serve "$binary" --config "$dir/daemon.toml" serve --redis "$redis"
  eventually api /readyz --fail
  has "$(api /api/v1/agents)" from-file
}

@test "a checkout sends nobody's tasks elsewhere, and moves nobody's state" {
  unset TASKFEED_STATE_DIR
  repository
  printf 'server = "http://tasks.example:80"\n' >../taskfeed.toml
  status 2 taskfeed list
  has "$stderr" "repo/taskfeed.toml:1: server names another machine" "--config"
  status 2 taskfeed config check
  has "$stderr" "names another machine"
  printf 'state_dir = "evil"\n' >../taskfeed.toml
  status 2 taskfeed run -- touch "$dir/ran"
  has "$stderr" "repo/taskfeed.toml:1: state_dir is not taken from a project file"
  [ ! -e "$dir/ran" ]
  printf '[serve]\nallow_host = ["*"]\n' >../taskfeed.toml
  status 0 taskfeed --redis "$redis" list
  status 2 taskfeed --redis "$redis" serve
  has "$stderr" "repo/taskfeed.toml:2: serve.allow_host is not taken"
  status 0 taskfeed config check ../taskfeed.toml
}

@test "config init writes once, for oneself alone" {
  status 0 taskfeed config init
  same "its name" "$HOME/.config/taskfeed/config.toml" "$output"
  same "its mode" 600 "$(stat -c %a "$output")"
  status 0 taskfeed config check
  has "$output" "config.toml: right (user)"
  echo 'utc = true' >>"$HOME/.config/taskfeed/config.toml"
  status 2 taskfeed config init
  has "$stderr" "config.toml: is there already, and stays as it is"
  has "$(tail -n 1 "$HOME/.config/taskfeed/config.toml")" "utc = true"
  status 0 taskfeed config init --project
  same "its name" taskfeed.toml "$output"
  status 2 taskfeed config init taskfeed.toml/below/x.toml
  has "$stderr" "taskfeed.toml/below/x.toml: "
}

@test "what show prints is a file that says the same" {
  export TASKFEED_SERVE_LISTEN=127.0.0.1:1,unix:/x TASKFEED_TIMEOUT=5m TASKFEED_UTC=yes
  taskfeed config show >shown.toml
  unset TASKFEED_SERVE_LISTEN TASKFEED_TIMEOUT TASKFEED_UTC
  has "$(cat shown.toml)" 'utc = true' 'timeout = "5m"' '["127.0.0.1:1", "unix:/x"]'
  same "again" "$(cat shown.toml)" "$(taskfeed --config shown.toml config show)"
}

@test "show keeps passwords to itself" {
  TASKFEED_REDIS_URL=redis://ada:secret@h status 0 taskfeed config show --origin
  has "$output" 'redis://ada@h'
  lacks "$output" secret
  TASKFEED_REDIS_URL=redis://ada:secret@h status 0 taskfeed config show --json
  lacks "$output" secret
}

@test "a named file that is not there is an error" {
  status 2 taskfeed --config none.toml list
  has "$stderr" "none.toml: No such file"
  status 2 taskfeed --profile lab list
  has "$stderr" "--profile: there is no profile 'lab'"
}
