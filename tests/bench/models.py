"""Agents that a model drives: what taskfeed adds to a streamed answer, and to many runs at once.

The model is tests/support/model_server.py. It says the time as its words (CLOCK_MONOTONIC, one for
all processes), so each word that a reader gets tells how long it was under way.
"""

import contextlib
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import time

from rig import BenchError, Daemon, Program, anonymous_bytes, cpu_seconds, median

AGENT = "bench-model"
STREAM_PATIENCE_S = 60
# (milliseconds between two chunks of the server, how many)
PACES = ((60, 200), (10, 500), (1, 2_000))
RUNS_AT_ONCE = 100
WAITED_AT_ONCE = 50  # `taskfeed wait` takes no more than 64.
SAID = "All is well. " * 20
MODEL_SERVER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "support",
                            "model_server.py")
AGENT_FILE = """[agent]
id = "{agent}"
runner = "openai"
base_url = "http://127.0.0.1:{port}/v1"
model = "openai-x"
enable_streaming = true
[[agent.tools]]
name = "note"
description = "notes a text"
run = ["true", "{{text}}"]
parameters = {{ type = "object", properties = {{ text = {{ type = "string" }} }} }}
"""


class World:
    """A model server on the load's core; a daemon with workers on its own."""

    def __init__(self, rig, workers):
        self.rig = rig
        rig.redis_command("flushall")
        self.folder = rig.new_path("model")
        os.makedirs(self.folder)
        self.model = Program(rig.load_core, [sys.executable, "-B", MODEL_SERVER, self.folder],
                             rig.log)
        self.daemon = None
        try:
            agents = rig.new_path("agents")
            os.makedirs(agents)
            with open(os.path.join(agents, "bench.toml"), "w", encoding="utf-8") as file:
                file.write(AGENT_FILE.format(agent=AGENT, port=self.model_port()))
            self.daemon = Daemon(rig, "--agents", agents, workers=workers)
            self.eventually("the agent is declared",
                            lambda: self.taskfeed("agents", "show", AGENT, check=False))
        except BaseException:
            self.end()
            raise

    def model_port(self):
        path = os.path.join(self.folder, "port")
        self.eventually("the model server listens", lambda: os.path.exists(path))
        with open(path, encoding="ascii") as file:
            return file.read()

    def taskfeed(self, *words, check=True):
        done = subprocess.run(
            [self.rig.taskfeed, "--server", f"http://{self.daemon.address}", *words], check=False,
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=STREAM_PATIENCE_S)
        if check and done.returncode != 0:
            raise BenchError(f"taskfeed {words[0]} answered {done.returncode}: {done.stderr}")
        return done.stdout.strip() if done.returncode == 0 else ""

    def create(self, said):
        return self.taskfeed("create", "--agent", AGENT, "-d", said, "--id-only")

    def requests(self):
        """How many the model server has got."""
        with open(os.path.join(self.folder, "journal"), encoding="utf-8") as file:
            return sum('"path"' in line for line in file)

    @staticmethod
    def eventually(what, fact):
        ends = time.monotonic() + STREAM_PATIENCE_S
        while not fact():
            if time.monotonic() > ends:
                raise BenchError("in vain: " + what)
            time.sleep(0.02)

    def end(self):
        if self.daemon:
            self.daemon.end()
        self.model.end()


@contextlib.contextmanager
def on_load_core(rig):
    """We, our readers and the commands that we run leave the server's core alone."""
    os.sched_setaffinity(0, {rig.load_core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, range(os.cpu_count()))


class Stream:
    """A task's events as they come, each with the microsecond of its arrival."""

    def __init__(self, address, task):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=STREAM_PATIENCE_S)
        # HTTP/1.0: the body comes as it is, without chunks.
        self.socket.sendall(f"GET /api/v1/agents/{AGENT}/tasks/{task}/events/stream HTTP/1.0\r\n"
                            f"Host: {address}\r\n\r\n".encode())
        self.rest = b""

    def events(self):
        while True:
            part = self.socket.recv(1 << 16)
            now = time.monotonic_ns() // 1000
            if not part:
                raise BenchError("the stream ended before its task")
            *frames, self.rest = (self.rest + part).split(b"\n\n")
            for frame in frames:
                found = re.search(rb"^data: (.*)$", frame, re.MULTILINE)
                if found and re.search(rb"^id: ", frame, re.MULTILINE):
                    event = json.loads(found.group(1))
                    yield now, event
                    if event["event_type"] in ("WorkflowCompleted", "WorkflowFailed"):
                        return

    def opened(self):
        """Once this returns, nothing that is published later is history."""
        head = b""
        while b"stream.open" not in head or not head.endswith(b"\n\n"):
            part = self.socket.recv(1 << 16)
            if not part:
                raise BenchError("no stream: " + head.decode(errors="replace"))
            head += part

    def end(self):
        self.socket.close()


