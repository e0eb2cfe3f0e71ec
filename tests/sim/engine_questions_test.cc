/// A task that asks a person, and workers that die before, while and after it waits; and workers
/// that die one after another while each gets further.
#include <gtest/gtest.h>

#include "sim/engine_oracle.h"

namespace taskfeed::engine {
namespace {

using broker::SignalKind;
using testing::EngineWorld;
using testing::expect_one_story;
using testing::FakeRunner;
using testing::forbid_repetition;
using testing::open_gate;
using testing::Passage;
using testing::SimWorker;

constexpr Milliseconds kDay{24 * 3'600'000};

class EngineQuestions : public ::testing::TestWithParam<bool> {
 protected:
  /// Of three steps the second asks.
  static std::unique_ptr<EngineWorld> make_world() {
    auto world = std::make_unique<EngineWorld>(3, GetParam());
    Question question;
    question.call = "c1";
    question.tool = "deploy";
    world->runner.script(1, 1, asking(question));
    world->runner.script(1, 2, asking(question));
    forbid_repetition(*world);
    world->submit();
    return world;
  }
  static testing::Script asking(const Question& question) {
    testing::Script script;
    script.outcome = FakeRunner::completed(false);
    script.asks = {question};
    return script;
  }
  /// Until it ends, or nothing was to be done for longer than a lease lasts.
  static void work(EngineWorld& world, SimWorker& worker) {
    for (int idle = 0; idle < 4 && !world.ended();) {
      if (worker.turn()) continue;
      ++idle;
      world.clock.advance(Milliseconds(5'000));
    }
  }
  /// Answers whatever is asked until the end.
  static void finish(EngineWorld& world, SimWorker& worker, SignalKind kind) {
    for (int round = 0; round < 5 && !world.ended(); ++round) {
      work(world, worker);
      (void)world.answer(kind);
    }
  }
};

TEST_P(EngineQuestions, WaitAsARunningTaskThatNoWorkerHolds) {
  const auto world = make_world();
  SimWorker worker(*world, "worker", open_gate);
  work(*world, worker);
  const broker::StoredTask stored = world->stored();
  EXPECT_EQ(stored.task.status, TaskStatus::kRunning);
  EXPECT_FALSE(stored.holder);
  ASSERT_EQ(stored.task.waiting_for.size(), 1u);
  EXPECT_EQ(stored.task.waiting_for[0].tool, "deploy");
  EXPECT_FALSE(worker.turn()) << "it is in no queue";
  ASSERT_TRUE(world->answer(SignalKind::kApprove).ok());
  EXPECT_TRUE(world->finish(worker));
  expect_one_story(*world, TaskStatus::kCompleted);
  EXPECT_EQ(world->payload(types::kApprovalReceived)["by"], "tester");
  EXPECT_EQ(world->runner.runs().size(), 4u) << "the step that asked went on";
  EXPECT_TRUE(world->stored().signals.empty()) << "the answer is taken";
}

TEST_P(EngineQuestions, AreAskedAndAnsweredOnceWhereverAWorkerDies) {
  for (size_t kill_at = 1; kill_at <= 24; ++kill_at) {
    SCOPED_TRACE("killed at call " + std::to_string(kill_at));
    const auto world = make_world();
    world->limits.commit_patience = Milliseconds(0);
    size_t call = 0;
    SimWorker victim(*world, "victim", [&](std::string_view) {
      return ++call >= kill_at ? Passage::kDead : Passage::kOpen;
    });
    finish(*world, victim, SignalKind::kApprove);
    SimWorker heir(*world, "heir", open_gate);
    finish(*world, heir, SignalKind::kApprove);
    expect_one_story(*world, TaskStatus::kCompleted);
    EXPECT_EQ(world->count(types::kApprovalRequested), 1u);
    EXPECT_EQ(world->count(types::kApprovalReceived), 1u);
  }
}

TEST_P(EngineQuestions, TakeAnAnswerThatComesAtAnyCall) {
  for (size_t answer_at = 1; answer_at <= 30; ++answer_at) {
    SCOPED_TRACE("answered before call " + std::to_string(answer_at));
    const auto world = make_world();
    size_t call = 0;
    SimWorker worker(*world, "worker", [&](std::string_view) {
      if (++call >= answer_at) (void)world->answer(SignalKind::kApprove);
      return Passage::kOpen;
    });
    for (int turn = 0; turn < 30 && !world->ended(); ++turn) {
      if (worker.turn()) continue;
      if (!world->stored().signals.empty()) ADD_FAILURE() << "an answer that nobody comes for";
      (void)world->answer(SignalKind::kApprove);
    }
    expect_one_story(*world, TaskStatus::kCompleted);
    EXPECT_EQ(world->count(types::kApprovalReceived), 1u);
  }
}

TEST_P(EngineQuestions, FailTheStepWhenTheyAreRefused) {
  const auto world = make_world();
  SimWorker worker(*world, "worker", open_gate);
  finish(*world, worker, SignalKind::kRefuse);
  expect_one_story(*world, TaskStatus::kFailed);
  EXPECT_EQ(world->stored().task.error, (TaskFailure{"refused", "because"}));
}

TEST_P(EngineQuestions, AreRefusedWhenNobodyAnswersInTime) {
  const auto world = make_world();
  SimWorker worker(*world, "worker", open_gate);
  work(*world, worker);
  world->clock.advance(kDay - Milliseconds(60'000));
  EXPECT_FALSE(worker.turn()) << "not yet";
  world->clock.advance(Milliseconds(60'000));
  EXPECT_TRUE(world->finish(worker));
  EXPECT_EQ(world->stored().task.error, (TaskFailure{"refused", "timeout"}));
  EXPECT_EQ(world->payload(types::kApprovalReceived)["approved"], false);
}

TEST_P(EngineQuestions, WaitForEverWhereTheAgentSaysSo) {
  const auto world = make_world();
  runner::AgentConfig agent = *world->agent;
  agent.approval_timeout = Milliseconds(0);
  world->set_agent(agent);
  SimWorker worker(*world, "worker", open_gate);
  work(*world, worker);
  EXPECT_FALSE(world->payload(types::kApprovalRequested).contains("expires_at"));
  world->clock.advance(kDay * 100);
  EXPECT_FALSE(worker.turn());
  finish(*world, worker, SignalKind::kApprove);
  expect_one_story(*world, TaskStatus::kCompleted);
}

TEST_P(EngineQuestions, LetTheTaskBePausedAnsweredAndResumedMeanwhile) {
  const auto world = make_world();
  SimWorker worker(*world, "worker", open_gate);
  work(*world, worker);
  ASSERT_TRUE(world->signal(SignalKind::kPause).ok());
  while (worker.turn()) {
  }
  EXPECT_EQ(world->stored().task.status, TaskStatus::kPaused);
  ASSERT_TRUE(world->answer(SignalKind::kApprove).ok());
  while (worker.turn()) {
  }
  EXPECT_EQ(world->stored().task.status, TaskStatus::kPaused);
  EXPECT_EQ(world->count(types::kApprovalReceived), 1u) << "a fact is written down at once";
  ASSERT_TRUE(world->signal(SignalKind::kResume).ok());
  EXPECT_TRUE(world->finish(worker));
  expect_one_story(*world, TaskStatus::kCompleted);
}

TEST_P(EngineQuestions, LetTheTaskBeCancelledMeanwhile) {
  const auto world = make_world();
  SimWorker worker(*world, "worker", open_gate);
  work(*world, worker);
  ASSERT_TRUE(world->signal(SignalKind::kCancel).ok());
  expect_one_story(*world, TaskStatus::kCancelled);
  EXPECT_TRUE(world->stored().task.waiting_for.empty());
}

TEST_P(EngineQuestions, PassOverAnAnswerToSomethingElse) {
  const auto world = make_world();
  SimWorker worker(*world, "worker", open_gate);
  work(*world, worker);
  ASSERT_TRUE(
      world->engine.signal(world->id, {SignalKind::kApprove, "x", "", {}, "other", {}}).ok());
  while (worker.turn()) {
  }
  EXPECT_EQ(world->count(types::kApprovalReceived), 0u);
  EXPECT_TRUE(world->stored().signals.empty()) << "it would wake workers for ever";
}

INSTANTIATE_TEST_SUITE_P(Modes, EngineQuestions, ::testing::Bool(),
                         [](const auto& mode) { return mode.param ? "Streaming" : "Batch"; });

TEST(EngineProgress, ATaskThatGetsFurtherUnderEachWorkerThatDiesIsNoPoison) {
  constexpr int kSteps = 50;
  EngineWorld world(kSteps);
  forbid_repetition(world);
  world.limits.commit_patience = Milliseconds(0);
  world.submit();
  for (int worker = 0; worker < 3 * kSteps && !world.ended(); ++worker) {
    bool dead = false;
    size_t commits = 0;
    SimWorker victim(world, "victim-" + std::to_string(worker), [&](std::string_view call) {
      dead = dead || (call == "commit" && ++commits > 2);
      return dead ? Passage::kDead : Passage::kOpen;
    });
    if (!victim.turn()) world.clock.advance(Milliseconds(15'000));
  }
  expect_one_story(world, TaskStatus::kCompleted);
  EXPECT_EQ(world.count(types::kStepCompleted), static_cast<size_t>(kSteps));
}

TEST(EngineProgress, ATaskThatKillsItsWorkersAtTheSamePlaceIsPoisonHoweverFarItCame) {
  EngineWorld world(3);
  for (int attempt = 1; attempt <= 10; ++attempt) {
    world.runner.script(2, attempt, {.outputs = 0, .throws = "boom"});
  }
  world.submit();
  SimWorker worker(world, "worker", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.error->kind, "poison");
  EXPECT_EQ(world.count(types::kStepCompleted), 2u);
}

}  // namespace
}  // namespace taskfeed::engine
