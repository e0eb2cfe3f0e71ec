#include "daemon.h"

#include <algorithm>
#include <csignal>

#include <sys/resource.h>

#include "daemon_metrics.h"
#include "version.h"

namespace taskfeed::cmd {
namespace {

constexpr Milliseconds kBeat{50};
/// READY waits so long for a Redis that is coming up beside us, and then no longer.
constexpr Milliseconds kReadyPatience{10'000};
/// For what the bridge has heard, after all else has ended.
constexpr Milliseconds kBridgeGrace{2'000};
/// For shards to tell their numbers: a turn of the loop takes microseconds.
constexpr Milliseconds kShardPatience{500};
/// Descriptors that are no client's: Redis, files, pipes of the workers' programs.
constexpr size_t kDescriptorsKept = 512;
constexpr size_t kConnectionsMax = 100'000;  // Of a shard, whatever the system allows.

size_t connections_for_each(size_t shards) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return http::ServerLimits{}.connections_max;
  const auto all = static_cast<size_t>(std::min<rlim_t>(limit.rlim_cur, 100 * kConnectionsMax));
  const size_t kept = std::min(kDescriptorsKept, all / 2);
  return std::clamp<size_t>((all - kept) / shards, 1, kConnectionsMax);
}

engine::WorkerLimits worker_limits(Milliseconds drain) {
  engine::WorkerLimits limits;
  limits.drain = drain;
  limits.drain_stop = std::min(limits.drain_stop, drain / 2);
  return limits;
}

}  // namespace

ShardLimits shard_limits(size_t shards) {
  ShardLimits limits;
  limits.server.connections_max = connections_for_each(shards);
  limits.server.streams_max = limits.server.connections_max;
  limits.hub.subscriptions_max = std::max(limits.hub.subscriptions_max, limits.server.streams_max);
  return limits;
}

Daemon::Daemon(DaemonOptions options, const redis::Url& url, Deps& deps)
    : options_(std::move(options)),
      deps_(deps),
      ports_{deps.clock, deps.ids, deps.log},
      url_(url),
      manager_(deps.environment),
      core_(url_, options_.queue, ports_),
      agents_(options_.agents_folder),
      watch_(url_, options_.queue, deps.clock, deps.log),
      api_({core_.tasks, *this, std::string(kVersion), deps.clock, core_.places}),
      pool_(deps.clock, {}) {}

Daemon::~Daemon() {
  deps_.interrupts.on_signal({});
  if (workers_ending_.joinable()) workers_ending_.join();
  bridge_.reset();
  // Jobs post to the shards' loops.
  pool_.stop();
  shards_.clear();
  hangup_.reset();
  timer_.reset();
}

Result<void> Daemon::open() {
  const Result<size_t> declared = agents_.load();
  if (!declared) return declared.error();
  if (auto loaded = load_tokens(); !loaded) return loaded;
  Result<std::unique_ptr<loop::Loop>> loop = loop::Loop::create();
  if (!loop) return loop.error();
  loop_ = *std::move(loop);
  // Before there is a door: requests ask how it is.
  if (auto opened = open_bridge(); !opened) return opened;
  make_workers();
  if (auto opened = open_shards(); !opened) return opened;
  hangup_ = std::make_unique<loop::SignalWatch>(*loop_, SIGHUP, [this] { reload(); });
  timer_ = std::make_unique<loop::Timer>(*loop_);
  watch_.start([this] { return redis_arrived(); });
  if (workers_) workers_->start();
  return {};
}

void Daemon::make_workers() {
  if (options_.workers == 0) return;
  WorkersOptions pool;
  pool.queue = options_.queue;
  pool.concurrency = options_.workers;
  pool.limits = worker_limits(options_.drain);
  workers_ = std::make_unique<LocalWorkers>(core_, pool, ports_);
}

Result<void> Daemon::open_bridge() {
  if (options_.bridge.patterns.empty()) return {};
  auto bridge = BridgeThread::start(url_, options_.bridge, ports_);
  if (!bridge) return bridge.error();
  bridge_ = *std::move(bridge);
  return {};
}

void Daemon::run() {
  begun_ = deps_.clock.mono();
  timer_->start(Milliseconds(0), kBeat, [this] { beat(); });
  deps_.interrupts.on_signal([this] { loop_->post([this] { begin_drain(); }); });
  loop_->run();
}

void Daemon::beat() {
  if (draining_) return drained();
  if (!ready_told_) {
    const bool patient = deps_.clock.mono() - begun_ < kReadyPatience;
    // Who starts after us, and publishes, is heard.
    const bool hears = !bridge_ || bridge_->report().listening;
    if ((watch_.state().reachable && hears) || !patient) tell_ready();
  }
  tell_status();
  const auto interval = manager_.watchdog_interval();
  if (!interval || deps_.clock.mono() - fed_at_ < *interval) return;
  bool all_turn = true;
  beats_seen_.resize(shards_.size());
  for (size_t i = 0; i < shards_.size(); ++i) {
    const uint64_t beats = shards_[i]->beats();
    all_turn = all_turn && beats != beats_seen_[i];
    beats_seen_[i] = beats;
  }
  fed_at_ = deps_.clock.mono();
  if (bridge_) {
    const uint64_t beats = bridge_->beats();
    all_turn = all_turn && beats != bridge_beats_seen_;
    bridge_beats_seen_ = beats;
  }
  if (all_turn) manager_.alive();
}

void Daemon::tell_ready() {
  ready_told_ = true;
  manager_.ready("serving");
  status_told_.clear();
}

void Daemon::tell_status() {
  if (!ready_told_) return;
  const http::HealthReport now = health();
  std::string text = now.redis_reachable ? "serving" : "waiting for Redis";
  text += "; " + std::to_string(now.streams) + " streams";
  if (workers_) text += ", " + std::to_string(workers_->running()) + " tasks under way";
  if (text == status_told_) return;
  manager_.status(text);
  status_told_ = std::move(text);
}

bool Daemon::redis_arrived() {
  const Result<void> put = agents_.put(core_.tasks);
  if (put) return true;
  deps_.log.error("the agents of " + options_.agents_folder +
                  " could not be stored, and are stored again soon: " + put.error().text);
  return false;
}

void Daemon::reload() {
  manager_.reloading(deps_.clock.mono());
  const Result<size_t> declared = agents_.load();
  if (declared) {
    deps_.log.info("read again: " + std::to_string(*declared) + " agents are declared");
    watch_.renew();
  } else {
    deps_.log.error(declared.error().text + "; the agents stay as they were");
  }
  if (auto tokens = load_tokens(); !tokens) {
    deps_.log.error(tokens.error().text + "; the tokens stay as they were");
  }
  manager_.ready("serving");
  status_told_.clear();
}

http::HealthReport Daemon::health() {
  const RedisWatch::State redis = watch_.state();
  http::HealthReport report;
  report.redis_reachable = redis.reachable;
  report.redis_detail = redis.looked ? redis.detail : "not looked at yet";
  report.queue_length = redis.queue_length;
  report.workers_alive = redis.workers_alive;
  for (const auto& shard : shards_) report.streams += shard->streams();
  report.draining = draining_;
  if (bridge_) report.bridge = bridge_->report();
  return report;
}

std::string Daemon::metrics() {
  std::vector<std::future<ShardStats>> asked;
  for (const auto& shard : shards_) asked.push_back(shard->ask_stats());
  DaemonNumbers numbers{.version = std::string(kVersion),
                        .shards = shards_.size(),
                        .answered = {},
                        .health = health(),
                        .requests_queued = pool_.queued(),
                        .redis_connects = core_.broker.connects(),
                        .redis_round_trips = core_.broker.round_trips(),
                        .runs = {},
                        .running = 0,
                        .process = ops::process_stats()};
  if (workers_) {
    numbers.runs = workers_->counts();
    numbers.running = workers_->running();
  }
  const auto until = std::chrono::steady_clock::now() + kShardPatience;
  for (std::future<ShardStats>& each : asked) {
    if (each.wait_until(until) == std::future_status::ready) {
      numbers.answered.push_back(each.get());
    }
  }
  return metrics_text(numbers);
}

void Daemon::begin_drain() {
  if (draining_) return;
  draining_ = true;
  manager_.stopping();
  const http::HealthReport now = health();
  deps_.log.info("ending: " + std::to_string(now.streams) + " streams and " +
                 std::to_string(workers_ ? workers_->running() : 0) + " tasks under way");
  drain_until_ = deps_.clock.mono() + options_.drain;
  for (const auto& shard : shards_) shard->drain(options_.drain);
  workers_ending_ = std::thread([this] {
    if (workers_) workers_->stop();
    workers_ended_ = true;
  });
}

void Daemon::drained() {
  bool idle = workers_ended_;
  for (const auto& shard : shards_) idle = idle && shard->idle();
  // Workers keep to the drain by themselves; their leases matter more than the second.
  const bool late = workers_ended_ && deps_.clock.mono() >= drain_until_;
  if (!idle && !late) return;
  if (bridge_) bridge_->finish(kBridgeGrace);
  loop_->stop();
}

}  // namespace taskfeed::cmd
