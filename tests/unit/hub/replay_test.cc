/// How a reader gets from its cursor to what is live.
#include <gtest/gtest.h>

#include "support/hub_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;

const TaskId kTask = task("t");

TEST(HubReplay, DeliversNothingFromWithinSubscribe) {
  HubWorld world;
  world.append(kTask, 2);
  FakeSink first;
  world.join(kTask, first);
  EXPECT_EQ(first.take(), Words{});
  world.settle();
  FakeSink second;
  world.join(kTask, second);
  EXPECT_EQ(second.take(), Words{});
  world.hub.tick();
  EXPECT_EQ(second.take(), (Words{"open complete", "1", "2"}));
}

TEST(HubReplay, OpensThenGivesHistoryThenWhatIsLive) {
  HubWorld world;
  world.append(kTask, 3);
  FakeSink sink;
  world.join(kTask, sink);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "1", "2", "3"}));
  world.append(kTask, 2);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"4", "5"}));
}

TEST(HubReplay, OpensAnEmptyStreamAsComplete) {
  HubWorld world;
  FakeSink sink;
  world.join(kTask, sink);
  world.settle();
  EXPECT_EQ(sink.take(), Words{"open complete"});
  EXPECT_NE(sink.frames[0]->bytes().find(R"("first_id":null,"last_id":null,"heartbeat_ms":15000)"),
            std::string::npos)
      << sink.frames[0]->bytes();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(sink.take(), Words{"1"});
}

TEST(HubReplay, NamesOldestAndNewestWhenItOpens) {
  HubWorld world;
  const Cursor last = world.append(kTask, 3);
  world.broker.trim_before(kTask, 2);
  FakeSink sink;
  world.join(kTask, sink);
  world.settle();
  const std::string_view open = sink.frames[0]->bytes();
  EXPECT_NE(open.find(R"("first_id":"2-)"), std::string::npos) << open;
  EXPECT_NE(open.find(R"("last_id":")" + last.str()), std::string::npos) << open;
}

TEST(HubReplay, HoldsLiveFramesUntilHistoryIsThrough) {
  HubWorld world;
  world.append(kTask, 2);
  FakeSink sink;
  world.join(kTask, sink);
  ASSERT_TRUE(world.feed.pump_one());  // Acknowledged; now the page is under way.
  world.append(kTask, 2);              // Behind the page, and in it: the broker reads when asked.
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "1", "2", "3", "4"}));
  EXPECT_EQ(world.hub.stats().repeats, 2u);
}

TEST(HubReplay, ResumesAfterTheCursor) {
  HubWorld world;
  const Cursor second = world.append(kTask, 2);
  world.append(kTask, 2);
  FakeSink sink;
  world.resume(kTask, sink, second);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "3", "4"}));
}

TEST(HubReplay, GivesNothingButLiveWithoutHistory) {
  HubWorld world;
  world.append(kTask, 3);
  FakeSink first;
  world.join(kTask, first, {.include_history = false});
  world.settle();
  FakeSink second;
  world.join(kTask, second, {.include_history = false});
  world.settle();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(first.take(), (Words{"open live", "progress 3", "4"}));
  EXPECT_EQ(second.take(), (Words{"open live", "progress 3", "4"}));
}

TEST(HubReplay, MissesNothingForALiveReaderThatIsCutOffBeforeItsFirstEvent) {
  for (const int stored : {0, 3}) {
    HubWorld world;
    world.append(kTask, static_cast<size_t>(stored));
    FakeSink sink;
    StreamOptions asked{.include_history = false};
    world.join(kTask, sink, asked);
    world.settle();
    ASSERT_EQ(sink.frames.size(), 2u);
    const std::string id(sink.frames[1]->bytes());
    asked.after = Cursor::parse(id.substr(4, id.find('\n') - 4)).value();
    EXPECT_EQ(asked.after->seq, static_cast<uint64_t>(stored));
    world.hub.unsubscribe(sink.subscription);
    world.append(kTask, 1);
    sink.take();
    world.join(kTask, sink, asked);  // As EventSource does: the same URL, and Last-Event-ID.
    world.settle();
    EXPECT_EQ(sink.take(), (Words{"open complete", std::to_string(stored + 1)}));
  }
}

