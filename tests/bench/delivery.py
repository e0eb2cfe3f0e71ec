"""Scenarios about what a delivery, a stream and a return cost."""

import json
import statistics
import time

from rig import BenchError, anonymous_bytes, cpu_seconds, median, serve


def fan_out(rig, kind, spread, streams, events, **publishing):
    """One measured run: `streams` readers over `spread` topics, `events` events in turn."""
    topics = rig.topics(spread)
    server = serve(rig, kind, topics)
    per_event = streams // spread
    latency_every = max(1, events * per_event // 1_000_000)
    readers = rig.readers(server, topics, streams=streams, spread=spread,
                          latency_every=latency_every)
    try:
        readers.line()
        server_before, redis_before = cpu_seconds(server.pid), cpu_seconds(rig.redis.pid)
        begin = time.monotonic()
        published = rig.publish(server, topics, spread=spread, events=events, readers=per_event,
                                **publishing)
        readers.say(f"finish {published['events'] * per_event} 5000")
        read = readers.result()
        seconds = time.monotonic() - begin
        server_cpu = cpu_seconds(server.pid) - server_before
        redis_cpu = cpu_seconds(rig.redis.pid) - redis_before
    finally:
        readers.end()
        server.end()
    wrong = {key: read[key] for key in ("missing", "repeated", "disordered", "gaps", "closed")}
    lost = published["events"] * per_event - read["deliveries"]
    return {
        "kind": kind,
        "cpu_per_million": server_cpu / max(read["deliveries"], 1) * 1e6,
        "redis_per_million": redis_cpu / max(read["deliveries"], 1) * 1e6,
        "deliveries_per_s": read["deliveries"] / seconds,
        "events_per_s": published["per_second"],
        "p50_us": read["p50_us"],
        "p99_us": read["p99_us"],
        "readers_cpu_per_million": read["cpu_s"] / max(read["deliveries"], 1) * 1e6,
        "lost": lost,
        "wrong": sum(wrong.values()) + abs(lost),
        **wrong,
    }


def compare(rig, runs, kinds, **how):
    """All kinds in turn, `runs` times; medians, and the daemon's ratio to the gathered floor."""
    rows = []
    for _ in range(runs):
        rows += [fan_out(rig, kind, **how) for kind in kinds]
    table = []
    base = None
    for kind in kinds:
        mine = [row for row in rows if row["kind"] == kind]
        cost = median(mine, "cpu_per_million")
        if kind == "gathered":
            base = cost
        line = {
            "server": kind if kind == "daemon" else f"floor {kind}",
            "CPU s per million": round(cost, 2),
            "deliveries/s": round(median(mine, "deliveries_per_s")),
            "median µs": round(median(mine, "p50_us")),
            "p99 µs": round(median(mine, "p99_us")),
            "wrong": sum(row["wrong"] for row in mine),
        }
        if kind == "daemon":
            line["Redis CPU s per million"] = round(median(mine, "redis_per_million"), 2)
            # Each run's own pair: what else the machine did meanwhile hit both.
            pairs = [(a, b) for a, b in zip(
                mine, [row for row in rows if row["kind"] == "gathered"])]
            ratios = [{"r": a["cpu_per_million"] / b["cpu_per_million"]} for a, b in pairs]
            if ratios and base:
                line["ratio to gathered"] = round(median(ratios, "r"), 2)
        table.append(line)
    return {"table": table, "runs": rows}


def fanout_saturated(rig, runs, kinds):
    """The publisher is never more than 4 events ahead: about 3 are gathered in a turn."""
    return compare(rig, runs, ["each", *kinds], spread=1, streams=1_000, events=1_500, window=4)


def fanout_bursts(rig, runs, kinds):
    """Up to 16 events in a turn: the kernel's share is small, and the server's own work shows."""
    return compare(rig, runs, kinds, spread=1, streams=1_000, events=4_000, window=16)


def fanout_rate_1000(rig, runs, kinds):
    return compare(rig, runs, kinds, spread=1, streams=1_000, events=120, rate=20)


def fanout_rate_10000(rig, runs, kinds):
    return compare(rig, runs, kinds, spread=1, streams=10_000, events=12, rate=2)


def topics(rig, runs, kinds):
    return compare(rig, runs, kinds, spread=5_000, streams=10_000, events=100_000, rate=20_000,
                   batch=64, tick_us=500)


def idle(rig, kind, streams, spread):
    """Memory of a stream on which nothing happens."""
    names = rig.topics(spread)
    server = serve(rig, kind, names)
    try:
        # What serving costs at all (the workers' stacks and heaps, buffers) is no stream's.
        warm = rig.readers(server, names, streams=64, spread=min(spread, 64))
        try:
            warm.line()
        finally:
            warm.end()
        before = anonymous_bytes(server.pid)
        cpu_before = cpu_seconds(server.pid)
        readers = rig.readers(server, names, streams=streams, spread=spread)
        try:
            opened = readers.line()
            time.sleep(1)  # What the opening still has to free, is freed.
            each = (anonymous_bytes(server.pid) - before) / streams
            cpu = cpu_seconds(server.pid) - cpu_before
        finally:
            readers.end()
    finally:
        server.end()
    seconds = float(opened.rpartition(":")[2].rstrip("}"))
    return {"kind": kind, "bytes": each, "accepts_per_s": streams / seconds,
            "accept_cpu_us": cpu / streams * 1e6}


def idle_memory(rig, runs, kinds):
    table, rows = [], []
    for streams in (10_000, 19_000):
        for spread in (1, streams):
            for kind in kinds:
                mine = [idle(rig, kind, streams, spread) for _ in range(min(runs, 3))]
                rows += mine
                table.append({
                    "server": kind if kind == "daemon" else f"floor {kind}",
                    "streams": streams,
                    "topics": spread,
                    "bytes each": round(median(mine, "bytes")),
                    "accepts/s": round(median(mine, "accepts_per_s")),
                    "CPU µs per accept": round(median(mine, "accept_cpu_us"), 1),
                })
    return {"table": table, "runs": rows}


def latency_once(rig, kind, bare_core, spread=5_000, events=25_000, rate=5_000):
    """A server's readers and a bare SUBSCRIBE client follow the same events at the same time."""
    names = rig.topics(spread)
    server = serve(rig, kind, names)
    subscriber = rig.start(bare_core, "bench_subscriber", redis=rig.redis_socket, topics=names,
                           spread=spread)
    readers = rig.readers(server, names, streams=spread, spread=spread)
    try:
        if subscriber.line() != "ready":
            raise BenchError("the bare subscriber is not ready")
        readers.line()
        published = rig.publish(server, names, spread=spread, events=events, rate=rate, tick_us=100)
        readers.say(f"finish {published['events']} 5000")
        subscriber.say(f"finish {published['events']} 5000")
        return readers.result(), subscriber.result()
    finally:
        readers.end()
        subscriber.end()
        server.end()


def latency(rig, runs, kinds):
    """From append to reader, beside a bare SUBSCRIBE client of the same events."""
    table, rows = [], []
    keys = {"p50_us": "median µs", "p99_us": "p99 µs"}
    places = (("the daemon's core", rig.server_core), ("Redis' core", rig.load_core))
    servers = ("relay", "daemon") if "daemon" in kinds else ("relay",)
    for place, core in places:
        pairs = {kind: [] for kind in servers}
        for _ in range(runs):
            for kind in servers:
                pairs[kind].append(latency_once(rig, kind, core))
        for kind, mine in pairs.items():
            rows += [{"bare on": place, "server": kind, "reader": reader, "bare": bare}
                     for reader, bare in mine]
            line = {"server": kind if kind == "daemon" else f"floor {kind}",
                    "bare SUBSCRIBE on": place}
            for key, name in keys.items():
                line[f"bare {name}"] = round(median([bare for _, bare in mine], key))
                line[f"reader {name}"] = round(median([reader for reader, _ in mine], key))
                ratios = [reader[key] / bare[key] for reader, bare in mine]
                line[f"{name} ratio"] = round(statistics.median(ratios), 2)
            line["wrong"] = sum(reader["missing"] + reader["repeated"] + reader["disordered"]
                                for reader, _ in mine)
            table.append(line)
    return {"table": table, "runs": rows}


def storm_once(rig, spread, behind=50):
    """5,000 readers come back at once, while /health is asked a hundred times a second."""
    names = rig.topics(spread, history=10 + behind, cursor_at=10)
    server = serve(rig, "daemon", names)
    probe = rig.start(rig.load_core, "bench_probe", address=server.address, every_ms=10)
    try:
        cpu_before = cpu_seconds(server.pid)
        readers = rig.readers(server, names, streams=5_000, spread=spread, storm=behind)
        try:
            line = readers.line()
            while line.startswith("ready"):
                line = readers.line()
        finally:
            readers.end()
        cpu = cpu_seconds(server.pid) - cpu_before
        came = json.loads(line)
        probe.process.stdin.close()
        health = probe.result()
    finally:
        probe.end()
        server.end()
    return {"kind": "daemon", "topics": spread, "seconds": came["caught_up_all_s"],
            "median_s": came["caught_up_p50_s"], "caught_up": came["caught_up"], "cpu_s": cpu,
            "wrong": came["missing"] + came["repeated"] + came["disordered"] + came["gaps"],
            "health_p50_us": health["p50_us"], "health_max_us": health["max_us"],
            "health_answers": health["answers"], "health_failures": health["failures"]}


def storm(rig, runs, kinds):
    table, rows = [], []
    for spread in (1, 5_000) if "daemon" in kinds else ():
        mine = [storm_once(rig, spread) for _ in range(runs)]
        rows += mine
        table.append({
            "topics": spread,
            "readers": 5_000,
            "all caught up s": round(median(mine, "seconds"), 2),
            "half s": round(median(mine, "median_s"), 2),
            "caught up": min(row["caught_up"] for row in mine),
            "wrong": sum(row["wrong"] for row in mine),
            "daemon CPU s": round(median(mine, "cpu_s"), 2),
            "/health median ms": round(median(mine, "health_p50_us") / 1000, 1),
            "/health worst ms": round(max(row["health_max_us"] for row in mine) / 1000, 1),
            "/health failures": sum(row["health_failures"] for row in mine),
        })
    return {"table": table, "runs": rows}
