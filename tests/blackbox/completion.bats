#!/usr/bin/env bats
# Completion as the shells themselves ask for it: bash's function, fish's own `complete -C`, and
# zsh's function with what it would hand to the line editor.

load world
load peers

eval "world_$(declare -f setup)"
setup() {
  world_setup
  mkdir "$dir/bin"
  ln -s "$binary" "$dir/bin/taskfeed"
  export PATH=$dir/bin:$PATH TASKFEED_REDIS_URL=$redis
  external_agent red-one
  external_agent blue-two
  taskfeed agents apply "$dir"/agents/*.toml >/dev/null
}

# bash_offers WORD…: what bash's function answers for these words, the last of which is begun.
bash_offers() {
  bash --norc --noprofile -c '
    source <(taskfeed completion bash)
    COMP_WORDS=(taskfeed "$@") COMP_CWORD=$#
    _taskfeed taskfeed "${!#}" ""
    printf "%s\n" "${COMPREPLY[@]}"' offers "$@"
}
fish_offers() {
  fish --no-config -c 'taskfeed completion fish | source; complete -C "$argv[1]"' "$1"
}
zsh_offers() {
  zsh -f -c '
    compdef() { : }; compadd() { print -rl -- $values }; _files() { print files $* }
    _command_names() { print programs }; compset() { : }
    source <(taskfeed completion zsh)
    words=(taskfeed "$@"); CURRENT=$#words PREFIX=$words[-1]
    _taskfeed' offers "$@"
}

@test "the scripts are programs of their shells" {
  taskfeed completion bash | bash -n
  needs_program ci shellcheck
  taskfeed completion bash | shellcheck -s bash -
  needs_program ci zsh
  taskfeed completion zsh | zsh -n
  needs_program ci fish
  taskfeed completion fish | fish --no-execute
}

@test "bash completes subcommands, verbs and options" {
  same "subcommands" "$(printf 'resume\nresult\nrun\n' | sort)" "$(bash_offers r | sort)"
  same "verbs" "$(printf 'list\nshow\napply\ncheck\ndelete')" "$(bash_offers agents '')"
  same "an option" --until-event "$(bash_offers tail --until-)"
  same "an option of all" --state-dir "$(bash_offers tail --sta)"
  same "before the name" --state-dir "$(bash_offers --sta)"
}

@test "bash completes values, also after an equals sign" {
  same "values" "$(printf 'always\nauto')" "$(bash_offers tail --color a | sort)"
  same "after =" "$(printf 'always\nauto')" "$(bash_offers tail --color = a | sort)"
  same "after = at once" "$(printf 'always\nauto\nnever')" "$(bash_offers tail --color = | sort)"
  same "raw is for streams" "$(printf 'json\ntext')" "$(bash_offers list -o '' | sort)"
  same "statuses" paused "$(bash_offers list --status pau)"
  same "types in a list" WorkflowStarted,WorkflowPaused \
    "$(bash_offers tail --types WorkflowStarted,WorkflowPau)"
}

@test "bash completes files, folders and programs" {
  mkdir "a folder" && touch "a file.toml"
  same "files" "$(printf 'a file.toml\na folder')" "$(bash_offers agents apply a\  | sort)"
  same "folders" "a folder" "$(bash_offers serve --agents "a ")"
  has "$(bash_offers run -- tru)" "true"
  same "its files" "a file.toml" "$(bash_offers run -- true "a fi")"
}

@test "agents and tasks are those that are there" {
  same "agents" "$(printf 'blue-two\nred-one')" "$(bash_offers create --agent '' | sort)"
  same "one agent" red-one "$(bash_offers agents show r)"
  new_task red-one
  same "the task" "$task" "$(bash_offers tail "")"
  same "by its beginning" "$task" "$(bash_offers tail "${task:0:4}")"
  same "another one is not" "" "$(bash_offers tail zz)"
}

@test "approve and input are offered the tasks that wait for them" {
  agent deploy <<'AGENT'
[[agent.steps]]
name = "deploy"
input = "Which version?"
approval = true
run = ["true"]
AGENT
  taskfeed agents apply agents/deploy.toml >/dev/null
  background worker "$binary" worker --redis "$redis"
  new_task deploy
  taskfeed execute "$task" >/dev/null
  local asks=$task
  new_task red-one
  asking() { [ "$(bash_offers "$1" '')" = "$asks" ]; }
  eventually asking input
  same "to approve" "" "$(bash_offers approve '')"
  has "$(taskfeed __complete -- input '')" "Which version?"
  taskfeed input "$asks" 7 >/dev/null
  eventually asking approve
  same "to answer" "" "$(bash_offers input '')"
}

@test "the options on the line say where agents are" {
  unset TASKFEED_REDIS_URL
  same "none without them" "" "$(bash_offers agents show '')"
  same "of that Redis" red-one "$(bash_offers --redis "$redis" agents show r)"
}

@test "completion makes no state directory" {
  unset TASKFEED_REDIS_URL
  same "no agents" "" "$(bash_offers agents show '')"
  [ ! -e "$TASKFEED_STATE_DIR" ]
}

@test "where nobody answers, nothing is offered, and quietly" {
  # A socket that takes connections and never says a word.
  background silent python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind("silent.sock"); s.listen(); print("up", flush=True)
while True: kept = s.accept()'
  eventually grep -q up silent.out
  status 0 taskfeed __complete -- --server "unix:$dir/silent.sock" agents show ''
  same "stdout" "" "$output"
  same "stderr" "" "$stderr"
  status 0 taskfeed __complete -- --redis "unix:$dir/no.sock" agents show ''
  same "stdout" "" "$output"
  status 0 taskfeed __complete -- --server no:/such:place agents show ''
  same "stdout" "" "$output$stderr"
}

@test "fish completes with what each is" {
  needs_program ci fish
  same "an option" $'--until-event\tstop after the first event of this type' \
    "$(fish_offers "taskfeed tail --until-")"
  same "values" "$(printf -- '--color=always\n--color=auto')" \
    "$(fish_offers "taskfeed tail --color=a" | sort)"
  same "agents" red-one "$(fish_offers "taskfeed create --agent r" | cut -f 1)"
  touch afile.toml
  same "files" afile.toml "$(fish_offers "taskfeed agents apply af")"
}

@test "zsh completes in taskfeed's order" {
  needs_program ci zsh
  same "verbs" "$(printf 'list\nshow\napply\ncheck\ndelete')" "$(zsh_offers agents '')"
  same "values" "$(printf -- '--color=auto\n--color=always')" "$(zsh_offers tail --color=a)"
  same "agents" red-one "$(zsh_offers create --agent r)"
  has "$(zsh_offers agents apply '')" files
  new_task red-one
  taskfeed create --agent red-one --id-only >newer
  same "newest first" "$(cat newer; echo "$task")" "$(zsh_offers tail '')"
}

@test "what a stranger wrote into a task moves no shell" {
  task=$(taskfeed create --agent red-one -d $'a\tb $(touch gone) \e[2J\n:files' --id-only)
  same "the task alone" "$task" "$(bash_offers tail '')"
  lacks "$(taskfeed __complete -- tail '')" $'\e'
  [ ! -e gone ]
}

@test "a shell without completion is named" {
  status 2 taskfeed completion tcsh
  has "$stderr" "there is no completion for 'tcsh'" "bash, zsh and fish"
}
