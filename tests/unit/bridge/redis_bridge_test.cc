/// Whole bridges on a real Redis: what is published becomes a stream, once and in order.
#include "redis/redis_bridge.h"

#include <gtest/gtest.h>

#include "support/cutting_proxy.h"
#include "unit/bridge/bridge_world.h"

namespace taskfeed::redis {
namespace {

using namespace taskfeed::testing;

class BridgesTest : public ::testing::Test {
 protected:
  /// As a publisher in another language does it.
  void publish(const std::string& channel, const std::string& json) {
    const auto sent = publisher.call(
        [&](Batch& batch, bool) {
          batch.command({"PUBLISH", channel, json});
        },
        {.repeat = Repeat::kNever});
    ASSERT_TRUE(sent.ok()) << sent.error().text;
    ++published;
  }
  /// Event number `n` of task t1, with an id.
  void say(int n, std::string_view type = "tick") {
    publish("workflow.t1", R"({"event_id":"e)" + std::to_string(n) + R"(","event_type":")" +
                               std::string(type) + R"(","data":{"n":)" + std::to_string(n) + "}}");
  }
  /// The same again and again, without an id.
  void tick() { publish("workflow.t1", R"({"event_type":"tick","task_id":"t1"})"); }

  std::vector<StoredEvent> stream(std::string_view id = "t1") {
    const auto page = broker.read(task(id), {});
    EXPECT_TRUE(page.ok());
    return page.ok() ? page->events : std::vector<StoredEvent>{};
  }
  bool reaches(size_t count) {
    return eventually([&] { return stream().size() >= count; });
  }
  /// 0 to count - 1, each once and in order.
  void expect_numbers(size_t count) {
    const auto events = stream();
    ASSERT_EQ(events.size(), count);
    for (size_t n = 0; n < count; ++n) {
      EXPECT_EQ(events[n].cursor.seq, n + 1);
      EXPECT_EQ(int_at(decode_event(events[n].json)->payload, "n", -1), static_cast<int64_t>(n));
    }
  }

  RedisServer server;
  SystemClock clock;
  RedisBroker broker{Url::parse(server.url()).value(), clock, {}};
  Client publisher{Url::parse(server.url()).value(), clock, {}};
  uint64_t published = 0;
};

TEST_F(BridgesTest, APublicationBecomesATaskWithAStream) {
  ABridge bridge(server.url());
  ASSERT_TRUE(bridge.listens());
  publish("workflow.t1", R"({"event_type":"workflow.WorkflowStarted","agent_id":"a1"})");
  publish("workflow.t1", R"({"event_type":"workflow.Completed","data":{"final_response":"yes"}})");
  ASSERT_TRUE(reaches(2));
  const Task stored = broker.load(task("t1"))->task;
  EXPECT_EQ(stored.spec.agent.str(), "a1");
  EXPECT_EQ(stored.status, TaskStatus::kCompleted);
  EXPECT_EQ(stored.spec.labels.at(std::string(kBridgedLabel)), "workflow.t1");
  EXPECT_EQ(broker.list({})->tasks.size(), 1u);
  EXPECT_EQ(stream()[1].type, types::kCompleted);
  EXPECT_TRUE(bridge.has_handled(2));
  EXPECT_EQ(bridge.stats().streams_made, 1u);
}

TEST_F(BridgesTest, UnknownTasksAreCountedWhereStreamsMayNotBeMade) {
  RedisBridgeOptions options = fast_bridge();
  options.bridge.create = false;
  ASSERT_TRUE(broker.create(a_task("t2")).ok());
  ABridge bridge(server.url(), options);
  ASSERT_TRUE(bridge.listens());
  publish("workflow.t1", R"({"event_type":"x"})");
  publish("workflow.t2", R"({"event_type":"x"})");
  ASSERT_TRUE(bridge.has_handled(2));
  EXPECT_EQ(bridge.stats().unknown_task, 1u);
  EXPECT_EQ(stream("t2").size(), 1u);
  EXPECT_FALSE(broker.load(task("t1")).ok());
}

TEST_F(BridgesTest, TwoStoreEachPublicationOnceAndInOrder) {
  ABridge one(server.url());
  ABridge two(server.url());
  ASSERT_TRUE(one.listens() && two.listens());
  for (int n = 0; n < 300; ++n) say(n);
  ASSERT_TRUE(one.has_handled(300) && two.has_handled(300));
  expect_numbers(300);
  EXPECT_EQ(one.stats().stored + two.stats().stored, 300u);
  EXPECT_EQ(one.stats().seen + two.stats().seen, 300u);
}

