/// A history that a test writes down, and its fold.
///
/// Threads  One.
/// Errors   An impossible type aborts.
/// Owns     The events.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/ids.h"
#include "workflow/events.h"
#include "workflow/state.h"

namespace taskfeed::testing {

inline constexpr WallTime kBegin{Milliseconds(1'795'341'600'000)};

inline Event fact(std::string_view type, Json payload = Json::object(), WallTime time = kBegin) {
  return {uuid_with_tag(7),
          EventType::parse(type).value(),
          time,
          task("t1"),
          std::nullopt,
          std::nullopt,
          std::move(payload)};
}

/// Events in their order, each a second after the one before.
class History {
 public:
  History& add(std::string_view type, Json payload = Json::object()) {
    const auto after = Milliseconds(1'000 * static_cast<int64_t>(events_.size()));
    events_.push_back(fact(type, std::move(payload), kBegin + after));
    return *this;
  }
  /// With `attempts` attempts at a step.
  History& started(int attempts = 1, bool streaming = false) {
    workflow::Started start;
    start.goal = "the goal";
    start.streaming = streaming;
    start.runner = "command";
    start.retry.maximum_attempts = attempts;
    return add(types::kStarted, workflow::started_payload(start));
  }
  History& begins(int step, int attempt = 1) {
    return add(types::kStepStarted, workflow::step_started_payload(step, "s", attempt));
  }
  History& asks(int step, const std::string& call, std::optional<WallTime> due = {}) {
    Question question;
    question.call = call;
    question.tool = "deploy";
    question.due = due;
    return add(types::kApprovalRequested, workflow::question_payload(question, step));
  }
  History& answers(const std::string& call, bool approved) {
    const workflow::Answered answered{QuestionKind::kApproval, call, {approved, "", "ann", ""}};
    return add(types::kApprovalReceived, workflow::answer_payload(answered, 0));
  }
  History& ends(int step, const workflow::StepResult& result, int attempt = 1) {
    return add(types::kStepCompleted,
               workflow::step_completed_payload(step, "s", attempt, result, Milliseconds(5)));
  }
  const std::vector<Event>& events() const { return events_; }
  WallTime last_time() const { return events_.back().time; }

  workflow::State folded(workflow::State state = workflow::initial_state()) const {
    for (size_t at = 0; at < events_.size(); ++at) {
      state = workflow::evolve(std::move(state), events_[at], {at + 1, 7});
    }
    return state;
  }

 private:
  std::vector<Event> events_;
};

inline workflow::StepResult step_done(bool last, std::string response = "done",
                                      NanoDollars cost = 0) {
  workflow::StepResult result;
  result.last = last;
  result.response = std::move(response);
  result.cost = cost;
  return result;
}

inline workflow::StepResult step_failed(bool retryable, bool go_on = false, bool last = false) {
  workflow::StepResult result;
  result.completed = false;
  result.last = last;
  result.retryable = retryable;
  result.go_on = go_on;
  result.response = "partly";
  result.failure = TaskFailure{"step_failed", "exit 1"};
  return result;
}

}  // namespace taskfeed::testing
