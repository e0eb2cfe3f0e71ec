/// evolve() over every pair of a state and an event type.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

/// States that a history leads to, at least one for each status but `submitted`, which is before
/// the first event of an execution.
std::map<std::string, State> states() {
  std::map<std::string, State> all;
  all["pending"] = initial_state();
  all["running"] = History().started().folded();
  all["in a step"] = History().started().begins(0).folded();
  all["in the second step"] =
      History().started().begins(0).ends(0, step_done(false, "one", 5)).begins(1).folded();
  all["between two attempts"] = History().started(3).begins(0).ends(0, step_failed(true)).folded();
  all["failed for good"] = History().started().begins(0).ends(0, step_failed(false)).folded();
  all["asking"] = History().started().begins(0).asks(0, "c1").folded();
  all["answered"] =
      History().started().begins(0).asks(0, "c1").add(types::kApprovalReceived).folded();
  all["asking while paused"] =
      History().started().begins(0).asks(0, "c1").add(types::kPaused).folded();
  all["after the last step"] = History().started().begins(0).ends(0, step_done(true)).folded();
  all["paused"] = History().started().begins(0).add(types::kPaused).folded();
  all["paused before the start"] = History().add(types::kPaused).folded();
  all["completed"] = History().started().add(types::kCompleted).folded();
  all["failed"] = History().started().add(types::kFailed).folded();
  all["cancelled"] = History().started().add(types::kCancelled).folded();
  State submitted = initial_state();
  submitted.status = TaskStatus::kSubmitted;
  all["submitted"] = submitted;
  return all;
}

/// The names above, and names that nobody knows.
std::vector<std::string> event_types() {
  std::vector<std::string> all(types::kAll.begin(), types::kAll.end());
  all.insert(all.end(), {"Note", "workflowstarted", "WorkflowStartedTwice", "x"});
  return all;
}

/// Payloads as the engine writes them, as others might, and as nobody should.
std::vector<Json> payloads() {
  std::vector<Json> all{
      Json::object(),
      Json{{"step", 0}, {"attempt", 1}},
      Json{{"step", 1}, {"attempt", 2}, {"status", "failed"}, {"retryable", true}},
      step_completed_payload(0, "s", 1, step_done(true, "r", 9), Milliseconds(1)),
      step_completed_payload(0, "s", 1, step_failed(true, true), Milliseconds(1)),
      Json{{"final_response", "r"}, {"total_cost", 1.5}, {"error", "text"}},
      Json{{"step", "one"}, {"attempt", Json::array()}, {"status", 3}, {"cost", "x"}},
      Json{{"step", -1}, {"attempt", -7}, {"cost", -1}, {"last", 1}, {"error", Json::array()}},
      Json{{"step", 9'007'199'254'740'992}, {"attempt", 1e300}, {"cost", 1e300}},
      Json{{"tool_call_id", "c1"},
           {"tool", "t"},
           {"prompt", "p"},
           {"approved", true},
           {"text", "x"}},
      Json{{"tool_call_id", 1}, {"arguments", nullptr}, {"prompt", {}}, {"expires_at", "soon"}},
      Json{{"limits", {{"retry", 5}}}, {"goal", nullptr}, {"mode", {}}}};
  return all;
}

/// As expected by the picture in status.h, with `submitted` and `pending` both before the start.
TaskStatus status_after(TaskStatus status, std::string_view type) {
  if (is_terminal(status)) return status;
  if (type == "WorkflowCompleted") return TaskStatus::kCompleted;
  if (type == "WorkflowFailed") return TaskStatus::kFailed;
  if (type == "WorkflowCancelled") return TaskStatus::kCancelled;
  const bool paused = status == TaskStatus::kPaused;
  const bool begun = paused || status == TaskStatus::kRunning;
  if (type == "WorkflowStarted" && !paused) return TaskStatus::kRunning;
  if (type == "WorkflowPaused" && status != TaskStatus::kSubmitted) return TaskStatus::kPaused;
  if (type == "WorkflowResumed" && begun) return TaskStatus::kRunning;
  return status;
}

template <class Check>
void for_every_pair(const Check& check) {
  for (const auto& [name, state] : states()) {
    for (const std::string& type : event_types()) {
      for (const Json& payload : payloads()) {
        SCOPED_TRACE(name + " + " + type + " " + dump_json(payload));
        check(state, fact(type, payload), Cursor{state.folded.seq + 1, 9});
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

State but_for_the_cursor(State state) {
  state.folded = {};
  return state;
}

TEST(EvolveTable, CoversEveryStatus) {
  std::set<TaskStatus> covered;
  for (const auto& [name, state] : states()) covered.insert(state.status);
  EXPECT_EQ(covered.size(), kTaskStatuses.size());
}

TEST(EvolveTable, EveryStateAnswersEveryEvent) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const State next = evolve(state, event, cursor);
    EXPECT_EQ(next.folded, cursor);
    EXPECT_EQ(next.status, status_after(state.status, event.type.str()));
    EXPECT_EQ(evolve(state, event, cursor), next) << "not the same twice";
  });
}

TEST(EvolveTable, AnEventThatIsFoldedAlreadyChangesNothing) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const State next = evolve(state, event, cursor);
    EXPECT_EQ(evolve(next, event, cursor), next);
    EXPECT_EQ(evolve(next, event, {cursor.seq, 4'711}), next);
    EXPECT_EQ(evolve(next, event, {0, 0}), next);
  });
}

TEST(EvolveTable, NothingChangesWhatHasEnded) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    if (!is_terminal(state.status)) return;
    EXPECT_EQ(but_for_the_cursor(evolve(state, event, cursor)), but_for_the_cursor(state));
  });
}

