#include "workflow/decide.h"

namespace taskfeed::workflow {
namespace {

Finish failed(const State& state) {
  return {TaskStatus::kFailed, state.response, state.failure, {}};
}

/// What the steps ask for, with nobody interfering.
Command next_activity(const State& state, WallTime now) {
  if (state.failure) return failed(state);
  if (state.last_step_done) return Finish{TaskStatus::kCompleted, state.response, {}, {}};
  // An attempt that is open died with its worker; it counts.
  const int attempt = state.step.attempt + 1;
  if (state.step.failed_at) {
    const WallTime due = *state.step.failed_at + retry_delay(state.retry, attempt);
    if (due > now) return Wait{due};
  }
  return RunActivity{state.step.index, attempt};
}

}  // namespace

std::vector<Command> decide(const State& state, const Requests& requests, WallTime now) {
  if (is_terminal(state.status)) return {};
  if (requests.cancel)
    return {Finish{TaskStatus::kCancelled, state.response, {}, *requests.cancel}};
  if (state.status == TaskStatus::kPaused) {
    if (requests.resume) return {Resume{*requests.resume}};
    return {Park{}};
  }
  // What is over is finished, not paused: nothing is left that a pause could hold back.
  const bool over = state.failure || state.last_step_done;
  if (requests.pause && !over) return {Pause{*requests.pause}};
  if (!state.started_at) return {Start{}};
  return {next_activity(state, now)};
}

}  // namespace taskfeed::workflow
