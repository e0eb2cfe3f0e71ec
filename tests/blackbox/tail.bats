#!/usr/bin/env bats
# What tail shows of a stream, and how it goes on where it was.
load world

notes_in() { jq -r 'select(.event_type == "note").n'; }

@test "a reader with a cursor file, killed again and again, loses no line and repeats one at most" {
  outside_task
  publish_notes 1 200
  local round from='--redis'
  for round in 1 2 3 4 5 6 7 8; do
    # By the daemon and by Redis in turn.
    if [ $((round % 2)) = 0 ]; then from="--redis $redis"; else from="--server $url"; fi
    # shellcheck disable=SC2086
    background "reader$round" "$binary" $from tail -o json --cursor-file seen "$task"
    eventually has_lines "reader$round.out" 10
    kill_now "$pid"
    publish_notes $((200 + 20 * round - 19)) $((200 + 20 * round))
  done
  finish
  taskfeed tail -o json --cursor-file seen "$task" >rest.json
  cat reader[1-8].out rest.json | notes_in >all
  same "each line" "$(seq 1 360)" "$(uniq all)"
  [ "$(wc -l <all)" -le $((360 + 8)) ]
  same "nothing new" "" "$(taskfeed tail --cursor-file seen "$task")"
  same "files" seen "$(echo seen*)"
}

@test "Ctrl-C says the cursor file, and goes on without a repeated line" {
  outside_task
  publish_notes 1 3
  background reader "$binary" tail -o json --cursor-file "what was seen" "$task"
  eventually has_lines reader.out 3
  kill -INT "$pid"
  ends "$pid" 130
  has "$(<reader.err)" "resume with: taskfeed tail $task --cursor-file 'what was seen'"
  publish_notes 4 5
  finish
  taskfeed tail -o json --cursor-file "what was seen" "$task" >rest.json
  same "notes" "$(seq 1 5)" "$(cat reader.out rest.json | notes_in)"
}

@test "a cursor file on a full disk ends the reader, and stays what it was" {
  unshare -rm true 2>/dev/null || skip "no file system can be mounted here"
  outside_task
  publish_notes 1 2
  finish
  mkdir small
  cat >full.sh <<'SCRIPT'
    mount -t tmpfs -o size=8k small small
    "$TASKFEED" tail -o json --cursor-file small/seen --until-event note "$1" >first.json
    cp small/seen before
    ! cat /dev/zero >small/fill 2>/dev/null
    status=0
    "$TASKFEED" tail -o json --cursor-file small/seen "$1" >second.json 2>second.err || status=$?
    cmp before small/seen
    ls small >left
    exit $status
SCRIPT
  status 1 unshare -rm bash -e full.sh "$task"
  has "$(<second.err)" "--cursor-file small/seen cannot be written: No space left on device"
  same "lines" "1 2" "$(cat first.json second.json | notes_in | paste -sd ' ')"
  same "files" "fill seen" "$(paste -sd ' ' left)"
}

@test "a line that nobody got is not remembered as seen" {
  outside_task
  publish_notes 1 2
  finish
  local got=0
  taskfeed tail --cursor-file seen "$task" >/dev/full 2>err || got=$?
  same "the status" 1 "$got"
  has "$(<err)" "stdout cannot be written"
  same "files" "" "$(ls seen* 2>/dev/null)"
}

@test "a cursor file that is none, or cannot be one, is named" {
  outside_task
  publish_notes 1 1
  finish
  echo "not a cursor" >seen
  status 2 taskfeed tail --cursor-file seen "$task"
  has "$stderr" "--cursor-file seen: " "remove the file"
  same "it is left alone" "not a cursor" "$(<seen)"
  status 2 taskfeed tail --cursor-file . "$task"
  status 2 taskfeed tail --cursor-file /dev/full "$task"
  has "$stderr" "/dev/full" "no regular file"
  status 1 taskfeed tail --cursor-file none/seen "$task"
  has "$stderr" "--cursor-file none/seen cannot be written: No such file or directory"
  same "nothing is shown" "" "$output"
}

