"""Scenarios about the program as a tool: how fast it starts, and how fast it builds."""

import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

from rig import PREFIX, BenchError, serve

STARTS = 20


def seconds_of(args, env):
    begin = time.monotonic()
    done = subprocess.run(args, env=env, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    took = time.monotonic() - begin
    if done.returncode != 0:
        raise BenchError(f"{' '.join(args)} answered {done.returncode}: {done.stderr[-400:]}")
    return took


def first_line_seconds(args, env):
    begin = time.monotonic()
    with subprocess.Popen(args, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        line = process.stdout.readline()
        took = time.monotonic() - begin
        process.terminate()
    if not line:
        raise BenchError(f"{' '.join(args)} printed nothing")
    return took


def cli(rig, _runs, kinds):
    """Start-up beside an empty process; the first event of `tail`, from Redis and from a daemon."""
    names = rig.topics(1, history=100)
    with open(names, encoding="ascii") as file:
        task = file.read().split()[0]
    env = {"PATH": os.environ["PATH"], "HOME": rig.folder, "LANG": "C.UTF-8"}
    daemon = serve(rig, "daemon", names) if "daemon" in kinds else None
    redis = ["--redis", rig.redis_url]
    cases = [("true (an empty process)", seconds_of, ["/usr/bin/env", "-i", "/bin/true"][2:]),
             ("--version", seconds_of, [rig.taskfeed, "--version"]),
             ("help", seconds_of, [rig.taskfeed, "help"]),
             ("tail, first event, on Redis", first_line_seconds,
              [rig.taskfeed, *redis, "tail", task])]
    if daemon:
        cases.append(("tail, first event, from a daemon", first_line_seconds,
                      [rig.taskfeed, "--server", f"http://{daemon.address}", "tail", task]))
    taken = {name: [] for name, _, _ in cases}
    try:
        for _ in range(STARTS):
            for name, measure, args in cases:
                taken[name].append(measure(args, env) * 1000)
    finally:
        if daemon:
            daemon.end()
    empty = statistics.median(taken[cases[0][0]])
    table = [{"command": name, "median ms": round(statistics.median(values), 2),
              "over an empty process": round(statistics.median(values) - empty, 2),
              "worst ms": round(max(values), 2)} for name, values in taken.items()]
    return {"table": table, "runs": taken}


def build(rig, _runs, _kinds):
    """From nothing, and after an edit of one file, without ccache."""
    source = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    folder = tempfile.mkdtemp(prefix="taskfeed-bench-build-")
    env = {**os.environ, "CCACHE_DISABLE": "1"}
    table = []
    try:
        copy = os.path.join(folder, "source")
        files = subprocess.run(["git", "-C", source, "ls-files", "-z"], check=True,
                               capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, files):
            target = os.path.join(copy, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(os.path.join(source, name), target)
        tree = os.path.join(folder, "build")
        for name, tests in (("taskfeed", "OFF"), ("taskfeed and all tests", "ON")):
            shutil.rmtree(tree, ignore_errors=True)
            begin = time.monotonic()
            configure = ["cmake", "-G", "Ninja", "-S", copy, "-B", tree,
                         f"-DTASKFEED_TESTS={tests}"]
            for step in (configure, ["cmake", "--build", tree]):
                done = subprocess.run(step, env=env, check=False, capture_output=True, text=True)
                if done.returncode != 0:
                    raise BenchError("the build failed: " + done.stdout[-800:])
            table.append({"build": f"from nothing: {name}",
                          "seconds": round(time.monotonic() - begin, 1)})
        for edited in ("core/event/event.cc", "core/hub/topic.cc", "core/redis/redis_feed.cc"):
            path = os.path.join(copy, edited)
            if not os.path.exists(path):
                continue
            with open(path, "a", encoding="utf-8") as file:
                file.write("// touched\n")
            begin = time.monotonic()
            subprocess.run(["cmake", "--build", tree, "--target", "taskfeed"], env=env, check=True,
                           capture_output=True)
            table.append({"build": f"after an edit of {edited}: taskfeed",
                          "seconds": round(time.monotonic() - begin, 1)})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"table": table, "runs": []}
