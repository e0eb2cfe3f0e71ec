#!/usr/bin/env bats
# A web page in headless Chromium, whose own EventSource reads a stream while the daemon dies.
#
# The page comes from a server of the test, and the daemon lets that origin in by --allow-origin.
load world
load peers

setup() {
  begin_test
  browser=$(command -v chromium || command -v chromium-browser || true)
  needs browser chromium [ -n "$browser" ]
  external_agent outside
  page_server
}

# Serves page.html, whose script posts what it sees to /told: a line each in the file "told".
page_server() {
  cat >page.py <<'PYTHON'
import http.server

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open('page.html', 'rb') as page:
            body = page.read() if self.path == '/' else b''
        self.send_response(200 if body else 404)
        self.send_header('Content-Type', 'text/html; charset=utf-8')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        with open('told', 'ab') as told:
            told.write(self.rfile.read(int(self.headers['Content-Length'])) + b'\n')
        self.send_response(204)
        self.end_headers()

server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Page)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
  background page python3 page.py
  eventually [ -s page.out ]
  origin=http://127.0.0.1:$(<page.out)
  touch told
}
# page URL: what the browser is to show.
page() {
  cat >page.html <<HTML
<!doctype html><title>reader</title><script>
let telling = Promise.resolve();
const tell = (what) => {
  telling = telling.then(() => fetch('/told', {method: 'POST', body: JSON.stringify(what)}));
};
const source = new EventSource('$1');
const types = ['note', 'WorkflowCompleted', 'stream.open', 'stream.gap', 'stream.end', 'message'];
for (const type of types) {
  source.addEventListener(type, (event) => {
    tell({type, id: event.lastEventId, n: JSON.parse(event.data).n});
  });
}
source.onerror = () => tell({type: 'error', state: source.readyState});
</script>
HTML
}
# guide_page QUERY: the guide's script as it stands (guide/frontend.js), but for what is in braces
# there, and QUERY behind its URL. The page's base is the daemon, as if that had served it. What
# the script logs is told.
guide_page() {
  local told=$origin/told
  cat >page.html <<HTML
<!doctype html><title>guide</title><base href="http://127.0.0.1:$port/"><script>
let telling = Promise.resolve();
const tell = (what) => {
  telling = telling.then(() => fetch('$told', {method: 'POST', body: JSON.stringify(what)}));
};
console.log = (...log) => tell({log});
</script><script>
$(sed "s/{agent_id}/outside/; s/{task_id}/$task/; s|/events/stream|&$1|" \
    "$BATS_TEST_DIRNAME/guide/frontend.js")
</script><script>
eventSource.addEventListener('error', () => tell({type: 'error', state: eventSource.readyState}));
</script>
HTML
}
browse() {
  local options=(--headless --disable-gpu --disable-dev-shm-usage --no-first-run)
  if [ "$(id -u)" = 0 ]; then options+=(--no-sandbox); fi
  background browser "$browser" "${options[@]}" --user-data-dir="$dir/profile" \
    --remote-debugging-port=0 "$origin/"
}
# A port that is free, and out of the range from which the system gives ports to others: the daemon
# comes back to it.
fixed_port() {
  python3 -c '
import random, socket
while True:
    port = random.randint(20000, 30000)
    try:
        socket.socket().bind(("127.0.0.1", port))
    except OSError:
        continue
    print(port)
    break'
}
serve_page() { serve --listen "127.0.0.1:$port" --allow-origin "$origin"; }
told() { jq -r "select($1) | $2" told; }
saw() { [ -n "$(told "$1" .type)" ]; }
times_seen() { [ "$(told "$1" .type | wc -l)" -ge "$2" ]; }

