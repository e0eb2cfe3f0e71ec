#include "redis_watch.h"

#include <algorithm>

#include "redis/server_check.h"

namespace taskfeed::cmd {
namespace {

redis::BrokerOptions broker_options(const WatchLimits& limits) {
  redis::BrokerOptions options;
  options.client.timeout = limits.timeout;
  options.client.backoff_max = std::max(options.client.backoff_initial, limits.interval);
  return options;
}

}  // namespace

RedisWatch::RedisWatch(const redis::Url& url, const QueueName& queue, const Clock& clock, Log& log,
                       const WatchLimits& limits)
    : url_(url),
      queue_(queue),
      log_(log),
      limits_(limits),
      broker_(url, clock, broker_options(limits)) {}

void RedisWatch::start(Arrival on_arrival) {
  on_arrival_ = std::move(on_arrival);
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void RedisWatch::renew() {
  const Locked lock(mutex_);
  renew_ = true;
  changed_.notify_all();
}

RedisWatch::State RedisWatch::state() const {
  const Locked lock(mutex_);
  return state_;
}

void RedisWatch::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    look();
    const Locked lock(mutex_);
    changed_.wait_for(mutex_, stop, limits_.interval,
                      [this]() TF_REQUIRES(mutex_) { return renew_; });
    if (renew_) greeted_ = false;
    renew_ = false;
  }
}

void RedisWatch::look() {
  if (!greeted_) {
    const redis::ServerCheck found = redis::check_server(url_, limits_.timeout);
    if (found.verdict != redis::ServerCheck::Verdict::kReady) {
      return became({true, false, found.text, 0, 0});
    }
  }
  const Result<redis::QueueState> queue = broker_.queue_state(queue_);
  // Emptied without a restart: what was declared is gone.
  const Result<std::string> store = queue ? broker_.store_id() : queue.error();
  if (store && *store != store_seen_) {
    if (!store_seen_.empty()) log_.warn("Redis at " + url_.str() + " was emptied");
    store_seen_ = *store;
    greeted_ = false;
  }
  // Without memory it still answers, and readers are served.
  const bool answers = queue || queue.error().code == Errc::kFull;
  // The broker repeats what a restart cut off, so that no call fails; but its connection is
  // another.
  if (broker_.connects() != connects_seen_) greeted_ = false;
  connects_seen_ = broker_.connects();
  if (!answers) {
    greeted_ = false;
  } else if (!greeted_) {
    warn();
    greeted_ = on_arrival_();
  }
  if (queue) return became({true, true, {}, queue->length, queue->workers_alive});
  became({true, answers, queue.error().text, 0, 0});
}

void RedisWatch::warn() {
  std::vector<std::string> warnings = broker_.warnings();
  for (const std::string& warning : warnings) {
    if (std::find(warned_.begin(), warned_.end(), warning) == warned_.end()) log_.warn(warning);
  }
  warned_ = std::move(warnings);
}

void RedisWatch::became(State state) {
  State before;
  {
    const Locked lock(mutex_);
    before = state_;
    state_ = state;
  }
  report(before, state);
}

void RedisWatch::report(const State& before, const State& now) {
  if (now.reachable && !before.reachable) log_.info("Redis at " + url_.str() + " answers");
  if (!now.detail.empty() && now.detail != before.detail) log_.error(now.detail);
}

}  // namespace taskfeed::cmd
