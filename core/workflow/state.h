/// The workflow as a fold: `evolve(state, event) -> state`.
///
/// Pure and total: every event in every state has an answer, and an event that says nothing to the
/// workflow (a foreign type, a chunk of text, a repeated fact) leaves the state as it is but for
/// `folded`. Whatever has been written can be folded again to the same state, by any worker, on
/// any machine.
///
/// Threads  Values; pure functions.
/// Errors   state_from_json() names the key that is wrong. evolve() has none.
/// Owns     Its text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/event.h"
#include "task/task.h"
#include "workflow/budget.h"
#include "workflow/conversation.h"
#include "workflow/open_calls.h"
#include "workflow/retry.h"
#include "workflow/usage.h"

namespace taskfeed::workflow {

/// A step that began and has no recorded outcome yet, or the one that comes next.
///
///                 begins                  asks                    begins, continued
///   not started ----------> open ------------------> suspended ----------------------> open
///   open and its worker died: the next attempt; suspended: nobody works at it, whatever dies
struct Step {
  int index = 0;      ///< 0 is the first.
  int attempt = 0;    ///< Attempts begun. 0: not started.
  bool open = false;  ///< Begun, no outcome recorded: the worker is at it, or died in it.
  /// An attempt that asked a person something and let go of its worker; it goes on under the same
  /// number once all is answered.
  bool suspended = false;
  std::optional<WallTime> failed_at;  ///< End of the last failed attempt that may be repeated.
  NanoDollars calls_cost = 0;         ///< What its calls have told of their costs themselves.
  Milliseconds retry_after{0};        ///< What its peer asked for; the policy may wait longer.
  bool operator==(const Step&) const = default;
};

struct State {
  TaskStatus status = TaskStatus::kPending;
  bool streaming = false;
  std::string goal;
  RetryPolicy retry;
  Step step;
  /// What this step has asked so far, answered or not, in the order of asking. Its answers hold for
  /// all of its attempts; the next step begins without any.
  std::vector<Question> questions;
  int steps_completed = 0;
  bool last_step_done = false;         ///< The runner said: nothing comes after this.
  std::string response;                ///< The last step's; final once last_step_done.
  std::optional<TaskFailure> failure;  ///< A step failed for good, or the task did.
  NanoDollars total_cost = 0;
  Usage usage;              ///< Of all model calls, failed ones too.
  int64_t model_calls = 0;  ///< Begun.
  int64_t answers = 0;      ///< Model calls that came to one.
  bool budget_warned = false;
  std::optional<Conversation> conversation;  ///< Of agents that keep one.
  std::vector<OpenModelCall> open_calls;
  std::optional<WallTime> started_at;
  std::optional<WallTime> completed_at;
  Cursor folded;  ///< The last event that is in this state.

  bool operator==(const State&) const = default;
};

/// The state before the first event.
State initial_state();

/// `cursor` is the event's place; events at or before `state.folded` change nothing.
State evolve(State state, const Event& event, const Cursor& cursor);
/// Whether events of `type` are so many, and say so little, that no snapshot is written for them.
bool is_passing(std::string_view type);

/// What the task has spent until `now`.
Spent spent_by(const State& state, WallTime now);

/// For the snapshot in Redis, and for the query get_current_state.
Json state_to_json(const State& state);
Result<State> state_from_json(const Json& json);

/// The parts of `task` that its events decide, brought up to `state`.
Task with_state(Task task, const State& state);

}  // namespace taskfeed::workflow