# timed N TIME: a note of that time.
timed() {
  jq -nc --argjson n "$1" --arg time "$2" '{event_type: "note", timestamp: $time, n: $n}' |
    taskfeed publish -q "$task" - >/dev/null
}
# shown OPTIONS…: the notes that tail prints, the same from the daemon and from Redis.
shown() {
  local by_daemon by_redis
  by_daemon=$(taskfeed tail -o json "$@" "$task" | notes_in | paste -sd ' ')
  by_redis=$(taskfeed --redis "$redis" tail -o json "$@" "$task" | notes_in | paste -sd ' ')
  same "by Redis" "$by_daemon" "$by_redis"
  echo "$by_daemon"
}

@test "time and pattern choose the same events from the daemon and from Redis" {
  outside_task
  timed 1 2026-11-22T10:00:00Z
  timed 2 2026-11-22T10:00:01Z
  timed 3 2026-11-22T10:00:02Z
  publish_notes 14 15
  finish
  same "since" "2 3 14 15" "$(shown --since 2026-11-22T10:00:01Z)"
  same "since, in seconds" "3 14 15" "$(shown --since 1795341602)"
  same "an age" "14 15" "$(shown --since 1h)"
  same "until" "1 2" "$(shown --until 2026-11-22T10:00:01Z)"
  same "between" "2" "$(shown --since 1795341601 --until 1795341601)"
  same "grep" "14 15" "$(shown --grep '"n":1\d')"
  same "the newest of them" "3 14" "$(shown -n 2 -g '"n":(1|3|14)[,}]')"
  same "without following" "1 15" "$(shown --no-follow --grep '(?i)"N":15?[,}]')"
  same "events" "3 14" "$(taskfeed events -o json -n 2 --since 1795341602 -g note "$task" |
    notes_in | paste -sd ' ')"
}

@test "--until in the future ends by the clock, and leaves later events to the next reader" {
  outside_task
  publish_notes 1 2
  background reader "$binary" tail -o json --cursor-file seen --until $(($(date +%s) + 2)) "$task"
  ends "$pid" 0
  same "stderr" "" "$(<reader.err)"
  timed 3 2099-01-01T00:00:00Z
  same "shown" "" "$(taskfeed tail -o json --cursor-file seen --until 0s "$task")"
  finish
  taskfeed tail -o json --cursor-file seen "$task" >rest.json
  same "notes" "1 2 3" "$(cat reader.out rest.json | notes_in | paste -sd ' ')"
}

@test "a pattern or a time that is none is named, with its place" {
  outside_task
  status 2 taskfeed tail --grep 'ab(c' "$task"
  has "$stderr" "--grep 'ab(c' is no regular expression: missing ): " "(at character 1)"
  status 2 taskfeed events -g 'a**' "$task"
  has "$stderr" "(at character 2)"
  status 2 taskfeed tail --since tomorrow "$task"
  has "$stderr" "--since: 'tomorrow' is no time" "10m"
  status 2 taskfeed tail --since 1m --until 2m "$task"
  has "$stderr" "--since is after --until"
}

@test "the line after Ctrl-C has the filter too, and goes on without a repeated or lost line" {
  outside_task
  publish_notes 1 3
  background reader "$binary" tail -o json --grep '"n":1\d?[,}]' "$task"
  eventually has_lines reader.out 1
  kill -INT "$pid"
  ends "$pid" 130
  line=$(sed -n 's/.*resume with: taskfeed //p' reader.err)
  has "$line" "tail $task --after " "--grep '\"n\":1"
  publish_notes 9 12
  finish
  bash -c '"$TASKFEED" -o json '"$line" >rest.json
  same "notes" "1 10 11 12" "$(cat reader.out rest.json | notes_in | paste -sd ' ')"
}
