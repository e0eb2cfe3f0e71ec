#include "engine/worker.h"

#include <array>

#include "base/assert.h"

namespace taskfeed::engine {

namespace {

using How = RunEnd::How;

/// Nothing is to be done until somebody executes or resumes it, which makes a new entry.
bool rests(const broker::StoredTask& stored) {
  const TaskStatus status = stored.task.status;
  return !stored.holder &&
         (status == TaskStatus::kSubmitted || status == TaskStatus::kPaused || is_terminal(status));
}

constexpr std::array<std::string_view, 11> kWays{"completed", "failed",   "cancelled",  "paused",
                                                 "waiting",   "deferred", "released",   "crashed",
                                                 "poison",    "lost",     "unavailable"};

/// One of kWays.
std::string_view way_of(const RunEnd& end) {
  switch (end.how) {
    case How::kFinished:
      // A task that a foreign publisher ended meanwhile, too.
      return is_terminal(end.status) ? to_string(end.status) : "released";
    case How::kParked:
      return "paused";
    case How::kAwaiting:
      return "waiting";
    case How::kDeferred:
      return "deferred";
    case How::kReleased:
      return "released";
    case How::kCrashed:
      return "crashed";
    case How::kPoison:
      return "poison";
    case How::kLost:
      return "lost";
    case How::kUnavailable:
      return "unavailable";
  }
  TF_ASSERT_TEXT(false, "a RunEnd outside its enumeration");
  return {};
}

}  // namespace

Worker::Worker(const Ports& ports, WorkerOptions options, Waiter& waiter, LeaseKeeper& keeper)
    : ports_(ports), options_(std::move(options)), waiter_(waiter), keeper_(keeper) {
  for (const std::string_view way : kWays) counts_[way] = 0;
}

RunCounts Worker::counts() const {
  const Locked lock(mutex_);
  return counts_;
}

void Worker::count(const RunEnd& end) {
  const Locked lock(mutex_);
  ++counts_.at(way_of(end));
}

void Worker::carry_out(const broker::QueueEntry& entry) {
  bool parked = false;
  for (;;) {
    std::optional<broker::Claimed> claimed = claim(entry);
    if (!claimed) return;
    // A store that lets an idle paused task be claimed must not keep us turning.
    if (parked && claimed->signals.empty()) {
      (void)ports_.leases.release(claimed->lease, {});
      (void)ports_.queue.done(options_.queue, entry);
      return;
    }
    const RunEnd end = run(*std::move(claimed));
    // A resume that came between the pause and the end of the lease was stored while the lease
    // still stood, so nobody has put the task back into the queue: claim it once more.
    parked = end.how == How::kParked;
    const bool answered = end.how == How::kAwaiting && has_signals(entry.task);
    if (!parked && !answered) return settle(entry, end);
  }
}

bool Worker::has_signals(const TaskId& task) {
  // What came before the lease was let go put nothing into the queue; what comes from now on does.
  const Result<broker::StoredTask> stored = ports_.tasks.load(task);
  return !stored || !stored->signals.empty();
}

std::optional<broker::Claimed> Worker::claim(const broker::QueueEntry& entry) {
  Result<broker::Claimed> claimed =
      ports_.leases.claim(entry.task, options_.id, options_.limits.lease_interval);
  if (claimed) return *std::move(claimed);
  refused(entry, claimed.error());
  return std::nullopt;
}

void Worker::refused(const broker::QueueEntry& entry, const Error& error) {
  switch (error.code) {
    case Errc::kEnded:
    case Errc::kNotFound:
      (void)ports_.queue.done(options_.queue, entry);
      return;
    case Errc::kConflict: {
      // Another's lease may yet expire without an outcome, and this entry may be the one that
      // brings the task to somebody else: it is only done with where the task rests.
      const Result<broker::StoredTask> stored = ports_.tasks.load(entry.task);
      if (!stored) return;
      if (rests(*stored)) {
        (void)ports_.queue.done(options_.queue, entry);
      } else {
        (void)ports_.queue.defer(options_.queue, entry, options_.limits.lease_interval);
      }
      return;
    }
    default:
      // The queue hands the entry out again.
      ports_.log.warn("task " + entry.task.str() + " cannot be claimed: " + error.text);
  }
}

RunEnd Worker::run(broker::Claimed claimed) {
  Mailbox mailbox;
  mailbox.deliver(claimed.signals);
  const broker::Lease lease = claimed.lease;
  TaskRun run(ports_, options_.limits, waiter_, mailbox, std::move(claimed));
  keeper_.keep(lease, mailbox);
  RunEnd end = run.carry_out();
  keeper_.leave(lease);
  count(end);
  return end;
}

void Worker::settle(const broker::QueueEntry& entry, const RunEnd& end) {
  // An answer that does not come is no harm: the entry comes again, and the claim says what is so.
  const QueueName& queue = options_.queue;
  switch (end.how) {
    case How::kFinished:
    case How::kParked:
      (void)ports_.queue.done(queue, entry);
      break;
    case How::kAwaiting:
      if (end.after > Milliseconds(0)) {
        (void)ports_.queue.defer(queue, entry, end.after);
      } else {
        (void)ports_.queue.done(queue, entry);
      }
      break;
    case How::kDeferred:
    case How::kReleased:
    case How::kCrashed:
      if (!end.error.empty()) {
        ports_.log.error("task " + entry.task.str() + " is tried again: " + end.error);
      }
      (void)ports_.queue.defer(queue, entry, end.after);
      break;
    case How::kPoison:
      ports_.log.error("task " + entry.task.str() + " is set aside: " + end.error);
      (void)ports_.queue.set_aside(queue, entry, end.error);
      break;
    case How::kUnavailable:
      (void)ports_.queue.defer(queue, entry, options_.limits.backoff_max);
      break;
    case How::kLost:
      break;
  }
}

void Worker::beat(const broker::Lease& lease, Mailbox& mailbox) {
  (void)renew_lease(ports_, options_.limits, lease, mailbox);
}

}  // namespace taskfeed::engine
