# shellcheck shell=bash
# Completion of taskfeed for bash, as `taskfeed completion bash` prints it.
#
# What may stand next is answered by `taskfeed __complete`: the taskfeed of PATH, never a file of
# that name in a folder that one happens to stand in.

_taskfeed() {
  local words=() last=-1 at word line value before='' current
  COMPREPLY=()
  # bash takes "=" for a word of its own: --output=json is three.
  for ((at = 1; at <= COMP_CWORD; at++)); do
    word=${COMP_WORDS[at]}
    if ((last >= 0)) && { [[ $word == '=' && ${words[last]} == --* ]] ||
      [[ ${words[last]} == --*= ]]; }; then
      words[last]+=$word
    else
      words[++last]=$word
    fi
  done
  current=${words[last]-}
  if [[ $current == --*=* ]]; then before=${current%%=*}=; fi

  while IFS= read -r line; do
    value=${line%%$'\t'*}
    case $line in
      :files | :folders)
        compopt -o filenames 2>/dev/null
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(
          if [[ $line == :files ]]; then
            compgen -f -- "${current#"$before"}"
          else
            compgen -d -- "${current#"$before"}"
          fi
        )
        ;;
      :programs)
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -c -- "$current")
        ;;
      *) COMPREPLY+=("${value#"$before"}") ;;
    esac
  done < <(command taskfeed __complete -- "${words[@]}" 2>/dev/null)
}

complete -F _taskfeed taskfeed
