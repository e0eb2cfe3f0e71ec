/// The threads on which requests are answered, shared by all shards.
///
/// Two lanes: slow calls (Redis away, a long page) never hold up a probe, which has a thread of its
/// own. A connection has at most one job here, so the queue is bounded by the connections too; the
/// wait in it is bounded since an answer that nobody waits for any more helps nobody.
///
/// Threads  submit() from any thread; a job runs on one of the pool's. stop() and the destructor
///          from the owner, before any loop that jobs post to is destroyed.
/// Errors   submit() answers false where the lane is full or the pool stopped: the caller answers
///          503 with Retry-After.
/// Owns     Its threads and the queued jobs.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace taskfeed::http {

struct PoolLimits {
  size_t threads = 8;                ///< Of the lane of calls; they mostly wait for Redis.
  size_t calls_queued_max = 16'384;  ///< A whole shard's readers may come back at once.
  size_t probes_queued_max = 1'024;
  Milliseconds queue_wait_max{10'000};  ///< After that a job is told that it is late.
};

enum class Lane : uint8_t { kCalls, kProbes };

class RequestPool {
 public:
  /// `late`: it waited over queue_wait_max, or the pool is being stopped; refuse without work.
  using Job = std::function<void(bool late)>;

  RequestPool(const Clock& clock, const PoolLimits& limits);
  /// As stop().
  ~RequestPool();
  RequestPool(const RequestPool&) = delete;
  RequestPool& operator=(const RequestPool&) = delete;

  [[nodiscard]] bool submit(Lane lane, Job job);
  /// Lets running jobs end, runs the queued ones as late, joins the threads. Once.
  void stop();
  size_t queued() const;

 private:
  struct Queued {
    Job job;
    MonoTime since;
  };
  struct Taken {
    Job job;
    bool late = false;
  };
  /// Waits; nothing once the pool is stopped and the lane empty.
  std::optional<Taken> take(Lane lane);
  void work(Lane lane);

  const Clock& clock_;
  const PoolLimits limits_;
  mutable Mutex mutex_;
  std::array<std::condition_variable_any, 2> changed_;
  std::array<std::deque<Queued>, 2> queues_ TF_GUARDED_BY(mutex_);
  bool stopping_ TF_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace taskfeed::http
