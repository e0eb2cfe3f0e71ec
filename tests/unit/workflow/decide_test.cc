/// decide() over every state and every request, against rules of which exactly one applies.
#include <functional>

#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

constexpr WallTime kNow = kBegin + Milliseconds(60'000);
const Requests::Request kCancel{"ann", "enough"};
const Requests::Request kPause{"ben", "wait"};
const Requests::Request kResume{"cid", "go"};
const Answered kYes{QuestionKind::kApproval, "c1", {true, "", "dan", "fine"}, false};
const Answered kNobody{QuestionKind::kApproval, "c1", {false, "", "", "timeout"}, true};

struct Case {
  State state;
  Requests requests;
};

/// A step that has not begun, that is open, whose next attempt is due, whose is not, and that asked
/// something.
std::vector<Step> steps() {
  return {{2, 0, false, false, {}},
          {2, 1, true, false, {}},
          {2, 1, false, false, kNow - Milliseconds(1'000)},
          {2, 1, false, false, kNow - Milliseconds(999)},
          {2, 1, false, true, {}}};
}

Question question(std::optional<WallTime> due) {
  Question question;
  question.call = "c1";
  question.due = due;
  return question;
}

/// None, one without and one with a time that it must be answered in, one of which that is over,
/// and one that is answered.
std::vector<std::vector<Question>> questions() {
  Question answered = question({});
  answered.answer = kYes.answer;
  return {{}, {question({})}, {question(kNow + Milliseconds(1))}, {question(kNow)}, {answered}};
}

/// None, one that is meant for the question, and some that are not.
std::vector<std::vector<Answered>> answers() {
  Answered other_call = kYes;
  other_call.call = "c2";
  Answered other_kind = kYes;
  other_kind.kind = QuestionKind::kInput;
  return {{}, {other_call, kYes, kNobody}, {other_call, other_kind}};
}

std::vector<Case> every_case() {
  std::vector<Case> all;
  for (const TaskStatus status : kTaskStatuses) {
    for (const Step& step : steps()) {
      for (unsigned bits = 0; bits < 64; ++bits) {
        Case next;
        next.state.status = status;
        next.state.step = step;
        next.state.response = "so far";
        next.state.retry.maximum_attempts = 3;
        if ((bits & 1) != 0) next.state.started_at = kBegin;
        if ((bits & 2) != 0) next.state.failure = TaskFailure{"step_failed", "exit 1"};
        next.state.last_step_done = (bits & 4) != 0;
        if ((bits & 8) != 0) next.requests.cancel = kCancel;
        if ((bits & 16) != 0) next.requests.pause = kPause;
        if ((bits & 32) != 0) next.requests.resume = kResume;
        for (const auto& asked : questions()) {
          for (const auto& given : answers()) {
            next.state.questions = asked;
            next.requests.answers = given;
            all.push_back(next);
          }
        }
      }
    }
  }
  return all;
}

struct Rule {
  std::string name;
  std::function<bool(const State&, const Requests&)> applies;
  std::vector<Command> answer;
};

bool ended(const State& state) {
  return is_terminal(state.status);
}
bool waits(const State& state) {
  return !state.questions.empty() && !state.questions.front().answer;
}
bool is_answered(const State& state, const Requests& requests) {
  return waits(state) && requests.answers.size() == 3;
}
bool parked(const State& state, const Requests& requests) {
  return !ended(state) && !requests.cancel && !is_answered(state, requests) &&
         state.status == TaskStatus::kPaused;
}
/// Neither over nor paused nor cancelled, and nobody answered anything.
bool under_way(const State& state, const Requests& requests) {
  return !ended(state) && !requests.cancel && !is_answered(state, requests) &&
         state.status != TaskStatus::kPaused;
}
bool over(const State& state) {
  return state.failure || state.last_step_done;
}
bool held_back(const State& state, const Requests& requests) {
  return requests.pause && !over(state);
}
bool at_work(const State& state, const Requests& requests) {
  return under_way(state, requests) && !held_back(state, requests) && state.started_at;
}
bool at_step(const State& state, const Requests& requests, const Step& step) {
  return at_work(state, requests) && !over(state) && !waits(state) && state.step == step;
}
bool waits_at_work(const State& state, const Requests& requests,
                   const std::vector<Question>& questions) {
  return at_work(state, requests) && !over(state) && state.questions == questions;
}

std::vector<Rule> rules() {
  const auto step_is = [](size_t which) {
    return [which](const State& state, const Requests& requests) {
      return at_step(state, requests, steps()[which]);
    };
  };
  const auto waits_for = [](size_t which) {
    return [which](const State& state, const Requests& requests) {
      return waits_at_work(state, requests, questions()[which]);
    };
  };
  return {
      {"what has ended asks for nothing", [](auto& s, auto&) { return ended(s); }, {}},
      {"a cancel wins over all else",
       [](auto& s, auto& r) { return !ended(s) && r.cancel; },
       {Finish{TaskStatus::kCancelled, "so far", {}, kCancel}}},
      {"an answer is written down, paused or not",
       [](auto& s, auto& r) { return !ended(s) && !r.cancel && is_answered(s, r); },
       {TakeAnswers{{kYes}}}},
      {"a resume ends a pause",
       [](auto& s, auto& r) { return parked(s, r) && r.resume; },
       {Resume{kResume}}},
      {"a paused task waits without a worker",
       [](auto& s, auto& r) { return parked(s, r) && !r.resume; },
       {Park{}}},
      {"a pause holds back whatever is left to do",
       [](auto& s, auto& r) { return under_way(s, r) && held_back(s, r); },
       {Pause{kPause}}},
      {"the start comes first",
       [](auto& s, auto& r) { return under_way(s, r) && !held_back(s, r) && !s.started_at; },
       {Start{}}},
      {"a failure is the end",
       [](auto& s, auto& r) { return at_work(s, r) && s.failure; },
       {Finish{TaskStatus::kFailed, "so far", TaskFailure{"step_failed", "exit 1"}, {}}}},
      {"the last step is the end",
       [](auto& s, auto& r) { return at_work(s, r) && !s.failure && s.last_step_done; },
       {Finish{TaskStatus::kCompleted, "so far", {}, {}}}},
      {"what a person must answer is waited for without a worker", waits_for(1), {Await{}}},
      {"… and no longer than it is due", waits_for(2), {Await{kNow + Milliseconds(1)}}},
      {"what nobody answered in time is refused", waits_for(3), {TakeAnswers{{kNobody}}}},
      {"an attempt that asked goes on once it is answered", step_is(4), {RunActivity{2, 1, true}}},
      {"a step begins with attempt 1", step_is(0), {RunActivity{2, 1}}},
      {"an attempt that died with its worker counts", step_is(1), {RunActivity{2, 2}}},
      {"an attempt that is due begins", step_is(2), {RunActivity{2, 2}}},
      {"an attempt that is not due is waited for", step_is(3), {Wait{kNow + Milliseconds(1)}}},
  };
}

TEST(DecideTable, EveryStateAnswersEveryRequest) {
  const std::vector<Rule> all = rules();
  std::vector<int> used(all.size());
  for (const auto& [state, requests] : every_case()) {
    SCOPED_TRACE(dump_json(state_to_json(state)) + (requests.cancel ? " cancel" : "") +
                 (requests.pause ? " pause" : "") + (requests.resume ? " resume" : "") +
                 " answers: " + std::to_string(requests.answers.size()));
    int matched = 0;
    for (size_t at = 0; at < all.size(); ++at) {
      if (!all[at].applies(state, requests)) continue;
      ++matched;
      ++used[at];
      EXPECT_EQ(decide(state, requests, kNow), all[at].answer) << all[at].name;
    }
    ASSERT_EQ(matched, 1) << "exactly one rule applies to every case";
  }
  for (size_t at = 0; at < all.size(); ++at) EXPECT_GT(used[at], 0) << all[at].name;
}

TEST(Decide, SaysTheSameAgainAndChangesNothing) {
  for (const auto& [state, requests] : every_case()) {
    ASSERT_EQ(decide(state, requests, kNow), decide(state, requests, kNow));
  }
}

TEST(Decide, WaitsForNoAttemptLongerThanThePolicySays) {
  State state = History().started(4).begins(0, 3).ends(0, step_failed(true), 3).folded();
  state.retry.initial_interval = Milliseconds(100);
  state.retry.maximum_interval = Milliseconds(250);
  const WallTime failed_at = *state.step.failed_at;
  EXPECT_EQ(decide(state, {}, failed_at),
            std::vector<Command>{Wait{failed_at + Milliseconds(250)}});
  EXPECT_EQ(decide(state, {}, failed_at + Milliseconds(250)),
            (std::vector<Command>{RunActivity{0, 4}}));
}

TEST(Decide, GoesOnAtOnceWhereTheClockWasSetForward) {
  const State state = History().started(2).begins(0).ends(0, step_failed(true)).folded();
  EXPECT_EQ(decide(state, {}, kNow + std::chrono::hours(24 * 365)),
            (std::vector<Command>{RunActivity{0, 2}}));
}

}  // namespace
}  // namespace taskfeed::workflow