def answer_once(world, pace_ms, ticks):
    """One streamed answer, and what became of each of its words."""
    task = world.create(f"pace={pace_ms} tick {ticks}")
    stream = Stream(world.daemon.address, task)
    try:
        stream.opened()
        before = cpu_seconds(world.daemon.pid), cpu_seconds(world.rig.redis.pid)
        world.taskfeed("execute", task)
        said, took, newest, messages = [], [], [], 0
        for now, event in stream.events():
            if event["event_type"] != "WorkflowLLMCallChunk":
                continue
            messages += 1
            words = [int(word) for word in event["text"].split()]
            said += words
            took += [now - word for word in words]
            newest.append(took[-1])
        after = cpu_seconds(world.daemon.pid), cpu_seconds(world.rig.redis.pid)
    finally:
        stream.end()
    disordered = sum(a >= b for a, b in zip(said, said[1:]))
    if not took:
        raise BenchError("no word of the model arrived")
    return {"pace_ms": pace_ms, "first_ms": took[0] / 1000,
            "p50_ms": statistics.median(took) / 1000,
            "p99_ms": sorted(took)[int(len(took) * 0.99)] / 1000,
            "newest_ms": statistics.median(newest) / 1000, "events": messages,
            "daemon_cpu_ms": (after[0] - before[0]) * 1e6 / ticks,
            "redis_cpu_ms": (after[1] - before[1]) * 1e6 / ticks,
            "wrong": abs(ticks - len(said)) + disordered}


def models_latency(rig, runs, kinds):
    """From the server's chunk to the reader's event; CPU for each 1,000 chunks."""
    if "daemon" not in kinds:
        return {"table": [], "runs": []}
    rows = []
    with on_load_core(rig):
        world = World(rig, workers=1)
        try:
            answer_once(world, 1, 50)  # Whatever is made at the first time.
            for _ in range(runs):
                rows += [answer_once(world, *pace) for pace in PACES]
        finally:
            world.end()
    table = []
    for pace_ms, ticks in PACES:
        mine = [row for row in rows if row["pace_ms"] == pace_ms]
        table.append({
            "a chunk each": f"{pace_ms} ms", "chunks": ticks,
            "events": round(median(mine, "events")),
            "first ms": round(median(mine, "first_ms"), 2),
            "median ms": round(median(mine, "p50_ms"), 2),
            "newest of each event ms": round(median(mine, "newest_ms"), 2),
            "p99 ms": round(median(mine, "p99_ms"), 2),
            "daemon CPU ms per 1,000": round(median(mine, "daemon_cpu_ms"), 1),
            "Redis CPU ms per 1,000": round(median(mine, "redis_cpu_ms"), 1),
            "wrong": sum(row["wrong"] for row in mine)})
    return {"table": table, "runs": rows}


def wrong_outcomes(world, tasks):
    """Tasks without their answer, or with a hole in their events."""
    wrong = 0
    for task in tasks:
        answer = world.taskfeed("result", task, check=False)
        events = world.taskfeed("events", task, "-o", "sse", "--limit", "all")
        seqs = [int(seq) for seq in re.findall(r"^id: (\d+)-", events, re.MULTILINE)]
        types = re.findall(r"^event: (.*)$", events, re.MULTILINE)
        whole = seqs == list(range(1, len(types) + 1)) and types[-1:] == ["WorkflowCompleted"]
        wrong += answer != SAID.strip() or not whole
    return wrong


def runs_once(world, count, gate=""):
    """`count` runs of two model calls and a tool call each, begun as fast as they can be; with a
    gate, what is timed begins where it opens, with all of them under way."""
    said = f'call note {{"text":"a"}} | {gate}pace=5 pieces=13 say {SAID}'
    tasks = [world.create(said) for _ in range(count)]
    asked, cpu = world.requests(), cpu_seconds(world.daemon.pid)
    idle = anonymous_bytes(world.daemon.pid)
    begin = time.monotonic()
    for task in tasks:
        world.taskfeed("execute", task)
    started = time.monotonic() - begin
    held = 0
    if gate:
        world.eventually("all runs are under way", lambda: world.requests() == asked + 2 * count)
        held = anonymous_bytes(world.daemon.pid) - idle
        begin = time.monotonic()
        with open(os.path.join(world.folder, "go"), "wb"):
            pass
    for at in range(0, count, WAITED_AT_ONCE):
        world.taskfeed("wait", *tasks[at:at + WAITED_AT_ONCE])
    return {"runs": count, "started_s": started, "seconds": time.monotonic() - begin,
            "cpu_ms": (cpu_seconds(world.daemon.pid) - cpu) / count * 1000,
            "held_kib": held / count / 1024,
            "wrong": wrong_outcomes(world, tasks) +
                     abs(world.requests() - asked - 2 * count)}


def models_concurrent(rig, runs, kinds):
    """100 runs at once beside one alone; the memory of a run that waits for its model."""
    if "daemon" not in kinds:
        return {"table": [], "runs": []}
    alone, together, held = [], [], []
    with on_load_core(rig):
        for _ in range(runs):
            world = World(rig, workers=RUNS_AT_ONCE)
            try:
                alone.append(runs_once(world, 1))
                held.append(runs_once(world, RUNS_AT_ONCE, gate="gate=go "))
                together.append(runs_once(world, RUNS_AT_ONCE))
            finally:
                world.end()
    table = [{"runs at once": rows[0]["runs"],
              "all started s": round(median(rows, "started_s"), 2),
              "all ended s": round(median(rows, "seconds"), 2),
              "daemon CPU ms each": round(median(rows, "cpu_ms"), 1),
              "wrong": sum(row["wrong"] for row in rows)} for rows in (alone, together)]
    table.append({"runs at once": f"{RUNS_AT_ONCE}, all held in an answer, let go at once",
                  "all ended s": round(median(held, "seconds"), 2),
                  "daemon KiB each": round(median(held, "held_kib"), 1),
                  "wrong": sum(row["wrong"] for row in held)})
    return {"table": table, "runs": [*alone, *together, *held]}
