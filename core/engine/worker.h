/// One slot of a worker: what happens to a queue's entry from take() to done().
///
/// Threads  carry_out() blocks its thread; beat() is called from another. No thread of its own.
/// Errors   None to the caller: an entry that cannot be carried out now stays in the queue.
/// Owns     Nothing. Borrows ports and waiter.
#pragma once

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

class Worker {
 public:
  Worker(const Ports& ports, WorkerOptions options, Waiter& waiter, LeaseKeeper& keeper);

  void carry_out(const broker::QueueEntry& entry);
  /// Renews the lease and hands the signals over.
  void beat(const broker::Lease& lease, Mailbox& mailbox);

 private:
  std::optional<broker::Claimed> claim(const broker::QueueEntry& entry);
  void refused(const broker::QueueEntry& entry, const Error& error);
  RunEnd run(broker::Claimed claimed);
  void settle(const broker::QueueEntry& entry, const RunEnd& end);

  const Ports ports_;
  const WorkerOptions options_;
  Waiter& waiter_;
  LeaseKeeper& keeper_;
};

}  // namespace taskfeed::engine