TEST(HubReplay, MissesNothingForAReaderOfTheNewestThatIsCutOffWhereThereIsNone) {
  HubWorld world;
  FakeSink sink, warm;
  for (FakeSink* each : {&sink, &warm}) {  // From a page, and from what the topic knows.
    world.join(kTask, *each, {.history_newest = 1});
    world.settle();
    EXPECT_EQ(each->take(), (Words{"open complete", "id: 0-0\n\n"}));
  }
  world.hub.unsubscribe(sink.subscription);
  world.append(kTask, 3);
  world.join(kTask, sink, {.after = Cursor{}, .history_newest = 1});
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "1", "2", "3"}));
}

TEST(HubReplay, GivesTheNewestOfHistory) {
  for (const bool ring : {false, true}) {
    SCOPED_TRACE(ring ? "from the ring" : "from a page");
    HubWorld world;
    world.append(kTask, 5);
    FakeSink warm;
    if (ring) world.join(kTask, warm);
    world.settle();
    FakeSink two, all, none;
    world.join(kTask, two, {.history_newest = 2});
    world.join(kTask, all, {.history_newest = 9});
    world.join(kTask, none, {.history_newest = 0});
    world.settle();
    world.append(kTask, 1);
    world.settle();
    EXPECT_EQ(two.take(), (Words{"open partial", "4", "5", "6"}));
    EXPECT_EQ(all.take(), (Words{"open complete", "1", "2", "3", "4", "5", "6"}));
    EXPECT_EQ(none.take(), (Words{"open partial", "6"}));
  }
}

TEST(HubReplay, TellsThatHistoryBeforeTheCursorsNextWasTrimmed) {
  HubWorld world;
  const Cursor first = world.append(kTask, 1);
  world.append(kTask, 5);
  world.broker.trim_before(kTask, 5);
  FakeSink sink;
  world.resume(kTask, sink, first);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open partial", "gap trimmed 1..4", "5", "6"}));
}

TEST(HubReplay, TellsANewReaderThatTheBeginningWasTrimmed) {
  HubWorld world;
  world.append(kTask, 6);
  world.broker.trim_before(kTask, 5);
  FakeSink sink;
  world.join(kTask, sink);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open partial", "gap trimmed 0..4", "5", "6"}));
}

TEST(HubReplay, TellsNoGapWhereOnlyReadEventsWereTrimmed) {
  HubWorld world;
  const Cursor fourth = world.append(kTask, 4);
  world.append(kTask, 2);
  world.broker.trim_before(kTask, 5);
  FakeSink sink;
  world.resume(kTask, sink, fourth);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "5", "6"}));
}

TEST(HubReplay, TellsThatACursorNamesAnotherEvent) {
  HubWorld world;
  world.append(kTask, 3);
  for (const bool ring : {false, true}) {
    SCOPED_TRACE(ring ? "with a ring" : "without one");
    FakeSink sink;
    world.resume(kTask, sink, {2, 4'711});
    world.settle();
    EXPECT_EQ(sink.take(), (Words{"open reset", "gap reset 2..0", "1", "2", "3"}));
  }
}

TEST(HubReplay, TellsThatACursorIsAheadOfHistory) {
  HubWorld world;
  world.append(kTask, 2);
  for (const bool ring : {false, true}) {
    SCOPED_TRACE(ring ? "with a ring" : "without one");
    FakeSink sink;
    world.resume(kTask, sink, {9, 4'711});
    world.settle();
    EXPECT_EQ(sink.take(), (Words{"open reset", "gap reset 9..0", "1", "2"}));
  }
}

TEST(HubReplay, TakesACursorThatAnotherDaemonHandedOutBeforeItsEventCameHere) {
  HubWorld world;
  FakeSink early;
  world.join(kTask, early);
  world.append(kTask, 1);
  world.settle();
  world.lose_publishes(true);
  const Cursor second = world.append(kTask, 1);
  world.append(kTask, 1);
  FakeSink sink;
  world.resume(kTask, sink, second);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "3"}));
  EXPECT_EQ(early.take(), (Words{"open complete", "1", "2", "3"}));
}

TEST(HubReplay, EndsAStreamThatHadEnded) {
  HubWorld world;
  world.append(kTask, 2);
  const Cursor last = world.append(kTask, 1, types::kFailed);
  FakeSink sink, live_only, knows_all;
  world.join(kTask, sink);
  world.join(kTask, live_only, {.include_history = false});
  world.resume(kTask, knows_all, last);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "1", "2", "3", "end failed"}));
  EXPECT_EQ(live_only.take(), (Words{"open live", "progress 3", "end failed"}));
  EXPECT_EQ(knows_all.take(), (Words{"open complete", "end failed"}));
  EXPECT_EQ(sink.close_reason, CloseReason::kEnded);
  EXPECT_EQ(world.hub.stats().subscriptions, 0u);
}

