/// Every arrow of the workflow: what each fact does to the state.
#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using namespace taskfeed::testing;

TEST(EvolveStart, TakesGoalModePolicyAndTime) {
  const State state = History().started(3, true).folded();
  EXPECT_EQ(state.status, TaskStatus::kRunning);
  EXPECT_EQ(state.goal, "the goal");
  EXPECT_TRUE(state.streaming);
  EXPECT_EQ(state.retry.maximum_attempts, 3);
  EXPECT_EQ(state.started_at, kBegin);
  EXPECT_EQ(state.step, Step{});
  EXPECT_FALSE(state.completed_at);
}

TEST(EvolveStart, CountsOnce) {
  const State once = History().started(3, true).folded();
  State twice = History().started(3, true).started(9, false).folded();
  twice.folded = once.folded;
  EXPECT_EQ(twice, once);
}

TEST(EvolveStart, KeepsTheUsualPolicyWhereTheGivenOneIsWrong) {
  const State state =
      History()
          .add(types::kStarted, {{"limits", {{"retry", {{"maximum_attempts", 1'000}}}}}})
          .folded();
  EXPECT_EQ(state.status, TaskStatus::kRunning);
  EXPECT_EQ(state.retry, RetryPolicy{});
}

TEST(EvolveStart, OfATaskThatWasPausedFirstComesAfterTheResume) {
  const State state = History().add(types::kPaused).add(types::kResumed).started(2, true).folded();
  EXPECT_EQ(state.status, TaskStatus::kRunning);
  EXPECT_TRUE(state.streaming);
  EXPECT_TRUE(state.started_at);
}

TEST(EvolveStep, IsOpenFromItsBeginToItsOutcome) {
  EXPECT_EQ(History().started().begins(0).folded().step, (Step{0, 1, true, {}}));
  EXPECT_EQ(History().started().begins(0).ends(0, step_done(false)).folded().step,
            (Step{1, 0, false, {}}));
}

TEST(EvolveStep, ThatCompletesIsCountedAndPaidFor) {
  const State state = History()
                          .started()
                          .begins(0)
                          .ends(0, step_done(false, "one", 4'100'000))
                          .begins(1)
                          .ends(1, step_done(true, "two", 900'000))
                          .folded();
  EXPECT_EQ(state.steps_completed, 2);
  EXPECT_EQ(state.total_cost, 5'000'000);
  EXPECT_EQ(state.response, "two");
  EXPECT_TRUE(state.last_step_done);
  EXPECT_FALSE(state.failure);
}

TEST(EvolveStep, ThatIsToldTwiceCountsOnce) {
  History history;
  history.started().begins(0).ends(0, step_done(false, "one", 5));
  State once = history.folded();
  State twice = history.ends(0, step_done(true, "again", 7)).begins(0).folded();
  once.folded = twice.folded = {};
  EXPECT_EQ(twice, once);
}

TEST(EvolveStep, CountsAttemptsThatCarryNoNumber) {
  History history;
  history.started().add(types::kStepStarted, {{"step", 0}});
  EXPECT_EQ(history.folded().step.attempt, 1);
  history.add(types::kStepStarted, {{"step", 0}});
  EXPECT_EQ(history.folded().step.attempt, 2);
  history.add(types::kStepStarted, {{"step", 4}});
  EXPECT_EQ(history.folded().step, (Step{4, 1, true, {}}));
}

TEST(EvolveStep, BelievesNoAbsurdNumber) {
  const State state =
      History().started().add(types::kStepStarted, {{"step", 2'000'000}, {"attempt", -4}}).folded();
  EXPECT_EQ(state.step, (Step{0, 1, true, {}}));
}

TEST(EvolveStep, OfAForeignPublisherMayEndWithoutABegin) {
  const State state = History()
                          .add(types::kStarted)
                          .add(types::kStepCompleted, {{"step", 3}, {"cost", 0.5}})
                          .folded();
  EXPECT_EQ(state.step, (Step{4, 0, false, {}}));
  EXPECT_EQ(state.steps_completed, 1);
  EXPECT_EQ(state.total_cost, 500'000'000);
}

TEST(EvolveStep, PaysForFailedAttemptsToo) {
  StepResult failed = step_failed(true);
  failed.cost = 3;
  const State state = History()
                          .started(2)
                          .begins(0)
                          .ends(0, failed)
                          .begins(0, 2)
                          .ends(0, step_done(true, "", 4), 2)
                          .folded();
  EXPECT_EQ(state.total_cost, 7);
}

TEST(EvolveStep, CostsAreBoundedAndNeverWrapAround) {
  History history;
  history.started();
  for (int step = 0; step < 3; ++step) {
    history.add(types::kStepCompleted, {{"step", step}, {"cost", 8.9e9}});
  }
  EXPECT_EQ(history.folded().total_cost, std::numeric_limits<NanoDollars>::max());
  // Anybody may publish a cost: a negative one gives nothing back.
  History below;
  below.started();
  below.add(types::kStepCompleted, {{"step", 0}, {"cost", 2}});
  below.add(types::kLlmCallFailed, {{"cost", -8.9e9}});
  below.add(types::kStepCompleted, {{"step", 1}, {"cost", -8.9e9}});
  EXPECT_EQ(below.folded().total_cost, 2 * kNanoDollarsPerDollar);
}

TEST(EvolveRetry, KeepsTheStepAndTheTimeOfTheFailure) {
  History history;
  history.started(3).begins(0).ends(0, step_failed(true));
  const State state = history.folded();
  EXPECT_EQ(state.step, (Step{0, 1, false, false, history.last_time()}));
  EXPECT_EQ(state.steps_completed, 0);
  EXPECT_EQ(state.response, "partly");
  EXPECT_FALSE(state.failure);
}

TEST(EvolveRetry, ForgetsTheFailureWithTheNextAttempt) {
  const State state =
      History().started(3).begins(0).ends(0, step_failed(true)).begins(0, 2).folded();
  EXPECT_EQ(state.step, (Step{0, 2, true, {}}));
}

TEST(EvolveRetry, EndsWithTheLastAttempt) {
  History history;
  history.started(2).begins(0).ends(0, step_failed(true)).begins(0, 2);
  const State state = history.ends(0, step_failed(true), 2).folded();
  EXPECT_EQ(state.failure, (TaskFailure{"step_failed", "exit 1"}));
  EXPECT_FALSE(state.step.failed_at);
  EXPECT_EQ(state.status, TaskStatus::kRunning) << "the end is an event of its own";
}

TEST(EvolveRetry, IsNotForAFailureThatIsNotRetryable) {
  EXPECT_TRUE(History().started(5).begins(0).ends(0, step_failed(false)).folded().failure);
}

TEST(EvolveRetry, IsNotForAKindThatThePolicyExcludes) {
  Started start;
  start.retry.maximum_attempts = 5;
  start.retry.non_retryable_kinds = {"step_failed"};
  const State state = History()
                          .add(types::kStarted, started_payload(start))
                          .begins(0)
                          .ends(0, step_failed(true))
                          .folded();
  EXPECT_TRUE(state.failure);
}

TEST(EvolveFailure, MayLetTheNextStepRunAllTheSame) {
  const State state = History().started().begins(0).ends(0, step_failed(false, true)).folded();
  EXPECT_EQ(state.step, (Step{1, 0, false, {}}));
  EXPECT_EQ(state.steps_completed, 1);
  EXPECT_FALSE(state.failure);
  EXPECT_FALSE(state.last_step_done);
}

TEST(EvolveFailure, ThatLetsTheNextStepRunIsStillRetriedFirst) {
  const State state = History().started(2).begins(0).ends(0, step_failed(true, true)).folded();
  EXPECT_EQ(state.step.index, 0);
  EXPECT_TRUE(state.step.failed_at);
}

TEST(EvolveFailure, OfTheLastStepThatMayGoOnIsTheEndOfAllSteps) {
  const State state =
      History().started().begins(0).ends(0, step_failed(false, true, true)).folded();
  EXPECT_TRUE(state.last_step_done);
  EXPECT_FALSE(state.failure);
}

TEST(EvolvePause, IsAStatusAndNothingElse) {
  const State running = History().started().begins(0).folded();
  State paused = History().started().begins(0).add(types::kPaused).folded();
  EXPECT_EQ(paused.status, TaskStatus::kPaused);
  State resumed = History().started().begins(0).add(types::kPaused).add(types::kResumed).folded();
  paused.folded = resumed.folded = running.folded;
  paused.status = running.status;
  EXPECT_EQ(paused, running);
  EXPECT_EQ(resumed, running);
}

TEST(EvolvePause, HoldsNoFactOfAStepBack) {
  const State state =
      History().started().begins(0).add(types::kPaused).ends(0, step_done(true)).folded();
  EXPECT_EQ(state.status, TaskStatus::kPaused);
  EXPECT_TRUE(state.last_step_done);
}

TEST(EvolveEnd, CompletedHasTheFinalResponse) {
  History history;
  history.started().begins(0).ends(0, step_done(true, "step's"));
  history.add(types::kCompleted, {{"final_response", "final"}, {"total_cost", 0.25}});
  const State state = history.folded();
  EXPECT_EQ(state.status, TaskStatus::kCompleted);
  EXPECT_EQ(state.response, "final");
  EXPECT_EQ(state.total_cost, 250'000'000);
  EXPECT_EQ(state.completed_at, history.last_time());
}

TEST(EvolveEnd, CompletedWithoutAResponseKeepsTheLastSteps) {
  const State state = History()
                          .started()
                          .begins(0)
                          .ends(0, step_done(true, "step's", 6))
                          .add(types::kCompleted, {{"total_cost", "much"}})
                          .folded();
  EXPECT_EQ(state.response, "step's");
  EXPECT_EQ(state.total_cost, 6);
}

TEST(EvolveEnd, CompletedOverrulesAStepThatFailed) {
  const State state =
      History().started().begins(0).ends(0, step_failed(false)).add(types::kCompleted).folded();
  EXPECT_FALSE(state.failure);
}

TEST(EvolveEnd, FailedHasAFailureInAnyCase) {
  EXPECT_EQ(History().add(types::kFailed).folded().failure, (TaskFailure{"failed", ""}));
  EXPECT_EQ(History().add(types::kFailed, {{"error", "boom"}}).folded().failure,
            (TaskFailure{"", "boom"}));
  const State state =
      History()
          .started()
          .begins(0)
          .add(types::kFailed, {{"error", {{"kind", "timeout"}, {"message", "late"}}},
                                {"partial_response", "half"}})
          .folded();
  EXPECT_EQ(state.failure, (TaskFailure{"timeout", "late"}));
  EXPECT_EQ(state.response, "half");
  EXPECT_FALSE(state.step.open);
}

TEST(EvolveEnd, CancelledKeepsWhatWasThere) {
  const State state = History()
                          .started()
                          .begins(0)
                          .ends(0, step_done(false, "one", 5))
                          .begins(1)
                          .add(types::kCancelled, {{"by", "ann"}})
                          .folded();
  EXPECT_EQ(state.status, TaskStatus::kCancelled);
  EXPECT_EQ(state.response, "one");
  EXPECT_EQ(state.total_cost, 5);
  EXPECT_FALSE(state.failure);
  EXPECT_FALSE(state.step.open);
}

Task a_task() {
  return Task{.id = task("t1"), .spec = {.agent = agent("a1")}, .created_at = kBegin};
}

TEST(TaskWithState, HasTheStatusOfItsEventsOnceThereAreAny) {
  EXPECT_EQ(with_state(a_task(), initial_state()).status, TaskStatus::kSubmitted);
  EXPECT_EQ(with_state(a_task(), History().started().folded()).status, TaskStatus::kRunning);
}

TEST(TaskWithState, HasAResultOnlyWhereItCompletedAndAnErrorOnlyWhereItFailed) {
  History history;
  history.started().begins(0).ends(0, step_done(true, "r"));
  const Task running = with_state(a_task(), history.folded());
  EXPECT_FALSE(running.result || running.error || running.completed_at);
  const Task completed = with_state(a_task(), History(history).add(types::kCompleted).folded());
  EXPECT_EQ(completed.result, "r");
  EXPECT_FALSE(completed.error);
  EXPECT_TRUE(completed.completed_at);
  const Task failed = with_state(completed, History(history).add(types::kFailed).folded());
  EXPECT_FALSE(failed.result);
  EXPECT_EQ(failed.error, (TaskFailure{"failed", ""}));
  const Task cancelled = with_state(failed, History(history).add(types::kCancelled).folded());
  EXPECT_FALSE(cancelled.result || cancelled.error);
}

TEST(TaskWithState, KeepsTheNewerOfTwoLastEvents) {
  Task task = a_task();
  task.last_event = Cursor{9, 1};
  EXPECT_EQ(with_state(task, History().started().folded()).last_event, (Cursor{9, 1}));
  task.last_event.reset();
  EXPECT_EQ(with_state(task, History().started().folded()).last_event, (Cursor{1, 7}));
  EXPECT_FALSE(with_state(task, initial_state()).last_event);
}

TEST(TaskWithState, KeepsItsRecord) {
  const Task task = with_state(a_task(), History().started().folded());
  EXPECT_EQ(task.spec, a_task().spec);
  EXPECT_EQ(task.id, a_task().id);
  EXPECT_EQ(task.created_at, a_task().created_at);
}

}  // namespace
}  // namespace taskfeed::workflow
