/// What readers that are live get, whatever the connection does.
#include <gtest/gtest.h>

#include "support/hub_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;
using Passage = broker::MemoryFeed::Passage;

const TaskId kTask = task("t");

class HubLive : public ::testing::Test {
 protected:
  /// A live reader that has seen 1 and 2.
  void SetUp() override {
    world.append(kTask, 2);
    world.join(kTask, sink);
    world.settle();
    ASSERT_EQ(sink.take(), (Words{"open complete", "1", "2"}));
  }
  /// Publishes whose seq is in `lost` never arrive.
  void lose(std::vector<uint64_t> lost) {
    world.feed.passage = [lost](const TaskId&, const Cursor& cursor) {
      return std::count(lost.begin(), lost.end(), cursor.seq) > 0 ? Passage::kDrop
                                                                  : Passage::kDeliver;
    };
  }

  HubWorld world;
  FakeSink sink;
};

TEST_F(HubLive, SharesOneFrameAmongAllReaders) {
  FakeSink other;
  world.join(kTask, other);
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(&*sink.frames.back(), &*other.frames.back());
}

TEST_F(HubLive, DropsRepeats) {
  world.feed.passage = [](const TaskId&, const Cursor&) { return Passage::kRepeat; };
  world.append(kTask, 3);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"3", "4", "5"}));
  EXPECT_EQ(world.hub.stats().repeats, 3u);
}

TEST_F(HubLive, MendsAJumpWithOneRead) {
  lose({3, 4});
  const size_t reads = world.reads();
  world.append(kTask, 5);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"3", "4", "5", "6", "7"}));
  EXPECT_EQ(world.reads(), reads + 1);
  EXPECT_EQ(world.hub.stats().repairs, 1u);
}

TEST_F(HubLive, MendsAnotherJumpWhileItMends) {
  lose({3, 6});
  world.append(kTask, 2);  // 4 shows that 3 is missing.
  ASSERT_TRUE(world.feed.pump_one());
  world.append(kTask, 3);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"3", "4", "5", "6", "7"}));
}

TEST_F(HubLive, FindsALostPublishOnAQuietTopic) {
  world.lose_publishes(true);
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(sink.take(), Words{});
  world.pass();
  world.pass();
  EXPECT_EQ(sink.take(), Words{"3"});
}

TEST_F(HubLive, FindsALostEndOnAQuietTopic) {
  world.lose_publishes(true);
  world.append(kTask, 1, types::kCancelled);
  world.pass();
  world.pass();
  EXPECT_EQ(sink.take(), (Words{"3", "end cancelled"}));
  EXPECT_EQ(sink.close_reason, CloseReason::kEnded);
}

TEST_F(HubLive, AsksForNoTopicThatWasHeard) {
  world.append(kTask, 1);
  world.settle();
  const size_t reads = world.reads();
  world.pass();
  EXPECT_EQ(world.reads(), reads);
  world.pass();
  EXPECT_EQ(world.reads(), reads + 1);
}

TEST_F(HubLive, GoesOnAfterALossWithoutLossOrRepeat) {
  FakeSink second;
  world.join(kTask, second, {.include_history = false});
  world.settle();
  world.feed.lose();
  world.append(kTask, 2);
  FakeSink third;
  world.join(kTask, third);
  world.settle();
  EXPECT_EQ(sink.take(), Words{});
  world.feed.restore();
  world.settle();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"3", "4", "5"}));
  EXPECT_EQ(second.take(), (Words{"open live", "progress 2", "3", "4", "5"}));
  EXPECT_EQ(third.take(), (Words{"open complete", "1", "2", "3", "4", "5"}));
}

TEST_F(HubLive, ReadsAgainWhatALossInterrupted) {
  FakeSink other;
  world.resume(kTask, other, {1, 4'711});
  world.hub.tick();  // The page is under way.
  world.feed.lose();
  world.settle();
  EXPECT_EQ(other.take(), Words{});
  world.feed.restore();
  world.settle();
  EXPECT_EQ(other.take(), (Words{"open reset", "gap reset 1..0", "1", "2"}));
}

TEST_F(HubLive, CatchesUpPageByPageAfterALongLoss) {
  world.feed.lose();
  world.append(kTask, 2'500);
  world.feed.restore();
  world.settle();
  const Words heard = sink.take();
  ASSERT_EQ(heard.size(), 2'500u);
  for (size_t i = 0; i < heard.size(); ++i) ASSERT_EQ(heard[i], std::to_string(i + 3));
}

TEST_F(HubLive, TellsWhatWasTrimmedWhileItWasLost) {
  world.feed.lose();
  world.append(kTask, 6);
  world.broker.trim_before(kTask, 7);
  world.feed.restore();
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"gap trimmed 2..6", "7", "8"}));
  EXPECT_EQ(world.hub.stats().gaps, 1u);
}

TEST_F(HubLive, TellsAResetAndGivesTheHistoryAnew) {
  world.broker.lose_everything();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"gap reset 2..0", "1"}));
  world.append(kTask, 3);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"2", "3", "4"}));
}

