#include "workflow/decide.h"

#include <algorithm>

namespace taskfeed::workflow {
namespace {

Finish failed(const State& state) {
  return {TaskStatus::kFailed, state.response, state.failure, {}};
}

/// The answers that are meant for a question which still waits.
std::vector<Answered> fitting(const State& state, const Requests& requests) {
  std::vector<Answered> found;
  for (const Question& question : state.questions) {
    if (question.answer) continue;
    const auto answer = std::find_if(
        requests.answers.begin(), requests.answers.end(), [&question](const Answered& each) {
          return each.kind == question.kind && each.call == question.call;
        });
    if (answer != requests.answers.end()) found.push_back(*answer);
  }
  return found;
}

/// Waits for whoever is to answer, or gives the answer of the time that ran out.
std::optional<Command> open_question(const State& state, WallTime now) {
  Await await;
  TakeAnswers overdue;
  bool waits = false;
  for (const Question& question : state.questions) {
    if (question.answer) continue;
    waits = true;
    if (!question.due) continue;
    if (*question.due <= now) {
      overdue.answers.push_back({question.kind,
                                 question.call,
                                 {false, {}, {}, std::string(kNobodyAnswered)},
                                 /*timed_out=*/true});
    } else {
      await.until = await.until ? std::min(*await.until, *question.due) : *question.due;
    }
  }
  if (!waits) return std::nullopt;
  if (!overdue.answers.empty()) return overdue;
  return await;
}

/// What the steps ask for, with nobody interfering.
Command next_activity(const State& state, WallTime now) {
  if (state.failure) return failed(state);
  if (state.last_step_done) return Finish{TaskStatus::kCompleted, state.response, {}, {}};
  if (std::optional<Command> question = open_question(state, now)) return *std::move(question);
  if (state.step.suspended) return RunActivity{state.step.index, state.step.attempt, true};
  // An attempt that is open died with its worker; it counts.
  const int attempt = state.step.attempt + 1;
  if (state.step.failed_at) {
    const Milliseconds delay = std::max(retry_delay(state.retry, attempt), state.step.retry_after);
    const WallTime due = *state.step.failed_at + delay;
    if (due > now) return Wait{due};
  }
  return RunActivity{state.step.index, attempt, false};
}

}  // namespace

std::vector<Command> decide(const State& state, const Requests& requests, WallTime now) {
  if (is_terminal(state.status)) return {};
  if (requests.cancel)
    return {Finish{TaskStatus::kCancelled, state.response, {}, *requests.cancel}};
  // A fact, paused or not: that somebody answered is written down at once.
  if (std::vector<Answered> answers = fitting(state, requests); !answers.empty()) {
    return {TakeAnswers{std::move(answers)}};
  }
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
