/// What to do next: `decide(state, requests, now) -> [command]`.
///
/// Pure and total: no clock, no ids, no I/O. The engines (local and Temporal) carry the commands
/// out and write the facts that come back as events, which evolve() folds.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "workflow/state.h"

namespace taskfeed::workflow {

/// A question, by kind and call, and its answer.
struct Answered {
  QuestionKind kind = QuestionKind::kApproval;
  std::string call;
  Answer answer;
  bool timed_out = false;  ///< Nobody answered in time: refused, with the reason "timeout".
  bool operator==(const Answered&) const = default;
};

/// What people asked of the running task and no event has answered yet; the latest of pause and
/// resume wins, and cancel wins over both.
struct Requests {
  struct Request {
    std::string by;
    std::string reason;
    bool operator==(const Request&) const = default;
  };
  std::optional<Request> cancel;
  std::optional<Request> pause;
  std::optional<Request> resume;
  /// In the order in which they came; the first for a question counts.
  std::vector<Answered> answers;

  bool operator==(const Requests&) const = default;
};

/// Write WorkflowStarted.
struct Start {
  bool operator==(const Start&) const = default;
};
/// Carry out one step, in the mode of state.streaming: `execute_agent_step` (batch) or
/// `stream_adk_agent_activity` (streaming).
struct RunActivity {
  int step = 0;
  int attempt = 1;
  bool continued = false;  ///< The attempt had asked something; all of it is answered now.
  bool operator==(const RunActivity&) const = default;
};
/// Nothing until then, unless a request comes.
struct Wait {
  WallTime until;
  bool operator==(const Wait&) const = default;
};
/// Write WorkflowPaused and let go of the lease: a paused task holds no worker.
struct Pause {
  Requests::Request request;
  bool operator==(const Pause&) const = default;
};
/// Write WorkflowResumed and decide again.
struct Resume {
  Requests::Request request;
  bool operator==(const Resume&) const = default;
};
/// Paused and not asked to go on: let go of the lease.
struct Park {
  bool operator==(const Park&) const = default;
};
/// Write WorkflowApprovalReceived or WorkflowInputReceived for each and decide again.
struct TakeAnswers {
  std::vector<Answered> answers;
  bool operator==(const TakeAnswers&) const = default;
};
/// A person is to answer: let go of the lease. The task goes on when an answer comes, or at
/// `until`, when what nobody answered is refused.
struct Await {
  std::optional<WallTime> until;
  bool operator==(const Await&) const = default;
};
/// Write the terminal event: WorkflowCompleted with the response, WorkflowFailed, or
/// WorkflowCancelled. Once.
struct Finish {
  TaskStatus status = TaskStatus::kCompleted;
  std::string response;  ///< Final, or partial where the task failed.
  std::optional<TaskFailure> failure;
  Requests::Request request;  ///< Who cancelled.
  bool operator==(const Finish&) const = default;
};

using Command =
    std::variant<Start, RunActivity, Wait, Pause, Resume, Park, Finish, TakeAnswers, Await>;

inline constexpr std::string_view kBatchActivity = "execute_agent_step";
inline constexpr std::string_view kStreamingActivity = "stream_adk_agent_activity";

/// Empty once the state is terminal. Today at most one command; a list, because parallel tool
/// calls are several.
std::vector<Command> decide(const State& state, const Requests& requests, WallTime now);

}  // namespace taskfeed::workflow
