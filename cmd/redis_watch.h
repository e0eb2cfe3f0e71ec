/// Looks at Redis once a second, from a thread of its own, so that whoever asks how things stand is
/// answered from memory, also while Redis hangs.
///
/// Threads  state() from any. `on_arrival` runs on the watch's thread; the rest is one thread's.
/// Errors   What is wrong with Redis is the state. Each change is logged once.
/// Owns     Its thread and connection. Borrows Clock and Log.
#pragma once

#include <condition_variable>
#include <functional>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "redis/redis_broker.h"

namespace taskfeed::cmd {

struct WatchLimits {
  Milliseconds interval{1'000};
  Milliseconds timeout{1'000};  ///< For Redis to answer.
};

class RedisWatch {
 public:
  struct State {
    bool looked = false;  ///< At least once.
    bool reachable = false;
    std::string detail;  ///< Why not, in a sentence.
    size_t queue_length = 0;
    size_t workers_alive = 0;
  };
  /// Called each time Redis came, the first time included, before state() says so; also where it
  /// was restarted between two looks, or emptied, perhaps without what it held. False: try again
  /// with the next look.
  using Arrival = std::function<bool()>;

  RedisWatch(const redis::Url& url, const QueueName& queue, const Clock& clock, Log& log,
             const WatchLimits& limits = {});
  RedisWatch(const RedisWatch&) = delete;
  RedisWatch& operator=(const RedisWatch&) = delete;

  void start(Arrival on_arrival);
  /// The arrival is called again with the next look.
  void renew();
  State state() const;

 private:
  void watch(const std::stop_token& stop);
  void look();
  /// Of settings that endanger events; each once, until it is mended.
  void warn();
  void became(State state);
  void report(const State& before, const State& now);

  const redis::Url url_;
  const QueueName queue_;
  Log& log_;
  const WatchLimits limits_;
  redis::RedisBroker broker_;
  Arrival on_arrival_;
  // The watch's thread alone.
  bool greeted_ = false;
  uint64_t connects_seen_ = 0;
  std::string store_seen_;
  std::vector<std::string> warned_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  State state_ TF_GUARDED_BY(mutex_);
  bool renew_ TF_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // Last: ends first.
};

}  // namespace taskfeed::cmd
