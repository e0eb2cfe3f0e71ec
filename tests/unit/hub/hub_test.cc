/// Limits, rings, and who is followed.
#include "hub/hub.h"

#include <gtest/gtest.h>

#include "support/hub_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;

TEST(HubTopics, KeepTopicsApart) {
  HubWorld world;
  std::vector<FakeSink> sinks(300);
  for (size_t i = 0; i < 300; ++i) world.join(task("t" + std::to_string(i / 2)), sinks[i]);
  world.settle();
  for (size_t i = 0; i < 150; i += 3) world.append(task("t" + std::to_string(i)), 2);
  world.settle();
  for (size_t i = 0; i < 300; ++i) {
    const Words expected =
        i / 2 % 3 == 0 ? Words{"open complete", "1", "2"} : Words{"open complete"};
    EXPECT_EQ(sinks[i].take(), expected) << i;
  }
  EXPECT_EQ(world.hub.stats().topics, 150u);
  EXPECT_EQ(world.hub.stats().subscriptions, 300u);
}

TEST(HubTopics, KeepTheirRingForAWhileWithoutReaders) {
  HubWorld world;
  FakeSink sink;
  world.append(task("t"), 3);
  world.join(task("t"), sink);
  world.settle();
  world.hub.unsubscribe(sink.subscription);
  world.pass();
  world.append(task("t"), 1);
  const size_t reads = world.reads();
  FakeSink again;
  world.resume(task("t"), again, *sink.cursor);
  world.settle();
  EXPECT_EQ(again.take(), (Words{"open complete", "4"}));
  EXPECT_EQ(world.reads(), reads);
}

TEST(HubTopics, AreUnfollowedSomeTimeAfterTheLastReader) {
  HubWorld world;
  FakeSink sink;
  world.join(task("t"), sink);
  world.settle();
  world.hub.unsubscribe(sink.subscription);
  EXPECT_EQ(world.hub.stats().subscriptions, 0u);
  for (int second = 0; second < 7; ++second) world.pass();
  EXPECT_EQ(world.hub.stats().topics, 0u);
  world.append(task("t"), 1);
  EXPECT_FALSE(world.feed.pump_one()) << "nobody follows it";
}

TEST(HubTopics, AreNotUnfollowedUnderAReaderThatCameBack) {
  HubWorld world;
  FakeSink sink;
  for (int round = 0; round < 10; ++round) {
    world.join(task("t"), sink);
    world.pass();
    world.hub.unsubscribe(sink.subscription);
  }
  world.join(task("t"), sink);
  for (int second = 0; second < 10; ++second) world.pass();
  EXPECT_EQ(world.hub.stats().topics, 1u);
  sink.take();
  world.append(task("t"), 1);
  world.settle();
  EXPECT_EQ(sink.take(), Words{"1"});
}

TEST(HubLimits, RefusesOneReaderTooMany) {
  HubWorld world({.subscriptions_max = 2});
  FakeSink one, two, three;
  world.join(task("t"), one);
  world.join(task("t"), two);
  const auto refused = world.hub.subscribe(task("t"), {}, three);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kTooLarge);
  EXPECT_NE(refused.error().text.find("subscriptions_max"), std::string::npos);
  world.hub.unsubscribe(one.subscription);
  world.join(task("t"), three);
  world.settle();
  EXPECT_EQ(three.take(), Words{"open complete"});
}

TEST(HubLimits, RefusesOneTopicTooManyButCountsNoneThatLinger) {
  HubWorld world({.topics_max = 2});
  FakeSink one, two, three;
  world.join(task("a"), one);
  world.join(task("b"), two);
  const auto refused = world.hub.subscribe(task("c"), {}, three);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kTooLarge);
  world.hub.unsubscribe(one.subscription);
  world.join(task("c"), three);
  world.settle();
  EXPECT_EQ(three.take(), Words{"open complete"});
  EXPECT_EQ(two.take(), Words{"open complete"});
}

TEST(HubLimits, KeepsOnlySoManyFramesInARing) {
  HubWorld world({.ring_frames_max = 8});
  FakeSink sink, late;
  world.join(task("t"), sink);
  std::vector<Cursor> cursors;
  for (int i = 0; i < 20; ++i) cursors.push_back(world.append(task("t"), 1));
  world.settle();
  const size_t reads = world.reads();
  world.resume(task("t"), late, cursors[12]);  // 13 is the oldest of eight.
  world.settle();
  EXPECT_EQ(late.heard.size(), 8u);
  EXPECT_EQ(world.reads(), reads);
  world.resume(task("t"), late, cursors[11]);
  world.settle();
  EXPECT_EQ(world.reads(), reads + 1);
}

TEST(HubLimits, SharesTheRingsTotalAmongTopics) {
  HubWorld world({.ring_bytes_max = 10'000, .ring_bytes_total_max = 40'000});
  std::vector<FakeSink> sinks(20);
  std::vector<Cursor> before_last(20);
  for (size_t i = 0; i < 20; ++i) {
    const TaskId one = task("t" + std::to_string(i));
    world.join(one, sinks[i]);
    world.settle();
    before_last[i] = world.append(one, 60);
    world.append(one, 1);
    world.settle();
  }
  // Every topic still serves a reader that was away for a moment; none the whole of its history.
  const size_t reads = world.reads();
  std::vector<FakeSink> back(20);
  for (size_t i = 0; i < 20; ++i) {
    world.resume(task("t" + std::to_string(i)), back[i], before_last[i]);
  }
  world.settle();
  for (FakeSink& sink : back) EXPECT_EQ(sink.take(), (Words{"open complete", "61"}));
  EXPECT_LE(world.reads(), reads + 10);
}

TEST(HubLimits, WatchesSoManyQuietTopicsAtATimeAndAllInTurn) {
  HubWorld world({.watched_max = 4});
  std::vector<FakeSink> sinks(10);
  for (size_t i = 0; i < 10; ++i) world.join(task("t" + std::to_string(i)), sinks[i]);
  world.settle();
  world.lose_publishes(true);
  for (size_t i = 0; i < 10; ++i) world.append(task("t" + std::to_string(i)), 1);
  for (int second = 0; second < 3; ++second) {
    const size_t reads = world.reads();
    world.pass();
    EXPECT_LE(world.reads(), reads + 4);
  }
  for (FakeSink& sink : sinks) EXPECT_EQ(sink.take(), (Words{"open complete", "1"}));
}

TEST(HubShutdown, ClosesEveryReaderAndTakesNoMore) {
  HubWorld world;
  FakeSink live, waiting;
  world.join(task("a"), live);
  world.settle();
  world.join(task("b"), waiting);
  world.hub.shutdown();
  EXPECT_EQ(live.close_reason, CloseReason::kShutdown);
  EXPECT_EQ(waiting.close_reason, CloseReason::kShutdown);
  EXPECT_EQ(world.hub.stats().topics, 0u);
  EXPECT_EQ(world.hub.subscribe(task("a"), {}, live).error().code, Errc::kUnavailable);
  world.settle();
}

TEST(HubShutdown, LetsGoOfFeedAndSinksWithoutACall) {
  FakeSink sink;
  {
    HubWorld world;
    world.join(task("a"), sink);
    world.settle();
    world.append(task("a"), 1);
  }
  EXPECT_FALSE(sink.close_reason);
  EXPECT_EQ(sink.take(), Words{"open complete"});
}

}  // namespace
}  // namespace taskfeed::hub
