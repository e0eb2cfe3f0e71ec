/// The threads of a worker: N executors, one that takes from the queue, one that keeps the leases.
///
/// Threads  start(), stop() and the destructor from one thread. Everything else is inside.
/// Errors   None to the caller; what the broker refuses is logged.
/// Owns     Its threads. Borrows the ports, which must outlive it.
#pragma once

#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "engine/worker.h"

namespace taskfeed::engine {

struct PoolOptions {
  WorkerOptions worker;
  size_t concurrency = 4;         ///< Tasks at a time; one thread each. 1 to 256.
  Milliseconds take_wait{1'000};  ///< How long one take() waits in the broker.
  /// This task alone, and nothing else that is in the queue.
  std::optional<TaskId> only = std::nullopt;
};

class WorkerPool final : private LeaseKeeper {
 public:
  WorkerPool(const Ports& ports, PoolOptions options);
  /// As stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void start();
  /// Takes nothing any more, lets each task go after its activity, stops activities in the last
  /// part of WorkerLimits::drain, and returns when every lease is let go.
  void stop();
  /// Tasks under way: for health, and for "idle" in tests.
  size_t running() const;
  RunCounts counts() const { return worker_.counts(); }

 private:
  struct Held {
    broker::Lease lease;
    Mailbox* mailbox = nullptr;
    MonoTime renew_at;
  };

  void keep(const broker::Lease& lease, Mailbox& mailbox) override;
  void leave(const broker::Lease& lease) override;

  void dispatch(const std::stop_token& stop);
  void execute(const std::stop_token& stop);
  void keep_leases(const std::stop_token& stop);
  void beat_due(const std::vector<TaskId>& signalled, bool all);
  Milliseconds wait_until_renewal(const std::stop_token& stop);
  size_t wait_for_free_slots(const std::stop_token& stop);
  /// For `time` or until stopped.
  void rest(Milliseconds time, const std::stop_token& stop);
  void tell_all(void (Mailbox::*what)());

  const Ports ports_;
  const PoolOptions options_;
  MailboxWaiter waiter_;
  Worker worker_;

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<broker::QueueEntry> taken_ TF_GUARDED_BY(mutex_);
  size_t busy_ TF_GUARDED_BY(mutex_) = 0;
  std::map<TaskId, Held> held_ TF_GUARDED_BY(mutex_);
  /// The task whose mailbox the keeper's thread uses outside the lock: leave() waits for it.
  std::optional<TaskId> beating_ TF_GUARDED_BY(mutex_);
  bool draining_ TF_GUARDED_BY(mutex_) = false;
  bool stopping_ TF_GUARDED_BY(mutex_) = false;

  std::vector<std::jthread> executors_;
  std::jthread dispatcher_;
  std::jthread keeper_;
};

}  // namespace taskfeed::engine