TEST_F(HubLive, TellsAResetThatAnotherHistoryCovers) {
  world.feed.lose();
  world.broker.lose_everything();
  world.append(kTask, 5);
  world.feed.restore();
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"gap reset 2..0", "1", "2", "3", "4", "5"}));
}

TEST_F(HubLive, LetsGoWhoReadsATaskThatIsGone) {
  world.broker.lose_everything();
  world.pass();
  world.pass();
  EXPECT_EQ(sink.take(), (Words{"gap reset 2..0", "end gone"}));
  EXPECT_EQ(sink.close_reason, CloseReason::kEnded);
  EXPECT_EQ(world.hub.stats().subscriptions, 0u);
}

TEST_F(HubLive, ServesATaskThatIsCreatedAnewUnderTheIdOfOneThatIsGone) {
  world.broker.lose_everything();
  world.pass();
  world.pass();
  sink.take();
  world.append(kTask, 1);
  world.settle();
  world.join(kTask, sink);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"open complete", "1"}));
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(sink.take(), Words{"2"});
}

TEST_F(HubLive, LetsGoWhoReadsATaskThatIsGoneASecondTime) {
  world.broker.lose_everything();
  world.pass();
  world.pass();
  world.append(kTask, 1);  // Heard live: no page tells that it is there again.
  world.join(kTask, sink);
  world.settle();
  sink.take();
  world.broker.lose_everything();
  world.pass();
  world.pass();
  EXPECT_EQ(sink.take(), (Words{"gap reset 1..0", "end gone"}));
}

TEST_F(HubLive, LetsGoEachReaderOfATaskThatIsGoneFromWhereItStands) {
  FakeSink filtered;
  world.join(kTask, filtered, {.filter = TypeFilter::parse("Nothing*", "").value()});
  world.settle();
  world.pass();
  EXPECT_EQ(filtered.take(), (Words{"open complete", "progress 2"}));
  FakeSink stalled;
  stalled.pending = SIZE_MAX / 2;
  world.join(kTask, stalled);
  world.settle();
  world.broker.lose_everything();
  world.pass();
  world.pass();
  EXPECT_EQ(filtered.take(), (Words{"gap reset 2..0", "end gone"}));
  EXPECT_EQ(stalled.take(), (Words{"open complete", "end gone"}));
  EXPECT_EQ(stalled.close_reason, CloseReason::kEnded);
}

TEST_F(HubLive, JoinsNoOldFramesToANewHistory) {
  world.lose_publishes(true);
  world.broker.lose_everything();
  world.append(kTask, 1);  // Nobody heard; the ring still has the old 1 and 2.
  FakeSink other;
  world.resume(kTask, other, {1, 4'711});
  world.settle();
  EXPECT_EQ(other.take(), (Words{"open reset", "gap reset 1..0", "1"}));
  EXPECT_EQ(sink.take(), (Words{"gap reset 2..0", "1"}));
}

TEST_F(HubLive, EndsOnceAfterTheTerminalEvent) {
  world.append(kTask, 1, types::kCompleted);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"3", "end completed"}));
  EXPECT_EQ(sink.close_reason, CloseReason::kEnded);
  world.pass();
  EXPECT_EQ(sink.take(), Words{});
}

TEST_F(HubLive, SaysNoEndOfAnotherHistoryThatGoesOn) {
  const Cursor end = world.append(kTask, 1, types::kCompleted);
  world.settle();
  EXPECT_EQ(sink.take(), (Words{"3", "end completed"}));
  world.feed.lose();
  world.broker.lose_everything();
  world.append(kTask, 5);
  world.broker.trim_before(kTask, 4);
  FakeSink other;
  world.resume(kTask, other, end);
  world.feed.restore();
  world.settle();
  EXPECT_EQ(other.take(), (Words{"open complete", "4", "5"}));
  EXPECT_FALSE(other.close_reason);
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(other.take(), Words{"6"});
}

TEST_F(HubLive, GivesReadersWithAFilterWhatPassesIt) {
  FakeSink filtered;
  world.join(kTask, filtered, {.filter = TypeFilter::parse("*Paused,*Failed", "").value()});
  world.settle();
  EXPECT_EQ(filtered.take(), (Words{"open complete"}));
  world.append(kTask, 1, types::kPaused);
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(filtered.take(), Words{"3"});
}