@test "EventSource reads through two deaths of the daemon, each event once, and stops at the end" {
  port=$(fixed_port)
  serve_page
  new_task outside
  publish_notes 1 20
  page "http://127.0.0.1:$port$(stream_path outside "$task")"
  browse
  eventually saw '.n == 20'
  publish_notes 21 40
  eventually saw '.n == 40'
  for last in 60 80; do
    kill_now "$daemon"
    eventually saw '.type == "error"'
    # What happens while no daemon is there.
    for n in $(seq $((last - 19)) $((last - 10))); do
      taskfeed --redis "$redis" publish -q "$task" note "{\"n\":$n}" >/dev/null
    done
    serve_page
    publish_notes $((last - 9)) "$last"
    eventually saw ".n == $last"
  done
  taskfeed publish "$task" WorkflowCompleted
  # The page does not close its EventSource: 204 does, at the next attempt.
  eventually saw '.type == "error" and .state == 2'
  same "the notes" "$(seq 80)" "$(told '.type == "note"' .n)"
  told '.type == "note" or .type == "WorkflowCompleted"' .id | counts_to 81
  same "the ends" 1 "$(told '.type == "stream.end"' .type | wc -l)"
  same "no gap" "" "$(told '.type == "stream.gap"' .type)"
  times_seen '.type == "stream.open"' 3
}

@test "onmessage receives events without names" {
  port=$(fixed_port)
  serve_page
  new_task outside
  publish_notes 1 3
  taskfeed publish "$task" WorkflowCompleted
  page "http://127.0.0.1:$port$(stream_path outside "$task")?event_names=off"
  browse
  eventually saw '.type == "error" and .state == 2'
  same "the notes" "1 2 3" "$(told '.type == "message" and .n' .n | paste -sd ' ')"
}

llm_call() {
  taskfeed publish -q "$task" WorkflowLLMCallStarted \
    "{\"model\":\"gpt-4\",\"estimated_cost\":0.00$1}" >/dev/null
}
logged() { jq -c 'select(.log) | .log' told; }
logged_calls() { [ "$(logged | grep -c '^."LLM call started:"')" -ge "$1" ]; }

@test "the guide's page hears of model calls, through a death of the daemon, and stops at the end" {
  port=$(fixed_port)
  serve_page
  new_task outside
  llm_call 1
  guide_page ""
  browse
  eventually logged_calls 1
  llm_call 2
  eventually logged_calls 2
  kill_now "$daemon"
  eventually saw '.type == "error" and .state == 0'
  taskfeed --redis "$redis" publish -q "$task" WorkflowLLMCallStarted \
    '{"model":"gpt-4","estimated_cost":0.003}' >/dev/null
  serve_page
  llm_call 4
  eventually logged_calls 4
  taskfeed publish "$task" WorkflowCompleted
  eventually saw '.type == "error" and .state == 2'
  same "what it logs" "$(for n in 1 2 3 4; do
    echo "[\"LLM call started:\",\"gpt-4\",0.00$n]"
  done)" "$(logged)"
  # One stream, and one question more, whose 204 was the last answer.
  same "answers" "200 1 204 1" "$(api /metrics |
    sed -n 's/.*route="{task}.events.stream",status="\([0-9]*\)"} /\1 /p' | paste -sd ' ')"
}

@test "the guide's onmessage receives every event where they have no names" {
  port=$(fixed_port)
  serve_page
  new_task outside
  llm_call 1
  publish_notes 1 2
  taskfeed publish "$task" WorkflowCompleted
  guide_page "?event_names=off"
  browse
  eventually saw '.type == "error" and .state == 2'
  same "what it logs" "WorkflowLLMCallStarted note note WorkflowCompleted" \
    "$(logged | jq -r 'select(.[0] == "Received event:" and .[1] == "message" and
      .[2].event_type) | .[2].event_type' | paste -sd ' ')"
}

@test "a page of an origin that was not named is shut out by the browser" {
  port=$(fixed_port)
  serve --listen "127.0.0.1:$port" --allow-origin http://other.example
  new_task outside
  publish_notes 1 3
  page "http://127.0.0.1:$port$(stream_path outside "$task")"
  browse
  eventually saw '.type == "error" and .state == 2'
  same "nothing else" "" "$(told '.type != "error"' .type)"
}
