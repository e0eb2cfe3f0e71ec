/// Bridges on a real Redis, each on a loop of its own, as a daemon has one.
///
/// Threads  The test's; each bridge has one.
/// Errors   A set-up that fails aborts.
/// Owns     Its loop, thread and connections.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "redis/redis_bridge.h"
#include "redis/redis_broker.h"
#include "support/ids.h"
#include "support/recording_log.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::testing {

/// Runs what it is given on a loop's thread of its own.
class LoopThread {
 public:
  LoopThread() : loop_(loop::Loop::create().value()), thread_([this] { loop_->run(); }) {}
  ~LoopThread() {
    loop_->stop();
    thread_.join();
  }
  loop::Loop& loop() { return *loop_; }
  void run(const std::function<void()>& action) {
    std::promise<void> done;
    loop_->post([&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  std::unique_ptr<loop::Loop> loop_;
  std::thread thread_;
};

inline redis::RedisBridgeOptions fast_bridge(std::vector<std::string> patterns = {"workflow.*"}) {
  redis::RedisBridgeOptions options;
  options.patterns = std::move(patterns);
  options.bridge.create = true;
  options.bridge.limits.backoff_initial = Milliseconds(5);
  for (redis::LinkLimits* limits : {&options.ear, &options.store.link}) {
    limits->timeout = Milliseconds(500);
    limits->watch_interval = Milliseconds(20);
    limits->backoff_initial = Milliseconds(5);
    limits->backoff_max = Milliseconds(50);
  }
  options.look_interval = Milliseconds(5);
  return options;
}

/// A daemon's bridge; it dies with its object, at once and with what it had in hand.
class ABridge {
 public:
  explicit ABridge(const std::string& url,
                   const redis::RedisBridgeOptions& options = fast_bridge()) {
    thread_.run([&] {
      bridge_ = std::make_unique<redis::RedisBridge>(thread_.loop(), redis::Url::parse(url).value(),
                                                     redis::RedisBridge::Ports{log, clock_, ids_},
                                                     options);
    });
  }
  ~ABridge() {
    thread_.run([this] { bridge_.reset(); });
  }

  /// What `question` answers about the bridge, on its loop.
  template <class Question>
  auto ask(Question question) {
    std::promise<decltype(question(*bridge_))> answer;
    thread_.loop().post([&] { answer.set_value(question(*bridge_)); });
    return answer.get_future().get();
  }

  bool listens() {
    return eventually([this] { return ask([](auto& bridge) { return bridge.listening(); }); });
  }
  bridge::Stats stats() {
    return ask([](auto& bridge) { return bridge.stats(); });
  }
  redis::EarStats ear() {
    return ask([](auto& bridge) { return bridge.ear_stats(); });
  }
  /// Heard so many, and has nothing left in hand.
  bool has_handled(uint64_t heard) {
    return eventually([&] {
      return ask(
          [&](auto& bridge) { return bridge.stats().heard >= heard && bridge.waiting() == 0; });
    });
  }

  RecordingLog log;

 private:
  SystemClock clock_;
  SystemIdSource ids_{clock_};
  LoopThread thread_;
  std::unique_ptr<redis::RedisBridge> bridge_;
};

}  // namespace taskfeed::testing