TEST(EvolveTable, EventsThatSayNothingToTheWorkflowMoveOnlyTheCursor) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const std::string& type = event.type.str();
    if (is_lifecycle(type) || type == types::kStepStarted || type == types::kStepCompleted) return;
    if (type.starts_with("WorkflowApproval") || type.starts_with("WorkflowInput")) return;
    if (type.starts_with("WorkflowLLMCall") || type == types::kBudgetWarning) return;
    EXPECT_EQ(but_for_the_cursor(evolve(state, event, cursor)), but_for_the_cursor(state));
  });
}

TEST(EvolveTable, ModelCallsMoveNothingButWhatWasSpent) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const std::string& type = event.type.str();
    if (!type.starts_with("WorkflowLLMCall") && type != types::kBudgetWarning) return;
    State next = but_for_the_cursor(evolve(state, event, cursor));
    EXPECT_LE(next.model_calls, state.model_calls + 1);
    EXPECT_LE(next.answers, state.answers + 1);
    next.model_calls = state.model_calls;
    next.answers = state.answers;
    next.usage = state.usage;
    next.budget_warned = state.budget_warned;
    next.total_cost = state.total_cost;
    next.step.calls_cost = state.step.calls_cost;
    EXPECT_EQ(next, but_for_the_cursor(state));
  });
}

TEST(EvolveTable, QuestionsAndAnswersMoveNothingButTheQuestionsAndTheStepThatAsks) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const std::string& type = event.type.str();
    if (!type.starts_with("WorkflowApproval") && !type.starts_with("WorkflowInput")) return;
    State next = but_for_the_cursor(evolve(state, event, cursor));
    EXPECT_LE(next.questions.size(), state.questions.size() + 1);
    EXPECT_FALSE(next.step.open && next.step.suspended);
    next.questions = state.questions;
    next.step.open = state.step.open;
    next.step.suspended = state.step.suspended;
    EXPECT_EQ(next, but_for_the_cursor(state));
  });
}

TEST(EvolveTable, AnEventWithoutAnArrowMovesOnlyTheCursor) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const auto input = input_of(event.type.str());
    if (!input || transition(state.status, *input)) return;
    EXPECT_EQ(but_for_the_cursor(evolve(state, event, cursor)), but_for_the_cursor(state));
  });
}

TEST(EvolveTable, CountersNeverGoBackAndNeverRunAway) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const State next = evolve(state, event, cursor);
    EXPECT_GE(next.step.index, state.step.index);
    EXPECT_LE(next.step.index, 1'000'001);
    EXPECT_GE(next.step.attempt, 0);
    EXPECT_LE(next.step.attempt, 1'000'000);
    EXPECT_GE(next.steps_completed, state.steps_completed);
    EXPECT_LE(next.steps_completed, state.steps_completed + 1);
    EXPECT_EQ(next.completed_at.has_value(), is_terminal(next.status));
  });
}

TEST(EvolveTable, WhateverIsFoldedComesBackFromItsSnapshot) {
  for_every_pair([](const State& state, const Event& event, const Cursor& cursor) {
    const State next = evolve(state, event, cursor);
    const Json json = parse_json(dump_json(state_to_json(next))).value();
    EXPECT_EQ(state_from_json(json).value(), next);
  });
}

}  // namespace
}  // namespace taskfeed::workflow
