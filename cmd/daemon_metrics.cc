#include "daemon_metrics.h"

#include "ops/metrics.h"

namespace taskfeed::cmd {
namespace {

using ops::MetricKind;
using ops::MetricsText;

class Writer {
 public:
  explicit Writer(const DaemonNumbers& numbers) : numbers_(numbers) {}

  std::string text() {
    daemon();
    connections();
    requests();
    streams();
    redis();
    if (numbers_.health.bridge) bridge(*numbers_.health.bridge);
    if (numbers_.runs) workers(*numbers_.runs);
    process();
    return out_.text();
  }

 private:
  void counter(std::string_view name, uint64_t value, std::string_view help) {
    out_.family(name, MetricKind::kCounter, help);
    out_.sample(value);
  }
  void gauge(std::string_view name, uint64_t value, std::string_view help) {
    out_.family(name, MetricKind::kGauge, help);
    out_.sample(value);
  }
  /// Over the shards that told.
  template <class Number>
  uint64_t sum(Number number) const {
    uint64_t all = 0;
    for (const ShardStats& shard : numbers_.answered) all += number(shard);
    return all;
  }

  void daemon();
  void connections();
  void requests();
  void streams();
  void redis();
  void bridge(const http::BridgeReport& report);
  void workers(const engine::RunCounts& runs);
  void process();

