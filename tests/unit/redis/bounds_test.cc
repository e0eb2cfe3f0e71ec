// What RedisBroker bounds, lets go of, and finds again: by number, by time, and after a loss.
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "redis/redis_broker.h"
#include "support/redis_server.h"
#include "support/redis_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;

class RedisBounds : public ::testing::Test {
 protected:
  TaskId pending(std::string_view id) {
    TF_ASSERT(broker_.create(a_task(id)).ok());
    TF_ASSERT(broker_.execute(task(id), {ids_.uuid7(), "q", {}, queue("default")}).ok());
    return task(id);
  }
  Result<std::vector<broker::QueueEntry>> take(Milliseconds wait,
                                               Milliseconds redeliver = Milliseconds(60'000)) {
    return broker_.take({.queue = queue("default"),
                         .worker = worker("w1"),
                         .wait = wait,
                         .redeliver_after = redeliver});
  }
  Result<void> send(const TaskId& task) {
    return broker_.signal(task, {broker::SignalKind::kPause, "ann", "", ""});
  }
  void end(const TaskId& id) {
    const EncodedEvent event = an_event(ids_, types::kCompleted);
    TF_ASSERT(broker_.append(id, {&event, 1}, {}).ok());
  }

  SystemClock clock_;
  SeededIdSource ids_;
  RedisServer server_;
  RedisBroker broker_{Url::parse(server_.url()).value(), clock_, with_bounds()};

 private:
  static BrokerOptions with_bounds() {
    BrokerOptions options;
    options.signals_max = 3;
    options.dead_max = 2;
    options.retention = std::chrono::seconds(1);
    return options;
  }
};

TEST_F(RedisBounds, KeepSoManySignalsAndRefuseMoreUntilOneIsTaken) {
  const TaskId task = pending("t1");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(send(task).ok());
  const auto refused = send(task);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kFull);
  EXPECT_NE(refused.error().text.find("3 unanswered signals"), std::string::npos);
  const auto held = broker_.claim(task, worker("w1"), Milliseconds(60'000)).value();
  ASSERT_EQ(held.signals.size(), 3u);
  ASSERT_TRUE(
      broker_.commit({.task = task, .lease = held.lease, .signals_taken = held.signals[0].id})
          .ok());
  EXPECT_TRUE(send(task).ok());
}

TEST_F(RedisBounds, KeepTheNewestOfWhatWasSetAside) {
  for (const char* id : {"t1", "t2", "t3"}) {
    pending(id);
    const auto entry = take(Milliseconds(0)).value().at(0);
    ASSERT_TRUE(broker_.set_aside(queue("default"), entry, "poison").ok());
  }
  const auto dead = broker_.dead(queue("default"), 10).value();
  ASSERT_EQ(dead.size(), 2u);
  EXPECT_EQ(dead[0].task, task("t3"));
  EXPECT_EQ(dead[1].task, task("t2"));
}

TEST_F(RedisBounds, LetGoOfAFinishedTaskAndOfAllThatNamedIt) {
  const TaskId gone = pending("gone");
  pending("stays");
  ASSERT_TRUE(send(gone).ok());
  end(gone);
  ASSERT_TRUE(eventually([&] { return server_.command({"EXISTS", "taskfeed:{gone}"}) == "0"; }));
  EXPECT_EQ(broker_.load(gone).error().code, Errc::kNotFound);
  ASSERT_TRUE(eventually([&] {
    return server_.command({"EXISTS", "taskfeed:{gone}:events", "taskfeed:{gone}:inbox"}) == "0";
  }));
  EXPECT_FALSE(broker_.read(gone, {})->status);
  const auto page = broker_.list({}).value();
  ASSERT_EQ(page.tasks.size(), 1u);
  EXPECT_EQ(page.tasks[0].task.id, task("stays"));
  EXPECT_EQ(server_.command({"ZCARD", "taskfeed:tasks"}), "1") << "dropped in passing";
}

TEST_F(RedisBounds, DropNoTaskFromAListWhoseCreationIsUnderWay) {
  // The index comes first; a list in between sees no task behind a young entry.
  const std::string now = std::to_string(clock_.wall().time_since_epoch().count());
  server_.command({"ZADD", "taskfeed:tasks", now, "under-way"});
  EXPECT_TRUE(broker_.list({})->tasks.empty());
  EXPECT_EQ(server_.command({"ZCARD", "taskfeed:tasks"}), "1");
}

TEST_F(RedisBounds, WakeAWorkerThatWaitsForWork) {
  ASSERT_TRUE(take(Milliseconds(0)).ok());
  std::thread other([this] {
    // The waiting take() is seen by Redis before there is anything to take.
    EXPECT_TRUE(eventually([&] {
      return server_.command({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
    }));
    pending("t1");
  });
  const auto taken = take(Milliseconds(20'000));
  other.join();
  ASSERT_TRUE(taken.ok()) << taken.error().text;
  ASSERT_EQ(taken->size(), 1u);
  EXPECT_EQ(taken->front().task, task("t1"));
}

TEST_F(RedisBounds, MakeAQueueAnewThatWasLost) {
  pending("t1");
  ASSERT_EQ(take(Milliseconds(0))->size(), 1u);
  server_.command({"FLUSHALL"});
  ASSERT_TRUE(take(Milliseconds(0)).ok());
  pending("t2");
  EXPECT_EQ(take(Milliseconds(0))->size(), 1u);
}

TEST_F(RedisBounds, TakeWhatWasQueuedBeforeAnyWorkerCame) {
  pending("t1");
  pending("t2");
  EXPECT_EQ(take(Milliseconds(0))->size(), 1u);
  EXPECT_EQ(take(Milliseconds(0))->size(), 1u);
}

}  // namespace
}  // namespace taskfeed::redis
