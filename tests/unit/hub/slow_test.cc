/// Readers that take less than they are given.
#include <gtest/gtest.h>

#include "support/hub_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;

const TaskId kTask = task("t");
constexpr Limits kSmall{.sink_pending_bytes_max = 4'096};

TEST(HubSlow, ClosesASlowReaderAndNoOther) {
  HubWorld world(kSmall);
  FakeSink slow, good;
  world.join(kTask, slow);
  world.join(kTask, good);
  world.settle();
  slow.stall();
  world.append(kTask, 100);
  world.settle();
  EXPECT_EQ(slow.close_reason, CloseReason::kSlow);
  EXPECT_LT(slow.most_pending, 4'096u + 300);
  EXPECT_EQ(good.heard.size(), 101u);
  EXPECT_FALSE(good.close_reason);
  EXPECT_EQ(world.hub.stats().closed_slow, 1u);
  EXPECT_EQ(world.hub.stats().subscriptions, 1u);
}

TEST(HubSlow, ResumesByItsCursor) {
  HubWorld world(kSmall);
  FakeSink slow;
  world.join(kTask, slow);
  world.settle();
  slow.stall();
  world.append(kTask, 100);
  world.settle();
  ASSERT_EQ(slow.close_reason, CloseReason::kSlow);
  const uint64_t reached = slow.cursor->seq;
  slow.drain();
  slow.take();
  world.resume(kTask, slow, *slow.cursor);
  world.settle();
  EXPECT_EQ(slow.heard.size(), 1 + 100 - reached);
  EXPECT_EQ(slow.heard[1], std::to_string(reached + 1));
}

TEST(HubSlow, ClosesNobodyForOneLargeEvent) {
  HubWorld world(kSmall);
  FakeSink sink;
  world.join(kTask, sink);
  world.settle();
  sink.stall();
  world.append(kTask, 1, types::kProgress, 20'000);
  world.settle();
  EXPECT_FALSE(sink.close_reason);
  sink.drain();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "1", "2"}));
}

TEST(HubSlow, WaitsForAReaderThatCatchesUp) {
  HubWorld world(kSmall);
  world.append(kTask, 1'000);
  FakeSink sink;
  sink.stall();
  world.join(kTask, sink);
  world.settle();
  EXPECT_LE(sink.most_pending, 4'096u);
  const size_t reads = world.reads();
  world.settle();
  EXPECT_EQ(world.reads(), reads) << "the next page waits for room";
  while (sink.heard.size() < 1'001 && !sink.close_reason) {
    sink.drain();
    sink.stall();
    world.settle();
    ASSERT_LE(sink.most_pending, 4'096u);
  }
  EXPECT_FALSE(sink.close_reason);
  EXPECT_EQ(sink.heard.back(), "1000");
}

TEST(HubSlow, GoesOnWithTheRingOnlyWhereThereIsRoom) {
  HubWorld world(kSmall);
  FakeSink warm, sink;
  world.join(kTask, warm);
  world.append(kTask, 200);
  world.settle();
  sink.stall();
  world.join(kTask, sink, {.history_newest = 150});
  world.settle();
  EXPECT_LE(sink.most_pending, 4'096u);
  EXPECT_FALSE(sink.close_reason);
}

TEST(HubSlow, ClosesACatchingUpReaderThatTakesNothingForLong) {
  HubWorld world(kSmall);
  world.append(kTask, 1'000);
  FakeSink sink;
  sink.stall();
  world.join(kTask, sink);
  world.settle();
  for (int second = 0; second < 29; ++second) world.pass();
  EXPECT_FALSE(sink.close_reason);
  for (int second = 0; second < 3; ++second) world.pass();
  EXPECT_EQ(sink.close_reason, CloseReason::kSlow);
}

TEST(HubSlow, CountsNothingAgainstAReaderThatJustBecameLive) {
  HubWorld world(kSmall);
  world.append(kTask, 30);
  FakeSink sink;
  sink.stall();
  world.join(kTask, sink);
  world.settle();
  world.append(kTask, 10);
  world.settle();
  EXPECT_FALSE(sink.close_reason);
  sink.drain();
  world.settle();
  EXPECT_EQ(sink.heard.back(), "40");
}

}  // namespace
}  // namespace taskfeed::hub
