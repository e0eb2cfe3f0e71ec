// What a stream over many tasks sends.
#include <gtest/gtest.h>

#include "event/sse_encoder.h"
#include "event/sse_parser.h"
#include "support/ids.h"

namespace taskfeed::sse {
namespace {

using namespace taskfeed::testing;

TEST(ManyFrames, NameTheEventsPlaceWithoutMovingTheId) {
  const FramePtr plain = event_frame({7, 42}, "Note", "{\"a\":1}");
  const FramePtr keyed = keyed_frame(*plain);
  EXPECT_EQ(keyed->bytes(), "cursor: 7-42\nevent: Note\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(keyed->type(), "Note");
  EXPECT_EQ(keyed->cursor(), (Cursor{7, 42}));
  EXPECT_EQ(keyed_frame(*unnamed_frame(*plain))->bytes(), "cursor: 7-42\ndata: {\"a\":1}\n\n");
}

TEST(ManyFrames, AreReadByTheParserWithTheirPlace) {
  std::vector<Message> heard;
  Parser parser([&heard](Message&& message) { heard.push_back(std::move(message)); });
  ASSERT_TRUE(parser.feed(id_frame("m1.00000001.0-0")->bytes()));
  ASSERT_TRUE(parser.feed(keyed_frame(*event_frame({7, 42}, "Note", "{}"))->bytes()));
  ASSERT_TRUE(parser.feed(event_frame({8, 43}, "Note", "{}")->bytes()));
  ASSERT_EQ(heard.size(), 2u);
  EXPECT_EQ(heard[0], (Message{"Note", "{}", "m1.00000001.0-0", "7-42"}));
  EXPECT_EQ(heard[1], (Message{"Note", "{}", "8-43", ""}));
}

TEST(ManyFrames, OfControlNameTheirTask) {
  const FramePtr gap = gap_frame({1, 2}, {5, 0}, GapReason::kTrimmed);
  EXPECT_EQ(frame_of_task(*gap, task("t1"))->bytes(),
            "event: stream.gap\ndata: {\"task_id\":\"t1\",\"from\":\"1-2\",\"to\":\"5-0\","
            "\"reason\":\"trimmed\"}\n\n");
  EXPECT_EQ(frame_of_task(*gap, std::nullopt)->bytes(),
            "event: stream.gap\ndata: {\"task_id\":null,\"from\":\"1-2\",\"to\":\"5-0\","
            "\"reason\":\"trimmed\"}\n\n");
  EXPECT_EQ(frame_of_task(*end_frame("completed", {6, 7}), task("t1"))->bytes(),
            "event: stream.task_end\ndata: {\"task_id\":\"t1\",\"status\":\"completed\","
            "\"last_id\":\"6-7\"}\n\n");
}

TEST(ManyFrames, OfTheStreamItself) {
  EXPECT_EQ(many_open_frame({.replay = Replay::kLive, .tasks = 3})->bytes(),
            "event: stream.open\ndata: {\"replay\":\"live\",\"tasks\":3,\"resumable\":true,"
            "\"heartbeat_ms\":15000}\n\n");
  EXPECT_EQ(lost_place_frame()->bytes(),
            "event: stream.gap\ndata: {\"task_id\":null,\"from\":null,\"to\":null,"
            "\"reason\":\"unresumable\"}\n\n");
  EXPECT_EQ(forgotten_frame(task("t1"), {5, 6})->bytes(),
            "event: stream.gap\ndata: {\"task_id\":\"t1\",\"from\":\"5-6\",\"to\":null,"
            "\"reason\":\"trimmed\"}\n\n");
  EXPECT_EQ(many_state_frame({.tasks = 9, .resumable = false, .full = true})->bytes(),
            "event: stream.state\ndata: {\"tasks\":9,\"resumable\":false,\"full\":true}\n\n");
  EXPECT_EQ(many_end_frame()->bytes(), "event: stream.end\ndata: {\"status\":\"ended\"}\n\n");
}

TEST(ProgressFrames, AreKnownFromEvents) {
  EXPECT_TRUE(is_progress(*progress_frame({7, 42})));
  EXPECT_FALSE(is_progress(*event_frame({7, 42}, "", "")));
  EXPECT_FALSE(is_progress(*event_frame({7, 42}, "Note", "{}")));
  EXPECT_FALSE(is_progress(*comment_frame("hb")));
}

}  // namespace
}  // namespace taskfeed::sse
