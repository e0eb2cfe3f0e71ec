# Completion of taskfeed for fish, as `taskfeed completion fish` prints it.
#
# What may stand next is answered by `taskfeed __complete`: the taskfeed of PATH, never a file of
# that name in a folder that one happens to stand in.

function __taskfeed_complete
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l current (commandline -ct)
    set -l before ''
    if string match -qr -- '^--[^=]*=' $current
        set before (string match -r -- '^--[^=]*=' $current)
    end
    for line in (command taskfeed __complete -- $typed "$current" 2>/dev/null)
        switch $line
            case :files
                for path in (__fish_complete_path (string replace -- "$before" '' "$current"))
                    echo "$before$path"
                end
            case :folders
                for path in (__fish_complete_directories (string replace -- "$before" '' "$current"))
                    echo "$before$path"
                end
            case :programs
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end

complete -c taskfeed -f -k -a '(__taskfeed_complete)'
