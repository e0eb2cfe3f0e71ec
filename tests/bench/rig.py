"""What every scenario stands on: a private Redis, the servers under test, readers, a publisher.

The server under test has the first core to itself; Redis, readers and publisher share the last.
Everything is on loopback or on unix sockets in a temporary folder, and ends with the Rig.
"""

import http.client
import json
import os
import select
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

AGENT = "bench"
PREFIX = f"/api/v1/agents/{AGENT}/tasks/"
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 180  # No single step of a scenario takes longer.


class BenchError(Exception):
    """Something did not run; the text says what."""


def cpu_seconds(pid):
    """User and system time of a process, its ended threads included."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def anonymous_bytes(pid):
    """Memory that the process itself wrote: its heap and stacks, not the mapped files."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    raise BenchError(f"no RssAnon of process {pid}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A process that we started, that speaks in lines, and that we end."""

    def __init__(self, core, args, log, cwd=None):
        self.name = os.path.basename(args[0])
        self.log = log
        with open(log, "ab") as stderr:
            self.process = subprocess.Popen(
                ["taskset", "-c", str(core), *args], cwd=cwd, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr)
        self.pid = self.process.pid  # taskset becomes the program.

    def line(self, patience=PATIENCE_S):
        ready, _, _ = select.select([self.process.stdout], [], [], patience)
        text = self.process.stdout.readline() if ready else ""
        if not text:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                raise BenchError(f"{self.name} said nothing; its log ends: {file.read()[-800:]}")
        return text.strip()

    def say(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def result(self, patience=PATIENCE_S):
        answer = json.loads(self.line(patience))
        self.process.wait(10)
        return answer

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()


class Rig:
    """The temporary folder, Redis, and the programs of one run of scripts/bench."""

    def __init__(self, binaries, taskfeed):
        self.binaries = binaries
        self.taskfeed = taskfeed
        self.server_core = 0
        self.load_core = os.cpu_count() - 1
        self.folder = tempfile.mkdtemp(prefix="taskfeed-bench-")
        self.log = os.path.join(self.folder, "log")
        self.redis_socket = os.path.join(self.folder, "redis.sock")
        self.redis_url = f"unix://{self.redis_socket}"
        self.progress = os.path.join(self.folder, "progress")
        self.files = 0
        self.redis = None

    def __enter__(self):
        self.redis = Program(self.load_core, [
            "redis-server", "--port", "0", "--unixsocket", self.redis_socket, "--dir", self.folder,
            "--save", "", "--appendonly", "no", "--daemonize", "no"], self.log)
        deadline = time.monotonic() + 20
        while self.redis_command("ping") != "PONG":
            if time.monotonic() > deadline:
                raise BenchError("redis-server did not start")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.redis.end()
        shutil.rmtree(self.folder, ignore_errors=True)

    def redis_command(self, *words):
        done = subprocess.run(["redis-cli", "-s", self.redis_socket, *words], check=False,
                              capture_output=True, text=True)
        return done.stdout.strip()

    def start(self, core, name, **flags):
        """A program of tests/bench; `latency_every=8` becomes `--latency-every 8`."""
        args = [os.path.join(self.binaries, name)]
        for flag, value in flags.items():
            args += ["--" + flag.replace("_", "-"), str(value)]
        return Program(core, args, self.log)

    def new_path(self, name):
        self.files += 1
        return os.path.join(self.folder, f"{name}{self.files}")

    def topics(self, count, history=0, cursor_at=0):
        """Fresh tasks in an empty Redis; the path of the file that names them."""
        self.redis_command("flushall")
        path = self.new_path("topics")
        maker = self.start(self.load_core, "bench_publisher", create=path, redis=self.redis_url,
                           count=count, agent=AGENT, history=history, cursor_at=cursor_at)
        maker.result()
        maker.end()
        return path

    def readers(self, server, topics, **flags):
        with open(self.progress, "wb") as file:
            file.write(bytes(8))
        return self.start(self.load_core, "bench_readers", address=server.address, topics=topics,
                          prefix=PREFIX, progress=self.progress, **flags)

    def publish(self, server, topics, **flags):
        """Publishes everything, and answers what the publisher says of it."""
        publisher = self.start(self.load_core, "bench_publisher", topics=topics,
                               progress=self.progress, **server.outlet, **flags)
        try:
            return publisher.result()
        finally:
            publisher.end()


class Floor:
    """tests/bench/floor.cc in one of its modes."""

    def __init__(self, rig, mode, topics):
        self.name = f"floor {mode}"
        feed = "unix:" + rig.new_path("feed")
        self.program = rig.start(rig.server_core, "bench_floor", listen="127.0.0.1:0", feed=feed,
                                 topics=topics, mode=mode)
        self.address = self.program.line().split()[1]
        self.pid = self.program.pid
        self.outlet = {"to": "floor", "feed": feed}

    def end(self):
        self.program.end()


class Relay:
    """tests/bench/floor.cc between Redis and the readers: the least second hop."""

    def __init__(self, rig, topics):
        self.name = "floor relay"
        self.program = rig.start(rig.server_core, "bench_floor", listen="127.0.0.1:0",
                                 redis=rig.redis_socket, topics=topics, mode="each")
        self.address = self.program.line().split()[1]
        self.pid = self.program.pid
        self.outlet = {"to": "redis", "redis": rig.redis_url}

    def end(self):
        self.program.end()


class Daemon:
    """`taskfeed serve` on one core, without workers unless some are asked for."""

    def __init__(self, rig, *arguments, workers=0):
        self.name = "daemon"
        port = free_port()
        self.address = f"127.0.0.1:{port}"
        state = rig.new_path("state")
        os.makedirs(state, mode=0o700)
        self.program = Program(rig.server_core, [
            rig.taskfeed, "serve", "--listen", self.address, "--redis", rig.redis_url,
            "--state-dir", state, "--workers", str(workers), *arguments], rig.log)
        self.pid = self.program.pid
        self.outlet = {"to": "redis", "redis": rig.redis_url}
        deadline = time.monotonic() + 20
        while not self.healthy(port):
            if time.monotonic() > deadline or self.program.process.poll() is not None:
                with open(rig.log, encoding="utf-8", errors="replace") as file:
                    raise BenchError("taskfeed serve is not healthy: " + file.read()[-800:])
            time.sleep(0.05)

    @staticmethod
    def healthy(port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def end(self):
        self.program.end()


def serve(rig, kind, topics):
    if kind == "daemon":
        return Daemon(rig)
    return Relay(rig, topics) if kind == "relay" else Floor(rig, kind, topics)


def median(rows, key):
    return statistics.median(row[key] for row in rows)