  const DaemonNumbers& numbers_;
  MetricsText out_;
};

void Writer::daemon() {
  out_.family("taskfeed_build_info", MetricKind::kGauge, "1; the label says which version runs.");
  out_.sample(uint64_t{1}, {{"version", numbers_.version}});
  gauge("taskfeed_draining", numbers_.health.draining ? 1 : 0,
        "1 while the daemon is being ended.");
  gauge("taskfeed_shards", numbers_.shards, "Threads that serve connections.");
  gauge("taskfeed_shards_answering", numbers_.answered.size(),
        "Shards that told their numbers in time; those of the others are missing here.");
}

void Writer::connections() {
  gauge("taskfeed_http_connections", sum([](const auto& s) { return s.server.connections; }),
        "Connections that are open, streams included.");
  counter("taskfeed_http_connections_accepted_total",
          sum([](const auto& s) { return s.server.accepted; }), "Connections that were accepted.");
  counter("taskfeed_http_connections_turned_away_total",
          sum([](const auto& s) { return s.server.turned_away; }),
          "Connections that were closed at once, since there was no room.");
  counter("taskfeed_http_refused_total", sum([](const auto& s) { return s.server.refused; }),
          "Requests that were malformed, too slow, or over a limit.");
  gauge("taskfeed_http_requests_queued", numbers_.requests_queued,
        "Requests that wait for a thread.");
}

void Writer::requests() {
  http::RequestStats all;
  for (const ShardStats& shard : numbers_.answered) all.add(shard.requests);
  const auto labels_of = [](const http::Route* route) {
    const std::string pattern(route == nullptr ? "" : route->pattern);
    return ops::Labels{{"method", std::string(route == nullptr ? "" : route->method)},
                       {"route", pattern}};
  };
  out_.family("taskfeed_http_requests_total", MetricKind::kCounter,
              "Requests that were answered; route is empty where none was found.");
  for (const auto& [key, count] : all.answers()) {
    ops::Labels labels = labels_of(key.route);
    labels.push_back({"status", std::to_string(key.status)});
    out_.sample(count, labels);
  }
  out_.family("taskfeed_http_request_duration_seconds", MetricKind::kHistogram,
              "From the whole request to its answer; of a stream, to its beginning.");
  for (const auto& [route, times] : all.times()) {
    out_.histogram({.bounds = http::RequestStats::kBoundsSeconds,
                    .counts = times.buckets,
                    .sum = std::chrono::duration<double>(times.sum).count()},
                   labels_of(route));
  }
}

void Writer::streams() {
  gauge("taskfeed_streams", sum([](const auto& s) { return s.server.streams; }),
        "Event streams that are open.");
  counter("taskfeed_streams_opened_total",
          sum([](const auto& s) { return s.server.streams_opened; }),
          "Event streams that were begun.");
  counter("taskfeed_streams_closed_slow_total",
          sum([](const auto& s) { return s.server.slow_closed; }),
          "Event streams whose reader did not keep up.");
  gauge("taskfeed_topics", sum([](const auto& s) { return s.hub.topics; }),
        "Tasks that are followed, in each shard for itself.");
  counter("taskfeed_deliveries_total", sum([](const auto& s) { return s.hub.deliveries; }),
          "Events that were handed to a stream.");
  counter("taskfeed_stream_bytes_total", sum([](const auto& s) { return s.server.stream_bytes; }),
          "Bytes that streams were sent.");
  counter("taskfeed_stream_writes_total", sum([](const auto& s) { return s.server.writes; }),
          "System calls that sent them.");
  counter("taskfeed_gaps_total", sum([](const auto& s) { return s.hub.gaps; }),
          "Times that a reader was told of events which are lost to it.");
  counter("taskfeed_repairs_total", sum([](const auto& s) { return s.hub.repairs; }),
          "Jumps in a task's events that were mended from history.");
  counter("taskfeed_repeats_total", sum([](const auto& s) { return s.hub.repeats; }),
          "Live events that were dropped since they had been seen.");
}

void Writer::redis() {
  const http::HealthReport& health = numbers_.health;
  gauge("taskfeed_redis_up", health.redis_reachable ? 1 : 0, "1 while Redis answers.");
  gauge("taskfeed_redis_feeds_connected",
        sum([](const auto& s) { return s.feed_connected ? 1U : 0U; }),
        "Shards whose connection for live events stands.");
  counter("taskfeed_redis_feed_losses_total", sum([](const auto& s) { return s.feed.losses; }),
          "Times that such a connection was lost, and then made again.");
  counter("taskfeed_redis_events_received_total",
          sum([](const auto& s) { return s.feed.published; }), "Live events that Redis sent.");
  counter("taskfeed_redis_connects_total", numbers_.redis_connects,
          "Connections that were made for requests and workers.");
  counter("taskfeed_redis_round_trips_total", numbers_.redis_round_trips,
          "Questions to Redis on them.");
  gauge("taskfeed_queue_length", health.queue_length,
        "Executions that wait for a worker, or are under way.");
  gauge("taskfeed_workers_alive", health.workers_alive, "Workers of the queue, on any machine.");
}

void Writer::bridge(const http::BridgeReport& report) {
  const auto number = [&report](std::string_view name) {
    for (const auto& [key, count] : report.counts) {
      if (key == name) return count;
    }
    return uint64_t{0};
  };
  gauge("taskfeed_bridge_listening", report.listening ? 1 : 0, "1 while the bridge hears.");
  counter("taskfeed_bridge_heard_total", number("heard"), "Publications that it heard.");
  gauge("taskfeed_bridge_waiting", number("waiting"), "Of these, not yet dealt with.");
  out_.family("taskfeed_bridge_events_total", MetricKind::kCounter,
              "What became of them: stored here, seen before or elsewhere, or dropped and why.");
  for (const std::string_view outcome :
       {"stored", "seen", "ended", "held", "unknown_task", "refused", "overflowed", "unreadable"}) {
    out_.sample(number(outcome), {{"outcome", std::string(outcome)}});
  }
  out_.family("taskfeed_bridge_unreadable_total", MetricKind::kCounter,
              "Publications that could not be read, and why.");
  for (const auto& [reason, count] : report.unreadable) out_.sample(count, {{"reason", reason}});
  counter("taskfeed_bridge_losses_total", number("losses"), "Times that it could not listen.");
  out_.family("taskfeed_bridge_deaf_seconds_total", MetricKind::kCounter, "For how long in all.");
  out_.sample(static_cast<double>(number("deaf_ms")) / 1'000);
}

void Writer::workers(const engine::RunCounts& runs) {
  gauge("taskfeed_tasks_running", numbers_.running, "Tasks under way in this process.");
  out_.family("taskfeed_task_runs_total", MetricKind::kCounter,
              "Runs of tasks, by how they ended; lost: their lease went to another worker.");
  for (const auto& [way, count] : runs) out_.sample(count, {{"outcome", std::string(way)}});
}

/// Under the names that every client library of Prometheus uses.
void Writer::process() {
  const ops::ProcessStats& process = numbers_.process;
  gauge("process_resident_memory_bytes", process.resident_bytes, "Resident memory size in bytes.");
  gauge("process_virtual_memory_bytes", process.virtual_bytes, "Virtual memory size in bytes.");
  gauge("process_open_fds", process.open_descriptors, "Number of open file descriptors.");
  gauge("process_max_fds", process.descriptors_max, "Maximum number of open file descriptors.");
  gauge("process_threads", process.threads, "Number of OS threads in the process.");
  out_.family("process_cpu_seconds_total", MetricKind::kCounter,
              "Total user and system CPU time spent in seconds.");
  out_.sample(process.cpu_seconds);
  out_.family("process_start_time_seconds", MetricKind::kGauge,
              "Start time of the process since unix epoch in seconds.");
  out_.sample(process.started_at);
}

}  // namespace

std::string metrics_text(const DaemonNumbers& numbers) {
  return Writer(numbers).text();
}

}  // namespace taskfeed::cmd
