/// One shard of the daemon: a thread, its loop, its connections to Redis, its hub, its sockets.
/// Nothing of it is shared with another shard (core/README.md, "Shards").
///
/// Threads  Constructed, opened, drained and destroyed by the daemon's main thread; the numbers may
///          be read from any. All else happens on the shard's own thread.
/// Errors   create() reports a kernel that gives no loop; open() a socket that cannot be watched.
/// Owns     The thread and all on it. Borrows Api, RequestPool, Clock and Log, which outlive it;
///          the pool is stopped before the shard is destroyed.
#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "http/server.h"
#include "redis/redis_feed.h"

namespace taskfeed::cmd {

struct ShardPorts {
  const http::Api& api;
  http::RequestPool& pool;
  const Clock& clock;
  Log& log;
};

struct ShardLimits {
  hub::Limits hub;
  http::ServerLimits server;
};

/// What a shard has counted.
struct ShardStats {
  http::ServerStats server;
  http::RequestStats requests;
  hub::Stats hub;
  redis::FeedStats feed;
  bool feed_connected = false;
};

/// A socket of a shard, and whom it answers.
struct Door {
  http::ListeningSocket socket;
  http::Access access;
};

class Shard {
 public:
  static Result<std::unique_ptr<Shard>> create(const redis::Url& url, const ShardPorts& ports,
                                               const ShardLimits& limits);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Blocks until the loop watches all of them.
  Result<void> open(std::vector<Door> doors);
  /// Streams are told to come back; whatever is left after `grace` is closed. Then idle().
  void drain(Milliseconds grace);
  bool idle() const { return idle_.load(); }
  size_t streams() const { return streams_.load(); }
  /// As of the loop's next turn. The numbers are plain ones of the loop's thread, so that counting
  /// costs nothing; a loop that does not turn does not answer.
  std::future<ShardStats> ask_stats();
  /// Grows while the loop turns: for the watchdog.
  uint64_t beats() const { return beats_.load(); }

 private:
  class Side;
  explicit Shard(std::unique_ptr<loop::Loop> loop);

  std::unique_ptr<loop::Loop> loop_;
  std::unique_ptr<Side> side_;  // Only touched on the loop's thread, once that runs.
  std::atomic<bool> idle_{false};
  std::atomic<size_t> streams_{0};
  std::atomic<uint64_t> beats_{0};
  std::thread thread_;
};

}  // namespace taskfeed::cmd