TEST_F(HubLive, TellsFilteredReadersHowFarTheyAre) {
  FakeSink one, two;
  for (FakeSink* each : {&one, &two}) {
    world.join(kTask, *each, {.filter = TypeFilter::parse("*Paused", "").value()});
  }
  world.settle();
  world.pass();
  EXPECT_EQ(one.take(), (Words{"open complete", "progress 2"}));
  world.append(kTask, 3);
  world.settle();
  EXPECT_EQ(one.take(), Words{}) << "not at every turn";
  world.pass();
  EXPECT_EQ(one.take(), Words{"progress 5"});
  EXPECT_EQ(&*one.frames.back(), &*two.frames.back());
  world.pass();
  EXPECT_EQ(one.take(), Words{}) << "nor again";
}

TEST_F(HubLive, TellsFilteredReadersHowFarTheyWereBeforeTheEnd) {
  FakeSink filtered;
  world.join(kTask, filtered, {.filter = TypeFilter::parse("*Paused", "").value()});
  world.settle();
  world.append(kTask, 1, types::kCompleted);
  world.settle();
  EXPECT_EQ(filtered.take(), (Words{"open complete", "progress 3", "end completed"}));
}

TEST_F(HubLive, TellsFilteredReadersNoPlaceInAHistoryThatIsEmpty) {
  FakeSink filtered;
  world.join(kTask, filtered, {.filter = TypeFilter::parse("*Paused", "").value()});
  world.settle();
  world.broker.lose_everything();
  ASSERT_TRUE(
      world.broker.create({.id = kTask, .spec = {.agent = agent("a")}, .created_at = {}}).ok());
  world.pass();
  world.pass();
  EXPECT_EQ(filtered.take(), (Words{"open complete", "progress 2", "gap reset 2..0"}));
  filtered.frames.clear();
  world.append(kTask, 1);
  world.settle();
  world.pass();
  EXPECT_EQ(filtered.take(), Words{"progress 1"});
}

TEST_F(HubLive, EncodesUnnamedFramesOnceForAll) {
  FakeSink one, two;
  world.join(kTask, one, {.event_names = false});
  world.join(kTask, two, {.event_names = false});
  world.settle();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(one.take(), (Words{"open complete", "unnamed 1", "unnamed 2", "unnamed 3"}));
  for (size_t i = 1; i <= 3; ++i) EXPECT_EQ(&*one.frames[i], &*two.frames[i]);
  EXPECT_EQ(sink.take(), Words{"3"});
}

TEST_F(HubLive, EncodesEachOtherFormOnceForAll) {
  FakeSink one, two, bare;
  world.join(kTask, one, {.nested = true});
  world.join(kTask, two, {.nested = true});
  world.join(kTask, bare, {.event_names = false, .nested = true});
  world.settle();
  world.append(kTask, 1);
  world.settle();
  EXPECT_EQ(one.take(), (Words{"open complete", "1", "2", "3"}));
  EXPECT_EQ(bare.take(), (Words{"open complete", "unnamed 1", "unnamed 2", "unnamed 3"}));
  for (size_t i = 1; i <= 3; ++i) {
    EXPECT_EQ(&*one.frames[i], &*two.frames[i]);
    EXPECT_NE(one.frames[i]->bytes().find(R"("data":{"pad")"), std::string_view::npos);
    EXPECT_EQ(bare.frames[i]->bytes(), sse::unnamed_frame(*one.frames[i])->bytes());
  }
  EXPECT_EQ(sink.take(), Words{"3"});
  EXPECT_EQ(sink.frames.back()->bytes().find(R"("data":{)"), std::string_view::npos);
}

TEST_F(HubLive, PassesOverWhatIsOlderThanAskedFor) {
  const WallTime limit = parse_rfc3339("2026-11-22T10:00:00Z").value();
  auto append_at = [this, limit, tag = 1'000u](Milliseconds after_limit) mutable {
    const Event event{.id = uuid_with_tag(++tag),
                      .type = known_type(types::kProgress),
                      .time = limit + after_limit,
                      .task = kTask,
                      .agent = {},
                      .execution = {}};
    const EncodedEvent encoded = encode(event).value();
    ASSERT_TRUE(world.broker.append(kTask, std::span(&encoded, 1), {.create_stream = true}).ok());
  };
  append_at(Milliseconds(-1));
  append_at(Milliseconds(0));
  FakeSink recent;
  world.join(kTask, recent, {.since = limit});
  world.settle();
  // The two of the fixture have no time, and so are not known to be older.
  EXPECT_EQ(recent.take(), (Words{"open complete", "1", "2", "4"}));
  append_at(Milliseconds(-5));
  world.settle();
  world.pass();
  append_at(Milliseconds(5));
  world.settle();
  EXPECT_EQ(recent.take(), (Words{"progress 5", "6"}));
}

}  // namespace
}  // namespace taskfeed::hub
