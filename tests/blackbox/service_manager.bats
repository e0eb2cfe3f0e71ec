#!/usr/bin/env bats
# The daemon under a service manager: what it tells, the sockets it is handed, its watchdog.
load world

# manager WITH SERVE_OPTIONS…: starts the daemon as a service manager does; what it tells is in the
# file "told". WITH: none, watchdog, sockets.
manager() {
  cat >manager.py <<'PYTHON'
import os, socket, sys
names = {'notify': socket.SOCK_DGRAM, 'http': socket.SOCK_STREAM}
made = {name: socket.socket(socket.AF_UNIX, kind) for name, kind in names.items()}
for name, one in made.items():
    one.bind(name + '.sock')
made['http'].listen()
taker = os.fork()
if taker == 0:
    with open('told', 'a') as told:
        while True:
            told.write(made['notify'].recv(4096).decode() + '\n')
            told.flush()
with open('taker.pid', 'w') as pid:
    pid.write(str(taker))
environment = dict(os.environ, NOTIFY_SOCKET=os.path.abspath('notify.sock'))
if 'watchdog' in sys.argv[1]:
    environment |= {'WATCHDOG_USEC': '200000', 'WATCHDOG_PID': str(os.getpid())}
if 'sockets' in sys.argv[1]:
    os.dup2(made['http'].fileno(), 3)
    environment |= {'LISTEN_FDS': '1', 'LISTEN_PID': str(os.getpid())}
os.execve(sys.argv[2], sys.argv[2:], environment)
PYTHON
  background serve python3 manager.py "$1" "$binary" serve --redis "$redis" "${@:2}"
  daemon=$pid
}
teardown() {
  stop_started
  kill "$(<"$dir/taker.pid")"
}
told() { grep -q -- "$1" told; }
alive_three_times() { [ "$(grep -c WATCHDOG=1 told)" -ge 3 ]; }

@test "it is ready once Redis and the listener are, and says what it does" {
  gated_agent gate
  manager none --listen 127.0.0.1:0 --agents agents
  eventually told READY=1
  same "ready" 200 "$(api /readyz -o answer -w '%{http_code}')"
  eventually told 'STATUS=serving; 0 streams'
  new_task gate
  taskfeed execute -q "$task"
  background reader "$binary" tail "$task"
  eventually told 'STATUS=serving; 1 streams, 1 tasks under way'
  kill -HUP "$daemon"
  eventually told RELOADING=1
  touch go
  ends "$pid" 0
  kill -TERM "$daemon"
  ends "$daemon" 0
  eventually told STOPPING=1
  has "$(<told)" READY=1 RELOADING=1 MONOTONIC_USEC= READY=1 STOPPING=1
}

@test "it waits for a Redis that comes up beside it before it is ready" {
  redis=unix://$dir/late.sock
  manager none --listen 127.0.0.1:0
  eventually api /livez --fail
  same "not ready" 503 "$(api /readyz -o answer -w '%{http_code}')"
  run ! told READY=1
  background late redis-server --port 0 --unixsocket "$dir/late.sock" --dir "$dir" --save ''
  eventually told READY=1
  same "ready" 200 "$(api /readyz -o answer -w '%{http_code}')"
}

@test "it serves the sockets that it is handed, and no port of its own" {
  manager sockets
  eventually curl -sS --fail --unix-socket http.sock http://localhost/readyz
  has "$(<serve.err)" "http.sock, which was handed down"
  lacks "$(<serve.err)" 127.0.0.1
  kill -TERM "$daemon"
  ends "$daemon" 0
  # The service manager's socket is not ours to remove.
  [ -S http.sock ]
}

@test "it feeds the watchdog as long as it turns" {
  manager watchdog --listen 127.0.0.1:0
  eventually alive_three_times
}
