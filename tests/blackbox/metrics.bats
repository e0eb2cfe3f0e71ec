#!/usr/bin/env bats
# /metrics of the real daemon, as Prometheus reads it.
load world
load peers

# Debian's own first: another python3 in PATH does not see its packages.
python=/usr/bin/python3
[ -x $python ] || python=python3

# Every sample, a line each, in "samples"; what is not of the format fails.
scrape() {
  api /metrics -f >metrics.txt || return
  "$python" -B "$BATS_TEST_DIRNAME/metrics_check.py" <metrics.txt >samples
}
# sample NAME{LABELS}: its value; nothing where it is not there.
sample() { sed -n "s/^$(sed 's/[][\.*^$/]/\\&/g' <<<"$1") //p" samples; }
becomes() { scrape && [ "$(sample "$1")" = "$2" ]; }
# each NAME{LABELS} VALUE…
each() {
  while [ $# -gt 0 ]; do
    same "$1" "$2" "$(sample "$1")"
    shift 2
  done
}
route='method="GET",route="{task}/events/stream"'

@test "a daemon at rest tells what it is" {
  serve --workers 2
  eventually becomes taskfeed_workers_alive 1
  version=$(taskfeed version)
  each "taskfeed_build_info{version=\"${version#taskfeed }\"}" 1 \
    taskfeed_draining 0 taskfeed_shards 1 taskfeed_shards_answering 1 taskfeed_streams 0 \
    taskfeed_redis_up 1 taskfeed_redis_feeds_connected 1 taskfeed_queue_length 0 \
    taskfeed_tasks_running 0 'taskfeed_task_runs_total{outcome="completed"}' 0
  [ "$(sample process_resident_memory_bytes)" -gt 1000000 ]
  [ "$(sample process_open_fds)" -gt 10 ]
  same "its type" "text/plain; version=0.0.4; charset=utf-8" \
    "$(api /metrics -o /dev/null -w '%{content_type}')"
}

@test "each family is on the manual page, and no other" {
  serve --bridge 'workflow.*'
  api /v1/tasks -f
  scrape
  page=$BATS_TEST_DIRNAME/../../man/taskfeed-serve.8
  same "families" "$(sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' metrics.txt | grep ^taskfeed_ | sort)" \
    "$(sed -n '/^\.Ss Metrics/,/^\.S[hs] [^M]/p' "$page" | grep -o 'taskfeed_[a-z_]*' | sort -u)"
}

@test "requests are counted by route and status, and timed" {
  serve
  for _ in 1 2 3; do api /v1/tasks -f; done
  api "/v1/tasks?limit=0"
  api /nowhere
  scrape
  each 'taskfeed_http_requests_total{method="GET",route="/tasks",status="200"}' 3 \
    'taskfeed_http_requests_total{method="GET",route="/tasks",status="400"}' 1 \
    'taskfeed_http_requests_total{method="",route="",status="404"}' 1 \
    'taskfeed_http_request_duration_seconds_count{method="GET",route="/tasks"}' 4
}

@test "what a stream receives is counted, in every shard" {
  outside_task --shards 3
  for n in 1 2 3 4; do
    background "reader$n" curl -sS -N "$url$path"
    eventually grep -q stream.open "reader$n.out"
  done
  scrape
  each taskfeed_shards_answering 3 taskfeed_streams 4 taskfeed_streams_opened_total 4 \
    "taskfeed_http_requests_total{$route,status=\"200\"}" 4 taskfeed_deliveries_total 0
  seq 5 | jq -c '{event_type: "note", n: .}' | taskfeed publish -q "$task" - >/dev/null
  taskfeed publish "$task" WorkflowCompleted
  for n in 1 2 3 4; do eventually grep -q stream.end "reader$n.out"; done
  eventually becomes taskfeed_streams 0
  each taskfeed_deliveries_total 24 taskfeed_streams_closed_slow_total 0 taskfeed_gaps_total 0
  # Without their heads, the readers have what the daemon says that it sent.
  [ "$(sample taskfeed_stream_bytes_total)" -gt "$(cat reader?.out | wc -c)" ]
}

@test "a reader that misses events is counted as told" {
  outside_task
  seq 9 | jq -c '{event_type: "note", n: .}' | taskfeed publish -q "$task" - >/dev/null
  redis_do XTRIM "taskfeed:{$task}:events" MAXLEN 4
  taskfeed publish "$task" WorkflowCompleted
  api "$(stream_path outside "$task")?after=1-1" >reader.sse
  has "$(<reader.sse)" stream.gap
  scrape
  each taskfeed_gaps_total 1
}

@test "runs of tasks are counted by their outcome" {
  agent good <<<'[[agent.steps]]
name = "one"
run = ["true"]'
  agent bad <<<'[[agent.steps]]
name = "one"
run = ["false"]'
  gated_agent gated
  serve
  for _ in 1 2; do
    new_task good
    taskfeed execute --wait -q "$task"
  done
  new_task bad
  run taskfeed execute --wait -q "$task"
  new_task gated
  taskfeed execute -q "$task"
  eventually becomes taskfeed_tasks_running 1
  taskfeed cancel "$task"
  eventually becomes taskfeed_tasks_running 0
  each 'taskfeed_task_runs_total{outcome="completed"}' 2 \
    'taskfeed_task_runs_total{outcome="failed"}' 1 \
    'taskfeed_task_runs_total{outcome="cancelled"}' 1 \
    'taskfeed_task_runs_total{outcome="lost"}' 0
}

@test "what the bridge does with publications is counted" {
  serve --bridge 'workflow.*' --bridge-create
  eventually becomes taskfeed_bridge_listening 1
  event='{"event_type":"note","event_id":"0198f3c2-0000-7000-8000-000000000001"}'
  for text in "$event" "$event" 'no json'; do redis_do PUBLISH workflow.t1 "$text"; done
  eventually becomes 'taskfeed_bridge_events_total{outcome="unreadable"}' 1
  eventually becomes 'taskfeed_bridge_events_total{outcome="seen"}' 1
  each taskfeed_bridge_heard_total 3 'taskfeed_bridge_events_total{outcome="stored"}' 1 \
    'taskfeed_bridge_unreadable_total{reason="not_json"}' 1
}

@test "while Redis is away the numbers are there, and say so" {
  4>&- background store redis-server --port 0 --unixsocket "$dir/store.sock" --dir "$dir" --save ''
  store=$pid
  eventually redis-cli -s "$dir/store.sock" ping
  redis=unix://$dir/store.sock
  serve
  kill_now "$store"
  eventually becomes taskfeed_redis_up 0
  eventually becomes taskfeed_redis_feeds_connected 0
  each taskfeed_redis_feed_losses_total 1
  4>&- background store redis-server --port 0 --unixsocket "$dir/store.sock" --dir "$dir" --save ''
  eventually becomes taskfeed_redis_up 1
  eventually becomes taskfeed_redis_feeds_connected 1
}

@test "Prometheus's own library reads as many samples" {
  needs_python python3-prometheus-client 'import prometheus_client.parser'
  serve
  scrape
}

@test "what is not of the format is found to be none" {
  serve
  api /metrics -f >good
  for wrong in 's/^# TYPE taskfeed_streams gauge$/# TYPE taskfeed_streams counter/' \
    's/^taskfeed_streams 0$/taskfeed_streams/' 's/^taskfeed_streams 0$/taskfeed_streams 0 x/' \
    's/version="/version=/' '/^# TYPE taskfeed_streams /d' 's/le="+Inf"/le="2"/' \
    '$s/^\(.*\)$/\1\n\1/'; do
    sed "$wrong" good >bad
    ! cmp -s good bad || { echo "changes nothing: $wrong" >&2; return 1; }
    run "$python" -B "$BATS_TEST_DIRNAME/metrics_check.py" <bad
    same "$wrong" 1 "$status"
  done
}
