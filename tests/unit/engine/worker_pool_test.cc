#include "engine/worker_pool.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "support/engine_world.h"
#include "support/gated_broker.h"
#include "support/recording_log.h"

namespace taskfeed::engine {
namespace {

using testing::FakeRunner;

/// Threads need time that moves by itself.
class WorkerPoolTest : public ::testing::Test {
 protected:
  WorkerPoolTest() {
    runner::AgentConfig agent{.id = testing::agent("agent-1"),
                              .description = {},
                              .runner = runner::RunnerKind::kCommand,
                              .enable_streaming = true,
                              .steps = {},
                              .retry = {}};
    runner::CommandStep step;
    step.name = "step";
    step.argv = {"true"};
    agent.steps = {step, step};
    EXPECT_TRUE(broker_.put_agent({agent.id, dump_json(runner::agent_to_json(agent))}).ok());
    options_.take_wait = Milliseconds(20);
    options_.worker.limits.drain = Milliseconds(2'000);
    options_.worker.limits.drain_stop = Milliseconds(1'950);
  }

  TaskId submit() {
    const TaskId id = new_task_id(ids_);
    Task task{.id = id,
              .spec = {.agent = testing::agent("agent-1"),
                       .description = "goal",
                       .user_id = {},
                       .labels = {}},
              .created_at = clock_.wall(),
              .execution = {},
              .query = {},
              .streaming = {},
              .started_at = {},
              .completed_at = {},
              .result = {},
              .error = {},
              .last_event = {}};
    EXPECT_TRUE(broker_.create(task).ok());
    EXPECT_TRUE(engine_.submit(id, {ids_.uuid7(), "", std::nullopt, queue_}).ok());
    return id;
  }
  TaskStatus status(const TaskId& id) { return broker_.load(id).value().task.status; }
  bool reaches(const TaskId& id, TaskStatus wanted) {
    return eventually([&] { return status(id) == wanted; });
  }
  template <class Fact>
  static bool eventually(const Fact& fact) {
    for (int i = 0; i < 4'000; ++i) {
      if (fact()) return true;
      std::this_thread::sleep_for(Milliseconds(5));
    }
    return false;
  }
  Ports ports() {
    return {broker_, broker_, broker_, broker_, broker_, runner_, ids_, clock_, log_};
  }

  SystemClock clock_;
  SystemIdSource ids_{clock_};
  broker::MemoryBroker broker_{clock_};
  FakeRunner runner_;
  NullLog log_;
  LocalEngine engine_{broker_, broker_, broker_, ids_, clock_};
  QueueName queue_ = testing::queue("default");
  PoolOptions options_{.worker = {testing::worker("w-1"), testing::queue("default"), {}},
                       .concurrency = 3,
                       .take_wait = Milliseconds(20)};
};

TEST_F(WorkerPoolTest, CarriesOutManyTasksAtATime) {
  WorkerPool pool(ports(), options_);
  pool.start();
  std::vector<TaskId> tasks;
  for (int i = 0; i < 20; ++i) tasks.push_back(submit());
  for (const TaskId& task : tasks) EXPECT_TRUE(reaches(task, TaskStatus::kCompleted));
  EXPECT_TRUE(eventually([&] { return pool.running() == 0; }));
}

TEST_F(WorkerPoolTest, CountsHowRunsEnded) {
  std::atomic<bool> begun{false};
  WorkerPool pool(ports(), options_);
  for (const auto& [way, count] : pool.counts()) EXPECT_EQ(count, 0u) << way;
  pool.start();
  const TaskId first = submit();
  ASSERT_TRUE(reaches(first, TaskStatus::kCompleted));
  runner_.on_begin = [&](const auto&) { begun = true; };
  runner_.script(0, 1, {.until_stopped = true});
  const TaskId second = submit();
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  EXPECT_TRUE(engine_.signal(second, {broker::SignalKind::kCancel, "me", "", {}}).ok());
  ASSERT_TRUE(reaches(second, TaskStatus::kCancelled));
  ASSERT_TRUE(eventually([&] { return pool.running() == 0; }));
  RunCounts expected{{"completed", 1}, {"failed", 0},      {"cancelled", 1}, {"paused", 0},
                     {"deferred", 0},  {"released", 0},    {"crashed", 0},   {"poison", 0},
                     {"lost", 0},      {"unavailable", 0}, {"waiting", 0}};
  EXPECT_EQ(pool.counts(), expected);
}

TEST_F(WorkerPoolTest, SaysOnceThatNoWorkCanBeTakenAndOnceThatItCanAgain) {
  std::atomic<bool> away{true};
  std::atomic<int> tries{0};
  testing::GatedBroker gated(broker_, [&](std::string_view call) {
    if (call != "take") return testing::Passage::kOpen;
    ++tries;
    return away ? testing::Passage::kDead : testing::Passage::kOpen;
  });
  testing::RecordingLog log;
  WorkerPool pool({gated, gated, gated, gated, gated, runner_, ids_, clock_, log}, options_);
  pool.start();
  ASSERT_TRUE(eventually([&] { return tries >= 3; }));
  EXPECT_EQ(log.count("no work can be taken"), 1u) << log.all();
  away = false;
  ASSERT_TRUE(eventually([&] { return log.count("work can be taken again") > 0; }));
  const int seen = tries;
  ASSERT_TRUE(eventually([&] { return tries >= seen + 2; }));
  EXPECT_EQ(log.count("work can be taken again"), 1u) << log.all();
}

TEST_F(WorkerPoolTest, ACancelReachesARunningActivityAtOnce) {
  std::atomic<bool> begun{false};
  runner_.on_begin = [&](const auto&) { begun = true; };
  runner_.on_output = [](const auto&, const auto&) { std::this_thread::yield(); };
  runner_.script(0, 1, {.until_stopped = true});
  WorkerPool pool(ports(), options_);
  pool.start();
  const TaskId task = submit();
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  EXPECT_TRUE(engine_.signal(task, {broker::SignalKind::kCancel, "me", "", {}}).ok());
  EXPECT_TRUE(reaches(task, TaskStatus::kCancelled));
}

TEST_F(WorkerPoolTest, ALeaseIsRenewedWhileItsActivityRuns) {
  options_.worker.limits.lease_interval = Milliseconds(300);
  std::atomic<bool> begun{false};
  std::atomic<bool> go_on{false};
  runner_.on_begin = [&](const auto&) { begun = true; };
  runner_.on_output = [&](const auto&, const auto&) {
    while (!go_on) std::this_thread::yield();
  };
  WorkerPool pool(ports(), options_);
  pool.start();
  const TaskId task = submit();
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  // Three leases long, nobody else can claim it.
  const MonoTime until = clock_.mono() + Milliseconds(900);
  while (clock_.mono() < until) {
    EXPECT_FALSE(broker_.claim(task, testing::worker("other"), Milliseconds(300)).ok());
    std::this_thread::sleep_for(Milliseconds(10));
  }
  go_on = true;
  EXPECT_TRUE(reaches(task, TaskStatus::kCompleted));
}

TEST_F(WorkerPoolTest, StopLetsGoOfWhatRunsSoThatAnotherGoesOn) {
  std::atomic<bool> begun{false};
  runner_.on_begin = [&](const auto&) { begun = true; };
  runner_.on_output = [](const auto&, const auto&) { std::this_thread::yield(); };
  runner_.script(0, 1, {.until_stopped = true});
  const auto pool = std::make_unique<WorkerPool>(ports(), options_);
  pool->start();
  const TaskId task = submit();
  ASSERT_TRUE(eventually([&] { return begun.load(); }));
  pool->stop();
  EXPECT_FALSE(broker_.load(task).value().holder);
  EXPECT_EQ(status(task), TaskStatus::kRunning);
  runner_.on_output = [](const auto&, const auto&) {};

  options_.worker.id = testing::worker("w-2");
  WorkerPool next(ports(), options_);
  next.start();
  EXPECT_TRUE(reaches(task, TaskStatus::kCompleted));
}

TEST_F(WorkerPoolTest, StopWithNothingToDoReturnsAtOnce) {
  WorkerPool pool(ports(), options_);
  pool.start();
  pool.stop();
  EXPECT_EQ(pool.running(), 0U);
}

}  // namespace
}  // namespace taskfeed::engine