TEST_F(BridgesTest, ThreeStoreEveryRepeatWithoutAnIdOnce) {
  ABridge one(server.url());
  ABridge two(server.url());
  ABridge three(server.url());
  ASSERT_TRUE(one.listens() && two.listens() && three.listens());
  for (int n = 0; n < 100; ++n) tick();
  ASSERT_TRUE(one.has_handled(100) && two.has_handled(100) && three.has_handled(100));
  EXPECT_EQ(stream().size(), 100u);
}

TEST_F(BridgesTest, OverlappingPatternsStoreOnce) {
  ABridge bridge(server.url(), fast_bridge({"workflow.*", "*.t1", "workflow.t1"}));
  ASSERT_TRUE(bridge.listens());
  for (int n = 0; n < 5; ++n) tick();
  ASSERT_TRUE(bridge.has_handled(15));
  EXPECT_EQ(stream().size(), 5u);
}

TEST_F(BridgesTest, OneIsKilledAndAnotherStartsInTheMiddle) {
  auto one = std::make_unique<ABridge>(server.url());
  auto two = std::make_unique<ABridge>(server.url());
  ASSERT_TRUE(one->listens() && two->listens());
  int n = 0;
  const auto publish_some = [&] {
    for (const int end = n + 50; n < end; ++n) say(n);
  };
  publish_some();
  one.reset();
  publish_some();
  ASSERT_TRUE(reaches(100))
      << "before a newcomer hears what comes after what the other lags behind";
  one = std::make_unique<ABridge>(server.url());
  ASSERT_TRUE(one->listens());
  publish_some();
  ASSERT_TRUE(reaches(150)) << "before the other dies with what it has in hand";
  two.reset();
  publish_some();
  ASSERT_TRUE(reaches(200));
  ASSERT_TRUE(one->has_handled(100));
  expect_numbers(200);
}

TEST_F(BridgesTest, OneIsKilledAndAnotherStartsAmongRepeatsWithoutIds) {
  auto one = std::make_unique<ABridge>(server.url());
  auto two = std::make_unique<ABridge>(server.url());
  ASSERT_TRUE(one->listens() && two->listens());
  for (int n = 0; n < 20; ++n) tick();
  ASSERT_TRUE(one->has_handled(20) && two->has_handled(20));
  one.reset();
  for (int n = 0; n < 20; ++n) tick();
  ASSERT_TRUE(two->has_handled(40));
  one = std::make_unique<ABridge>(server.url());
  ASSERT_TRUE(one->listens());
  for (int n = 0; n < 20; ++n) tick();
  ASSERT_TRUE(one->has_handled(20) && two->has_handled(60));
  EXPECT_EQ(stream().size(), 60u);
  two.reset();
  for (int n = 0; n < 20; ++n) tick();
  ASSERT_TRUE(one->has_handled(40));
  EXPECT_EQ(stream().size(), 80u);
}

TEST_F(BridgesTest, ARestartOfRedisIsSurvivedAndSaid) {
  ABridge one(server.url());
  ABridge two(server.url());
  ASSERT_TRUE(one.listens() && two.listens());
  for (int n = 0; n < 10; ++n) say(n);
  ASSERT_TRUE(one.has_handled(10) && two.has_handled(10));
  server.stop();
  ASSERT_TRUE(eventually([&] { return one.log.count("does not listen to workflow.*") > 0; }));
  server.start();
  ASSERT_TRUE(eventually([&] {
    return one.log.count("in which what was published is lost") > 0 &&
           two.log.count("in which what was published is lost") > 0;
  }));
  for (int n = 10; n < 20; ++n) say(n);
  ASSERT_TRUE(one.has_handled(20) && two.has_handled(20));
  expect_numbers(20);
  EXPECT_EQ(one.ear().losses, 1u);
}

TEST_F(BridgesTest, WhatRedisCannotTakeWaitsInItsOrder) {
  ABridge one(server.url());
  ABridge two(server.url());
  ASSERT_TRUE(one.listens() && two.listens());
  say(0);
  ASSERT_TRUE(one.has_handled(1) && two.has_handled(1));
  server.command({"CONFIG", "SET", "maxmemory", "1mb"});
  for (int n = 1; n < 50; ++n) say(n);
  ASSERT_TRUE(eventually([&] { return one.log.count("wait to be stored") > 0; }));
  EXPECT_EQ(stream().size(), 1u);
  server.command({"CONFIG", "SET", "maxmemory", "0"});
  ASSERT_TRUE(one.has_handled(50) && two.has_handled(50));
  expect_numbers(50);
}

