/// One slot of a worker: what happens to a queue's entry from take() to done().
///
/// Threads  carry_out() blocks its thread; beat() is called from another. No thread of its own.
/// Errors   None to the caller: an entry that cannot be carried out now stays in the queue.
/// Owns     Nothing. Borrows ports and waiter.
#pragma once

#include <map>
#include <string_view>

#include "base/mutex.h"
#include "engine/mailbox.h"
#include "engine/ports.h"
#include "engine/task_run.h"

namespace taskfeed::engine {

struct WorkerOptions {
  WorkerId id;
  QueueName queue;
  WorkerLimits limits;
};

/// Who keeps a lease alive while a run goes on.
class LeaseKeeper {
 public:
  virtual void keep(const broker::Lease& lease, Mailbox& mailbox) = 0;
  /// After this, `mailbox` is touched no more.
  virtual void leave(const broker::Lease& lease) = 0;

 protected:
  ~LeaseKeeper() = default;
};

/// How often runs ended in which way, since the worker began: completed, failed and cancelled
/// tasks; poison, which failed too; paused; deferred to a retry; released at the worker's end;
/// crashed; lost, their lease being another's; unavailable, since the broker was. Every way stands
/// in it.
using RunCounts = std::map<std::string_view, uint64_t>;

class Worker {
 public:
  Worker(const Ports& ports, WorkerOptions options, Waiter& waiter, LeaseKeeper& keeper);

  void carry_out(const broker::QueueEntry& entry);
  /// Renews the lease and hands the signals over.
  void beat(const broker::Lease& lease, Mailbox& mailbox);
  RunCounts counts() const;

 private:
  std::optional<broker::Claimed> claim(const broker::QueueEntry& entry);
  bool has_signals(const TaskId& task);
  void refused(const broker::QueueEntry& entry, const Error& error);
  RunEnd run(broker::Claimed claimed);
  void settle(const broker::QueueEntry& entry, const RunEnd& end);
  void count(const RunEnd& end);

  const Ports ports_;
  const WorkerOptions options_;
  Waiter& waiter_;
  LeaseKeeper& keeper_;
  mutable Mutex mutex_;
  RunCounts counts_ TF_GUARDED_BY(mutex_);
};

}  // namespace taskfeed::engine
