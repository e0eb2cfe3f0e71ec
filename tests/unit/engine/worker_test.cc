#include <gtest/gtest.h>

#include "support/engine_world.h"

namespace taskfeed::engine {
namespace {

using testing::EngineWorld;
using testing::FakeRunner;
using testing::open_gate;
using testing::Passage;
using testing::Script;
using testing::SimWorker;

std::vector<std::string> names(std::initializer_list<std::string_view> types) {
  return {types.begin(), types.end()};
}

size_t round_trips(EngineWorld& world) {
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(worker.turn());
  EXPECT_TRUE(world.ended());
  return 2 + worker.broker().calls().size();  // Beside them, create and execute.
}

TEST(WorkerBatch, CommitsAnActivitysEventsTogetherWhenItEnds) {
  EngineWorld world(1);
  world.submit();
  std::vector<std::string> meanwhile;
  world.runner.on_output = [&](const auto&, const auto&) { meanwhile = world.types(); };
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(meanwhile, names({types::kStarted}));
  EXPECT_EQ(world.types(),
            names({types::kStarted, types::kStepStarted, types::kToolCallStarted,
                   types::kToolCallCompleted, types::kStepCompleted, types::kCompleted}));
}

TEST(WorkerStreaming, CommitsEventsAsTheyOccur) {
  EngineWorld world(1, true);
  world.submit();
  std::vector<std::vector<std::string>> meanwhile;
  world.runner.on_output = [&](const auto&, const auto&) { meanwhile.push_back(world.types()); };
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  ASSERT_EQ(meanwhile.size(), 2U);
  EXPECT_EQ(meanwhile[0], names({types::kStarted, types::kStepStarted, types::kToolCallStarted}));
  EXPECT_EQ(meanwhile[1].back(), types::kToolCallOutput);
  EXPECT_EQ(world.types(),
            names({types::kStarted, types::kStepStarted, types::kToolCallStarted,
                   types::kToolCallOutput, types::kToolCallOutput, types::kToolCallCompleted,
                   types::kStepCompleted, types::kCompleted}));
}

TEST(WorkerModes, AreChosenByExecuteThenParametersThenAgent) {
  struct Case {
    bool agent;
    std::optional<bool> parameter;
    std::optional<bool> execute;
    bool expected;
  };
  for (const Case& one : {Case{true, {}, {}, true}, Case{true, false, {}, false},
                          Case{false, true, {}, true}, Case{false, true, false, false},
                          Case{true, false, true, true}, Case{false, {}, {}, false}}) {
    EngineWorld world(1, one.agent);
    Json parameters = Json::object();
    if (one.parameter) parameters["enable_streaming"] = *one.parameter;
    world.submit({.parameters = parameters, .streaming = one.execute});
    SimWorker worker(world, "w", open_gate);
    EXPECT_TRUE(world.finish(worker));
    EXPECT_EQ(world.count(types::kToolCallOutput), one.expected ? 2U : 0U);
  }
}

TEST(WorkerBudget, IsTheTighterOneOfTheTaskAndItsExecution) {
  struct Case {
    Json parameters;
    Json budget;
    Json expected;
  };
  for (const Case& one : {Case{{{"depth", 1}}, nullptr, {{"depth", 1}}},
                          Case{{{"budget", 0.5}}, nullptr, {{"budget", 0.5}}},
                          Case{Json::object(), {{"steps", 3}}, {{"budget", {{"steps", 3}}}}},
                          Case{{{"budget", 0.5}},
                               {{"usd", 0.75}, {"steps", 3}},
                               {{"budget", {{"usd", 0.5}, {"steps", 3}}}}}}) {
    EngineWorld world(1);
    Json seen;
    world.runner.on_begin = [&](const runner::Activity& activity) { seen = activity.parameters; };
    world.submit({.parameters = one.parameters, .budget = one.budget});
    SimWorker worker(world, "w", open_gate);
    EXPECT_TRUE(world.finish(worker));
    EXPECT_EQ(seen, one.expected);
    EXPECT_EQ(world.stored().task.spec.parameters, one.parameters);
    EXPECT_EQ(world.stored().task.budget, one.budget);
  }
}

TEST(WorkerRoundTrips, OfATaskOfOneStepAreAtMostTwelve) {
  EngineWorld batch(1);
  EXPECT_LE(round_trips(batch), 10U);
  EngineWorld streaming(1, true);
  EXPECT_LE(round_trips(streaming), 12U);
}

TEST(WorkerSteps, RunInOrderAndHandTheirResponseOn) {
  EngineWorld world(3);
  world.runner.script(0, 1, {.outcome = FakeRunner::completed(false, "zero")});
  world.runner.script(1, 1, {.outcome = FakeRunner::completed(false, "one")});
  world.runner.script(2, 1, {.outcome = FakeRunner::completed(true, "two")});
  std::vector<std::string> previous;
  world.runner.on_begin = [&](const runner::Activity& activity) {
    previous.push_back(activity.previous_response);
    EXPECT_EQ(activity.query, "a goal");
  };
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(previous, (std::vector<std::string>{"", "zero", "one"}));
  EXPECT_EQ(world.stored().task.result, "two");
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
}

TEST(WorkerSteps, ThatFailEndTheTask) {
  EngineWorld world(2);
  world.runner.script(0, 1, {.outcome = FakeRunner::failed(false)});
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kFailed);
  EXPECT_EQ(world.stored().task.error->kind, "step_failed");
  EXPECT_EQ(world.runner.runs().size(), 1U);
}

TEST(WorkerSteps, ThatMayFailAreFollowedByTheNext) {
  EngineWorld world(2);
  runner::Outcome tolerated = FakeRunner::failed(false);
  tolerated.go_on = true;
  world.runner.script(0, 1, {.outcome = tolerated});
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
}

TEST(WorkerRetry, OfAFailedStepFollowsThePolicyInPlace) {
  EngineWorld world(1);
  runner::AgentConfig agent = *world.agent;
  agent.retry.maximum_attempts = 3;
  world.set_agent(agent);
  world.runner.script(0, 1, {.outcome = FakeRunner::failed(true)});
  world.runner.script(0, 2, {.outcome = FakeRunner::failed(true)});
  world.submit();
  SimWorker worker(world, "w", open_gate);
  const MonoTime begun = world.clock.mono();
  EXPECT_TRUE(worker.turn());
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
  EXPECT_EQ(world.clock.mono() - begun, Milliseconds(3'000));  // 1 s, then 2 s.
  EXPECT_EQ(world.runner.runs(), (std::vector<FakeRunner::Run>{{0, 1}, {0, 2}, {0, 3}}));
}

TEST(WorkerRetry, AfterALongWaitLetsGoOfTheLeaseMeanwhile) {
  EngineWorld world(1);
  runner::AgentConfig agent = *world.agent;
  agent.retry.maximum_attempts = 12;
  agent.retry.initial_interval = Milliseconds(30'000);
  agent.retry.backoff_coefficient = 1;
  world.set_agent(agent);
  for (int attempt = 1; attempt <= 9; ++attempt) {
    world.runner.script(0, attempt, {.outcome = FakeRunner::failed(true)});
  }
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(worker.turn());
  EXPECT_FALSE(world.stored().holder);
  EXPECT_FALSE(worker.turn());  // Deferred.
  world.clock.advance(Milliseconds(30'000));
  EXPECT_TRUE(worker.turn());
  EXPECT_EQ(world.runner.runs().size(), 2U);
  // Claims that ended in good order do not make a task poison.
  EXPECT_TRUE(world.finish(worker, 200));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
  EXPECT_EQ(world.runner.runs().size(), 10U);
}

TEST(WorkerSignals, ACancelStopsTheActivityAndEndsTheTask) {
  EngineWorld world(2, true);
  world.runner.script(0, 1, {.until_stopped = true});
  SimWorker* self = nullptr;
  world.runner.on_output = [&](const auto&, const std::stop_token& stop) {
    if (stop.stop_requested()) return;
    EXPECT_TRUE(world.signal(broker::SignalKind::kCancel).ok());
    self->beat();
  };
  world.submit();
  SimWorker worker(world, "w", open_gate);
  self = &worker;
  EXPECT_TRUE(worker.turn());
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCancelled);
  EXPECT_EQ(world.runner.runs().size(), 1U);
  EXPECT_EQ(string_at(world.payload(types::kCancelled), "by"), "tester");
  EXPECT_EQ(string_at(world.payload(types::kCancelled), "reason"), "because");
}

TEST(WorkerSignals, ACancelOfATaskThatNobodyHoldsEndsItAtOnce) {
  EngineWorld world(1);
  world.submit();
  EXPECT_TRUE(world.signal(broker::SignalKind::kCancel).ok());
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCancelled);
  EXPECT_EQ(world.signal(broker::SignalKind::kCancel).error().code, Errc::kEnded);
  SimWorker worker(world, "w", open_gate);
  worker.turn();
  EXPECT_TRUE(world.runner.runs().empty());
  EXPECT_FALSE(worker.turn());  // The entry is gone.
}

TEST(WorkerLease, ThatRanOutWhileTheWorkerSleptLetsItBeginNoStepOfABatch) {
  EngineWorld world(2);
  world.submit();
  SimWorker first(world, "first", open_gate);
  world.runner.on_begin = [&](const auto&) { first.keeper().mailbox()->shut_down(); };
  EXPECT_TRUE(first.turn());
  world.runner.on_begin = [](const auto&) {};
  SimWorker heir(world, "heir", open_gate);
  bool asleep = false;
  SimWorker sleeper(world, "sleeper", [&](std::string_view call) {
    if (call == "agent" && !std::exchange(asleep, true)) {
      world.clock.advance(Milliseconds(16'000));
      EXPECT_TRUE(heir.turn());
      EXPECT_TRUE(world.ended());
    }
    return Passage::kOpen;
  });
  sleeper.turn();
  EXPECT_TRUE(asleep);
  EXPECT_EQ(world.runner.runs().size(), 2U) << "of the first, and of the heir";
}

TEST(WorkerSignals, APauseTakesEffectBetweenActivitiesAndFreesTheSlot) {
  EngineWorld world(2);
  SimWorker* self = nullptr;
  world.runner.on_begin = [&](const runner::Activity& activity) {
    if (activity.step != 0) return;
    EXPECT_TRUE(world.signal(broker::SignalKind::kPause).ok());
    self->beat();
  };
  world.submit();
  SimWorker worker(world, "w", open_gate);
  self = &worker;
  EXPECT_TRUE(worker.turn());
  EXPECT_EQ(world.stored().task.status, TaskStatus::kPaused);
  EXPECT_FALSE(world.stored().holder);
  EXPECT_EQ(world.runner.runs().size(), 1U);
  EXPECT_FALSE(worker.turn());
  EXPECT_TRUE(world.signal(broker::SignalKind::kResume).ok());
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
  EXPECT_EQ(world.count(types::kPaused), 1U);
  EXPECT_EQ(world.count(types::kResumed), 1U);
  EXPECT_EQ(world.runner.runs().size(), 2U);
}

TEST(WorkerSignals, ASecondPauseKeepsNoWorkerTurning) {
  EngineWorld world(2);
  SimWorker* self = nullptr;
  world.runner.on_begin = [&](const auto&) {
    EXPECT_TRUE(world.signal(broker::SignalKind::kPause).ok());
    self->beat();
    // This one nobody hears of before the task is paused.
    EXPECT_TRUE(world.signal(broker::SignalKind::kPause).ok());
  };
  world.submit();
  size_t calls = 0;
  SimWorker worker(world, "w", [&](std::string_view) {
    return ++calls > 200 ? Passage::kDead : Passage::kOpen;
  });
  self = &worker;
  EXPECT_TRUE(worker.turn());
  EXPECT_LT(calls, 50U);
  EXPECT_EQ(world.stored().task.status, TaskStatus::kPaused);
  EXPECT_TRUE(world.stored().signals.empty());
  world.runner.on_begin = [](const auto&) {};
  EXPECT_TRUE(world.signal(broker::SignalKind::kResume).ok());
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
  EXPECT_EQ(world.count(types::kPaused), 1U);
}

TEST(WorkerSignals, ACancelOfAPausedTaskEndsItAtOnce) {
  EngineWorld world(2);
  SimWorker* self = nullptr;
  world.runner.on_begin = [&](const auto&) {
    EXPECT_TRUE(world.signal(broker::SignalKind::kPause).ok());
    self->beat();
  };
  world.submit();
  SimWorker worker(world, "w", open_gate);
  self = &worker;
  worker.turn();
  EXPECT_TRUE(world.signal(broker::SignalKind::kCancel).ok());
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCancelled);
}

TEST(WorkerPoison, ATaskThatKillsItsWorkersIsFailedAndSetAside) {
  EngineWorld world(1);
  world.limits.commit_patience = Milliseconds(0);
  world.submit();
  for (int i = 0; i < 5; ++i) {
    bool dead = false;
    world.runner.on_begin = [&](const auto&) { dead = true; };
    SimWorker victim(world, "victim-" + std::to_string(i),
                     [&](std::string_view) { return dead ? Passage::kDead : Passage::kOpen; });
    EXPECT_TRUE(victim.turn());
    world.clock.advance(Milliseconds(16'000));
  }
  world.runner.on_begin = [](const auto&) { FAIL() << "carried out once more"; };
  world.runner.on_settle = [](const auto&, auto&) { FAIL() << "it may be what kills them"; };
  SimWorker last(world, "last", open_gate);
  EXPECT_TRUE(world.finish(last));
  EXPECT_EQ(world.stored().task.error->kind, "poison");
  const auto dead = world.broker.dead(world.queue, 10).value();
  ASSERT_EQ(dead.size(), 1U);
  EXPECT_EQ(dead[0].task, world.id);
  EXPECT_FALSE(last.turn());
}

TEST(WorkerPoison, AnExceptionOfTheRunnerIsKeptAsTheLastError) {
  EngineWorld world(1);
  for (int attempt = 1; attempt <= 9; ++attempt) {
    world.runner.script(0, attempt, {.throws = "boom"});
  }
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(worker.turn());
  EXPECT_EQ(world.stored().last_error, "boom");
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.runner.runs().size(), 5U);
  EXPECT_EQ(world.stored().task.error->kind, "poison");
  EXPECT_NE(world.stored().task.error->message.find("boom"), std::string::npos);
}

/// Its worker dies within the first step; whoever comes next finds `signal`.
void die_in_the_first_step(EngineWorld& world) {
  world.limits.commit_patience = Milliseconds(0);
  world.submit();
  bool dead = false;
  world.runner.on_begin = [&](const auto&) { dead = true; };
  SimWorker victim(world, "victim",
                   [&](std::string_view) { return dead ? Passage::kDead : Passage::kOpen; });
  EXPECT_TRUE(victim.turn());
  world.runner.on_begin = [](const auto&) {};
}

TEST(WorkerSettle, TellsWhatALostAttemptTookBeforeACancelEndsTheTask) {
  EngineWorld world(1, true);
  die_in_the_first_step(world);
  std::vector<int> settled;
  world.runner.on_settle = [&](const runner::Activity& activity, runner::OutputSink& output) {
    settled = {activity.step, activity.attempt};
    output.emit(types::kLlmCallCompleted, Json{{"call_id", "c"}, {"cost", 2}});
  };
  EXPECT_TRUE(world.signal(broker::SignalKind::kCancel).ok());
  SimWorker heir(world, "heir", open_gate);
  EXPECT_TRUE(world.finish(heir));
  EXPECT_EQ(settled, (std::vector<int>{0, 1}));
  EXPECT_EQ(world.types(), names({types::kStarted, types::kStepStarted, types::kLlmCallCompleted,
                                  types::kCancelled}));
  EXPECT_EQ(world.stored().task.total_cost, 2 * kNanoDollarsPerDollar);
  EXPECT_EQ(world.runner.runs().size(), 1U);
}

TEST(WorkerSettle, IsNotAskedForWhereEveryAttemptHasItsOutcome) {
  EngineWorld world(2);
  world.submit();
  world.runner.on_settle = [](const auto&, auto&) { FAIL() << "nothing is open"; };
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
}

TEST(WorkerSettle, IsAskedForWhereTheLastAttemptFailed) {
  EngineWorld world(1);
  world.runner.script(0, 1, {.outcome = FakeRunner::failed(true, /*retryable=*/false)});
  int settled = 0;
  world.runner.on_settle = [&](const auto&, auto&) { ++settled; };
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kFailed);
  EXPECT_EQ(settled, 1);
}

TEST(WorkerSettle, HoldsNoTaskUpByFailing) {
  EngineWorld world(1, true);
  die_in_the_first_step(world);
  world.runner.on_settle = [](const auto&, auto&) { throw std::runtime_error("boom"); };
  EXPECT_TRUE(world.signal(broker::SignalKind::kCancel).ok());
  SimWorker heir(world, "heir", open_gate);
  EXPECT_TRUE(world.finish(heir));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCancelled);
}

/// A million tokens into gpt-4o-mini, and a thousand out of it.
constexpr NanoDollars kOpenCallCost = kNanoDollarsPerDollar * 15 / 100 + 600'000;

TEST(WorkerSettle, ChargesAnOpenCallByTheBuiltInPricesWhereTheAgentIsGone) {
  EngineWorld world(1, true);
  world.runner.script(0, 1, {.open_call = "c"});
  bool dead = false;
  world.runner.on_output = [&](const auto&, const auto&) { dead = true; };
  world.limits.commit_patience = Milliseconds(0);
  world.submit();
  SimWorker victim(world, "victim",
                   [&](std::string_view) { return dead ? Passage::kDead : Passage::kOpen; });
  EXPECT_TRUE(victim.turn());
  ASSERT_TRUE(world.broker.remove_agent(world.agent->id).ok());
  SimWorker heir(world, "heir", open_gate);
  EXPECT_TRUE(world.finish(heir));
  EXPECT_EQ(world.stored().task.error->kind, "agent_not_found");
  EXPECT_EQ(string_at(world.payload(types::kLlmCallFailed), "call_id"), "c");
  EXPECT_EQ(world.stored().task.total_cost, kOpenCallCost);
}

TEST(WorkerSettle, IsDoneByWhoCancelsWhereNoWorkerHoldsTheTask) {
  EngineWorld world(1, true);
  world.runner.script(0, 1, {.until_stopped = true, .open_call = "c"});
  world.submit();
  SimWorker worker(world, "w", open_gate);
  world.runner.on_output = [&](const auto&, const auto&) {
    worker.keeper().mailbox()->shut_down();
    worker.keeper().mailbox()->stop_activity();
  };
  EXPECT_TRUE(worker.turn());
  ASSERT_FALSE(world.ended());
  EXPECT_TRUE(world.signal(broker::SignalKind::kCancel).ok());
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCancelled);
  EXPECT_EQ(string_at(world.payload(types::kLlmCallFailed), "call_id"), "c");
  EXPECT_EQ(world.stored().task.total_cost, kOpenCallCost);
}

TEST(WorkerAgents, ThatAreGoneOrBrokenFailTheirTasks) {
  EngineWorld world(1);
  world.submit();
  ASSERT_TRUE(world.broker.remove_agent(world.agent->id).ok());
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.error->kind, "agent_not_found");

  EngineWorld external(1);
  runner::AgentConfig agent = *external.agent;
  agent.runner = runner::RunnerKind::kExternal;
  agent.steps.clear();
  external.set_agent(agent);
  external.submit();
  SimWorker other(external, "w", open_gate);
  EXPECT_TRUE(external.finish(other));
  EXPECT_EQ(external.stored().task.error->kind, "runner_unavailable");
}

TEST(WorkerEvents, TooLargeForTheStreamLoseTheEndOfTheirTextAndNothingElse) {
  EngineWorld world(1);
  runner::Outcome outcome = FakeRunner::completed(true, std::string(300 * 1024, '\x01'));
  world.runner.script(0, 1, {.outcome = outcome});
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
  EXPECT_TRUE(world.stored().task.result->ends_with("…[cut]"));
}

TEST(WorkerEvents, OfOthersMeanwhileDoNotDisturbTheRun) {
  EngineWorld world(2, true);
  world.runner.on_output = [&](const auto&, const auto&) {
    const Event event{.id = world.ids.uuid7(),
                      .type = EventType::parse("Foreign").value(),
                      .time = world.clock.wall(),
                      .task = world.id,
                      .agent = {},
                      .execution = {}};
    const EncodedEvent encoded = encode(event).value();
    EXPECT_TRUE(world.broker.append(world.id, std::span(&encoded, 1), {}).ok());
  };
  world.submit();
  SimWorker worker(world, "w", open_gate);
  EXPECT_TRUE(world.finish(worker));
  EXPECT_EQ(world.count("Foreign"), 4U);
  EXPECT_EQ(world.stored().task.status, TaskStatus::kCompleted);
}

}  // namespace
}  // namespace taskfeed::engine
