/// One claim of one task: decide, carry out, commit, until it ends, parks, waits long or is lost.
///
/// No thread, no sleep and no clock of its own: it is steppable, and a simulation kills it at any
/// call to the broker.
///
/// Threads  carry_out() blocks its thread. Only `mailbox` is touched by others.
/// Errors   RunEnd says what becomes of the queue's entry.
/// Owns     The journal. Borrows ports, waiter, mailbox.
#pragma once

#include <optional>
#include <string>

#include "engine/activity_sink.h"
#include "engine/journal.h"
#include "engine/mailbox.h"
#include "engine/ports.h"
#include "workflow/decide.h"

namespace taskfeed::engine {

struct RunEnd {
  enum class How {
    kFinished,     ///< The terminal event is written.
    kParked,       ///< Paused: the lease is let go.
    kAwaiting,     ///< A person is to answer: the lease is let go, for ever or until `after`.
    kDeferred,     ///< The lease is let go until `after` has passed.
    kReleased,     ///< The worker ends: the next one goes on.
    kCrashed,      ///< The runner threw; `error` says what.
    kPoison,       ///< Claimed too often: failed, and to be set aside.
    kLost,         ///< Another's now.
    kUnavailable,  ///< The broker stayed away; whoever finds the task goes on.
  };
  How how = How::kFinished;
  Milliseconds after{0};  ///< Of kAwaiting: 0 is for ever.
  std::string error;
  TaskStatus status = TaskStatus::kRunning;  ///< The task's, as this run left it.
};

class TaskRun {
 public:
  TaskRun(const Ports& ports, const WorkerLimits& limits, Waiter& waiter, Mailbox& mailbox,
          broker::Claimed claimed);

  RunEnd carry_out();

 private:
  /// Empty: decide again.
  using Next = std::optional<RunEnd>;

  Next step();
  Next carry(const workflow::Start&);
  Next carry(const workflow::RunActivity& command);
  Next carry(const workflow::Wait& command);
  Next carry(const workflow::Pause& command);
  Next carry(const workflow::Resume& command);
  Next carry(const workflow::Park&);
  Next carry(const workflow::Finish& command);
  Next carry(const workflow::TakeAnswers& command);
  Next carry(const workflow::Await& command);

  Next run_activity(const workflow::RunActivity& command);
  runner::Activity activity(int step, int attempt, bool continued,
                            const workflow::Conversation* conversation) const;
  /// Where the task ends within a step that is not completed: charges for what its attempts had
  /// begun. Empty: it may end.
  Next settle();
  /// Asks what the activity wants to know; decide() then waits for the answers.
  Next ask(const workflow::RunActivity& command, const runner::Outcome& outcome);
  Next conclude(const workflow::RunActivity& command, const runner::Outcome& outcome,
                ActivitySink& sink, Milliseconds duration);
  /// Empty once the agent and its runner are at hand; otherwise the task has ended for it.
  Next ensure_agent();
  struct Unready {
    std::optional<Error> unavailable;  ///< The broker did not answer; else `failure` says why.
    TaskFailure failure;
  };
  std::optional<Unready> find_agent();
  /// Asks whether the task is still ours, where so long has passed that it may be another's: a
  /// batch begins a step without a commit that would tell.
  Next ensure_lease();
  Next fail(TaskFailure failure);
  RunEnd poison();
  RunEnd let_go(RunEnd end);
  Next commit(Journal::Keep keep, RunEnd end);
  RunEnd unavailable(const Error& error);

  const Ports& ports_;
  const WorkerLimits& limits_;
  Waiter& waiter_;
  Mailbox& mailbox_;
  const std::string last_error_;
  Journal journal_;
  std::optional<runner::AgentConfig> agent_;
  runner::Runner* runner_ = nullptr;
  std::string newest_signal_;  ///< Of the requests that were decided upon.
  bool asked_to_move_ = false;
  MonoTime sure_at_;  ///< Of the lease.
};

/// Renews the lease, hands the signals over, and tells the mailbox of a lease that is lost. Other
/// errors say nothing of the lease: a commit finds out.
Result<void> renew_lease(const Ports& ports, const WorkerLimits& limits, const broker::Lease& lease,
                         Mailbox& mailbox);

}  // namespace taskfeed::engine
