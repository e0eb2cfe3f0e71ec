/// The daemon's bridge: a thread of its own that hears plain publishers and stores what they say.
///
/// Beside the shards, so that reading what strangers publish never delays a stream.
///
/// Threads  Started, finished and destroyed by one thread; report() and beats() from any.
/// Errors   start() reports a kernel that gives no loop. All else is counted, and in the log.
/// Owns     Its thread, loop and connections. Borrows Clock, IdSource and Log.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "base/mutex.h"
#include "http/api.h"
#include "redis/redis_bridge.h"
#include "redis_core.h"

namespace taskfeed::cmd {

class BridgeThread final {
 public:
  static Result<std::unique_ptr<BridgeThread>> start(const redis::Url& url,
                                                     const redis::RedisBridgeOptions& options,
                                                     const CorePorts& ports);
  /// At once, with what is in hand; finish() first.
  ~BridgeThread();
  BridgeThread(const BridgeThread&) = delete;
  BridgeThread& operator=(const BridgeThread&) = delete;

  /// As of a beat ago.
  http::BridgeReport report() const;
  /// Grows while the loop turns: for the watchdog.
  uint64_t beats() const { return beats_.load(); }
  /// Listens no longer, and blocks until all that was heard is stored, `grace` at most.
  void finish(Milliseconds grace);

 private:
  BridgeThread(std::unique_ptr<loop::Loop> loop, const CorePorts& ports);
  void begin(const redis::Url& url, const redis::RedisBridgeOptions& options);
  void beat();

  const CorePorts ports_;
  std::unique_ptr<loop::Loop> loop_;
  mutable Mutex mutex_;
  http::BridgeReport report_ TF_GUARDED_BY(mutex_);
  std::atomic<uint64_t> beats_{0};

  // Only touched on the loop's thread, once that runs.
  std::unique_ptr<redis::RedisBridge> bridge_;
  std::unique_ptr<loop::Timer> timer_;
  std::optional<MonoTime> finish_by_;
  std::promise<void> finished_;

  std::thread thread_;
};

}  // namespace taskfeed::cmd
