"""The engine: tasks of an empty agent, one worker process."""

import time

from rig import BenchError, Program, cpu_seconds, median


class RedisReads:
    """Round trips of all clients: how often Redis read from one. A pipeline is one."""

    def __init__(self, rig):
        self.rig = rig
        self.begin = time.monotonic()
        self.before = self.now()

    def now(self):
        for line in self.rig.redis_command("info", "stats").splitlines():
            if line.startswith("total_reads_processed:"):
                return int(line.partition(":")[2])
        raise BenchError("Redis does not tell total_reads_processed")

    def since(self):
        """How many, our own two left out, and in how many seconds."""
        return self.now() - self.before - 2, time.monotonic() - self.begin


def engine_once(rig, tasks, rate):
    rig.redis_command("flushall")
    worker = Program(rig.server_core, [rig.taskfeed, "worker", "--redis", rig.redis_url,
                                       "--concurrency", "4"], rig.log)
    load = None
    try:
        time.sleep(1)  # Until it takes from the queue; nothing tells.
        quiet = RedisReads(rig)
        time.sleep(2)
        idle_reads, idle_seconds = quiet.since()
        load = rig.start(rig.load_core, "bench_engine", redis=rig.redis_url,
                         socket=rig.redis_socket, tasks=tasks, rate=rate)
        load.line()
        before, redis_before = cpu_seconds(worker.pid), cpu_seconds(rig.redis.pid)
        reads = RedisReads(rig)
        load.say("go")
        row = load.result()
        count, seconds = reads.since()
        row["round_trips"] = (count - idle_reads / idle_seconds * seconds) / tasks
        row["worker_cpu_ms"] = (cpu_seconds(worker.pid) - before) / tasks * 1000
        row["redis_cpu_ms"] = (cpu_seconds(rig.redis.pid) - redis_before) / tasks * 1000
    finally:
        if load:
            load.end()
        worker.end()
    row["wrong"] = tasks - row["completed"]
    return row


def engine(rig, runs, kinds):
    """As fast as they go; then 20 a second, for latency."""
    if "daemon" not in kinds:
        return {"table": [], "runs": []}
    full = [engine_once(rig, 1_000, 0) for _ in range(runs)]
    paced = [engine_once(rig, 200, 20) for _ in range(min(runs, 3))]
    table = [
        {"tasks": "1,000 at once", "tasks/s": round(median(full, "tasks_per_s")),
         "worker CPU ms each": round(median(full, "worker_cpu_ms"), 2),
         "Redis CPU ms each": round(median(full, "redis_cpu_ms"), 2),
         "wrong": sum(row["wrong"] for row in full)},
        {"tasks": "20 a second",
         "to WorkflowStarted, median ms": round(median(paced, "started_p50_us") / 1000, 2),
         "p99 ms": round(median(paced, "started_p99_us") / 1000, 2),
         "to WorkflowCompleted, median ms": round(median(paced, "completed_p50_us") / 1000, 2),
         "Redis round trips each": round(median(paced, "round_trips"), 1),
         "of these to execute": round(median(paced, "execute_round_trips"), 1),
         "wrong": sum(row["wrong"] for row in paced)},
    ]
    return {"table": table, "runs": [*full, *paced]}