TEST_F(BridgesTest, ALostReplyMakesNoSecondEvent) {
  for (const size_t bytes : {0, 1, 3, 5, 40, 90}) {
    CuttingProxy proxy(server.folder() + "/proxy.sock", server.socket());
    ABridge straight(server.url());
    RedisBridgeOptions options = fast_bridge();
    ABridge cut(proxy.url(), options);
    ASSERT_TRUE(straight.listens() && cut.listens());
    server.command({"DEL", "taskfeed:{t1}", "taskfeed:{t1}:events", "taskfeed:{t1}:seen",
                    "taskfeed:{t1}:seen:before"});
    tick();
    ASSERT_TRUE(cut.has_handled(1) && straight.has_handled(1));
    const uint64_t losses = cut.ear().losses;
    // Either its ear or its store loses what Redis says; in both cases all comes back.
    proxy.cut_reply_after(bytes);
    for (int n = 0; n < 5; ++n) tick();
    ASSERT_TRUE(straight.has_handled(6));
    ASSERT_TRUE(eventually([&] { return proxy.cuts() > 0; }));
    ASSERT_TRUE(cut.listens());
    tick();
    ASSERT_TRUE(straight.has_handled(7));
    ASSERT_TRUE(eventually([&] { return cut.has_handled(cut.stats().heard); }));
    EXPECT_EQ(stream().size(), 7u) << "cut after " << bytes << ", losses before " << losses;
  }
}

TEST_F(BridgesTest, OneThatLeavesStoresWhatWasPublishedBefore) {
  ABridge bridge(server.url());
  ASSERT_TRUE(bridge.listens());
  for (int n = 0; n < 300; ++n) say(n);
  bridge.ask([](auto& it) {
    it.leave();
    return true;
  });
  ASSERT_TRUE(eventually(
      [&] { return bridge.ask([](auto& it) { return it.has_left() && it.waiting() == 0; }); }));
  say(300);
  expect_numbers(300);
  EXPECT_EQ(bridge.stats().heard, 300u);
}

TEST_F(BridgesTest, OneThatLeavesWhileRedisIsAwayHasLeft) {
  ABridge bridge(server.url());
  ASSERT_TRUE(bridge.listens());
  server.stop();
  ASSERT_TRUE(eventually([&] { return bridge.log.count("does not listen to workflow.*") > 0; }));
  EXPECT_TRUE(bridge.ask([](auto& it) {
    it.leave();
    return it.has_left();
  }));
}

TEST_F(BridgesTest, WhatTaskfeedPublishesItselfIsNotHeard) {
  ABridge bridge(server.url(), fast_bridge({"*"}));
  ASSERT_TRUE(bridge.listens());
  publish("workflow.t1", R"({"event_type":"x"})");
  ASSERT_TRUE(reaches(1));
  // The event, and the task's entry in the record of creations.
  ASSERT_TRUE(eventually([&] { return bridge.ear().own == 2; }));
  EXPECT_EQ(bridge.stats().unreadable_sum(), 0u);
  EXPECT_EQ(stream().size(), 1u);
}

TEST_F(BridgesTest, TheUnreadableIsCountedAndTheRestGoesOn) {
  ABridge bridge(server.url());
  ASSERT_TRUE(bridge.listens());
  publish("workflow.t1", "\xff\xfe");
  publish("workflow.t1", std::string(1'000'000, '['));
  publish("workflow.t1", R"({"event_type":"a\nb"})");
  publish("workflow.t1", R"({"event_type":"x"})");
  ASSERT_TRUE(bridge.has_handled(4));
  EXPECT_EQ(bridge.stats().unreadable_sum(), 3u);
  EXPECT_EQ(stream().size(), 1u);
}

TEST_F(BridgesTest, WhatIsFarTooLargeIsPassedOverWithoutBecomingDeaf) {
  ABridge bridge(server.url());
  ASSERT_TRUE(bridge.listens());
  const size_t most = bridge::NormaliseLimits{}.heard_bytes_max;
  for (const size_t size : {most, most + 1, size_t{1} << 20, size_t{20} << 20}) {
    publish("workflow.t1", std::string(size, 'x'));
    publish("workflow.t1", R"({"event_type":"x"})");
  }
  ASSERT_TRUE(bridge.has_handled(8));
  EXPECT_EQ(bridge.stats().unreadable[static_cast<size_t>(bridge::Unreadable::kTooLarge)], 3u);
  EXPECT_EQ(bridge.stats().unreadable_sum(), 4u);
  EXPECT_EQ(stream().size(), 4u);
  EXPECT_EQ(bridge.ear().losses, 0u);
  EXPECT_TRUE(bridge.log.count("too large") > 0);
}

TEST_F(BridgesTest, TerminalEventsEndTheStream) {
  ABridge bridge(server.url());
  ASSERT_TRUE(bridge.listens());
  say(0, "workflow.Started");
  say(1, "WorkflowFailed");
  say(2);
  ASSERT_TRUE(bridge.has_handled(3));
  expect_numbers(2);
  EXPECT_EQ(bridge.stats().ended, 1u);
  EXPECT_EQ(broker.load(task("t1"))->task.status, TaskStatus::kFailed);
}

}  // namespace
}  // namespace taskfeed::redis