TEST(HubReplay, GoesThroughLongHistoryPageByPage) {
  HubWorld world({.ring_frames_max = 16, .ring_bytes_max = 4'096});
  world.append(kTask, 3'000, types::kProgress, 300);
  FakeSink sink;
  world.join(kTask, sink);
  world.settle();
  ASSERT_EQ(sink.heard.size(), 3'001u);
  for (size_t seq = 1; seq <= 3'000; ++seq) ASSERT_EQ(sink.heard[seq], std::to_string(seq));
  EXPECT_GT(world.reads(), 10u);
}

TEST(HubReplay, SharesOneReadAmongReadersAtOneCursor) {
  HubWorld world;
  const Cursor first = world.append(kTask, 1);
  world.append(kTask, 50);
  std::vector<FakeSink> sinks(200);
  for (FakeSink& sink : sinks) world.resume(kTask, sink, first);
  world.settle();
  for (FakeSink& sink : sinks) EXPECT_EQ(sink.heard.size(), 51u);
  EXPECT_EQ(world.reads(), 1u);
}

TEST(HubReplay, ServesAStormFromTheRingWithoutARead) {
  HubWorld world;
  const Cursor first = world.append(kTask, 1);
  world.append(kTask, 50);
  FakeSink warm;
  world.join(kTask, warm);
  world.settle();
  const size_t reads = world.reads();
  std::vector<FakeSink> sinks(5'000);
  for (FakeSink& sink : sinks) world.resume(kTask, sink, first);
  size_t turns = 1;
  while (world.hub.tick()) ++turns;
  for (FakeSink& sink : sinks) ASSERT_EQ(sink.heard.size(), 51u);
  EXPECT_EQ(world.reads(), reads);
  EXPECT_GT(turns, 10u) << "a turn must leave time for the readers that are live";
}

TEST(HubReplay, ServesReadersAtManyCursorsWithFewReads) {
  HubWorld world;
  std::vector<Cursor> cursors;
  for (int i = 0; i < 100; ++i) cursors.push_back(world.append(kTask, 1));
  std::vector<FakeSink> sinks(100);
  for (size_t i = 0; i < 100; ++i) world.resume(kTask, sinks[i], cursors[i]);
  world.settle();
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(sinks[i].heard.size(), 100 - i) << i;
  EXPECT_LE(world.reads(), Limits().reads_max + 1);
}

TEST(HubReplay, GoesOnWithALongPageInMoreThanOneTurn) {
  HubWorld world({.ring_frames_max = 4, .catch_up_frames_max = 100});
  world.append(kTask, 60);
  std::vector<FakeSink> sinks(10);
  for (FakeSink& sink : sinks) world.join(kTask, sink);
  world.settle();
  for (FakeSink& sink : sinks) {
    ASSERT_EQ(sink.heard.size(), 61u);
    EXPECT_EQ(sink.heard.back(), "60");
  }
  EXPECT_GT(world.reads(), 1u);
}

TEST(HubReplay, DropsTheAnswerOfAReaderThatLeft) {
  HubWorld world;
  world.append(kTask, 3);
  FakeSink gone, stays;
  world.join(kTask, gone);
  world.join(kTask, stays);
  world.feed.pump_one();
  world.hub.unsubscribe(gone.subscription);
  world.settle();
  EXPECT_EQ(gone.take(), Words{});
  EXPECT_EQ(stays.take(), (Words{"open complete", "1", "2", "3"}));
}

}  // namespace
}  // namespace taskfeed::hub
