#include "event/sse_encoder.h"

#include <sstream>

#include <gtest/gtest.h>

#include "support/ids.h"
#include "support/sse_reference.h"

namespace taskfeed::sse {
namespace {

const Cursor kCursor{7, 2918273645};

TEST(SseFrame, IsAChunkOfItsBytesToo) {
  for (const size_t size : {0U, 1U, 200U, 5'000U, 70'000U}) {
    const FramePtr frame = sse::comment_frame(std::string(size, 'x'));
    const size_t bytes = size + 4;  // ": " and two line feeds.
    ASSERT_EQ(frame->bytes().size(), bytes);
    std::ostringstream expected;
    expected << std::hex << bytes << "\r\n" << frame->bytes() << "\r\n";
    EXPECT_EQ(frame->chunk(), expected.str());
  }
  const FramePtr head = Frame::raw("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(head->bytes(), head->chunk());
}

TEST(SseEncoderEvent, HasIdEventAndData) {
  const FramePtr frame = event_frame(kCursor, "WorkflowStarted", R"({"a":1})");
  EXPECT_EQ(frame->bytes(), "id: 7-2918273645\nevent: WorkflowStarted\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(frame->cursor(), kCursor);
  EXPECT_EQ(frame->type(), "WorkflowStarted");
  EXPECT_FALSE(frame->terminal());
}

TEST(SseEncoderEvent, KnowsTheTerminalTypes) {
  for (const std::string_view type : types::kAll) {
    EXPECT_EQ(event_frame(kCursor, type, "{}")->terminal(), is_terminal(type)) << type;
  }
}

TEST(SseEncoderEvent, SplitsDataAtEveryKindOfLineEnd) {
  const auto data = [](std::string_view json) {
    const std::string bytes(event_frame({1, 1}, "t", json)->bytes());
    return bytes.substr(std::string_view("id: 1-1\nevent: t\n").size());
  };
  EXPECT_EQ(data("a\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(data("a\rb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(data("a\r\nb"), "data: a\ndata: b\n\n");
  EXPECT_EQ(data("a\n\rb"), "data: a\ndata: \ndata: b\n\n");
  EXPECT_EQ(data("\n"), "data: \ndata: \n\n");
  EXPECT_EQ(data("a\r"), "data: a\ndata: \n\n");
  EXPECT_EQ(data(""), "data: \n\n");
}

TEST(SseEncoderEvent, AnInjectionStaysData) {
  const FramePtr frame = event_frame({1, 1}, "t", "x\n\nid: 99-9\nevent: forged\rdata: y\r\n\r\n");
  const auto outcome = testing::parse_by_the_letter(frame->bytes());
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.events[0].event, "t");
  EXPECT_EQ(outcome.events[0].last_event_id, "1-1");
  EXPECT_EQ(outcome.events[0].data, "x\n\nid: 99-9\nevent: forged\ndata: y\n\n");
}

TEST(SseEncoderEvent, ATypeThatIsNoneIsSentUnnamed) {
  for (const std::string_view type :
       {"", "a b", "a\nid: 9-9", "a\r", "stream.end", "heartbeat", "\xFF"}) {
    const FramePtr frame = event_frame({1, 1}, type, "{}");
    EXPECT_EQ(frame->bytes(), "id: 1-1\ndata: {}\n\n") << type;
    EXPECT_EQ(frame->type(), "");
    EXPECT_FALSE(frame->terminal());
  }
}

TEST(SseEncoderEvent, TheUnnamedFormLosesTheNameAlone) {
  const FramePtr named = event_frame({1, 2}, types::kCompleted, "a\nevent: b");
  const FramePtr unnamed = unnamed_frame(*named);
  EXPECT_EQ(unnamed->bytes(), "id: 1-2\ndata: a\ndata: event: b\n\n");
  EXPECT_EQ(unnamed->cursor(), named->cursor());
  EXPECT_TRUE(unnamed->terminal());
  EXPECT_EQ(unnamed_frame(*unnamed)->bytes(), unnamed->bytes());
}

TEST(SseEncoderNested, PutsThePayloadUnderData) {
  const FramePtr flat = event_frame({1, 2}, types::kFailed,
                                    R"({"event_id":"e","event_type":"t","a":1,"task_id":"t1",)"
                                    R"("data":{"b":2}})");
  const FramePtr named = nested_frame(*flat, true);
  EXPECT_EQ(named->bytes(),
            "id: 1-2\nevent: WorkflowFailed\ndata: "
            R"({"event_id":"e","event_type":"t","task_id":"t1","data":{"a":1,"data":{"b":2}}})"
            "\n\n");
  EXPECT_EQ(named->type(), types::kFailed);
  const FramePtr unnamed = nested_frame(*flat, false);
  EXPECT_TRUE(unnamed->type().empty());
  EXPECT_EQ(unnamed->bytes(), unnamed_frame(*named)->bytes());
  for (const FramePtr& frame : {named, unnamed}) {
    EXPECT_EQ(frame->cursor(), flat->cursor());
    EXPECT_TRUE(frame->terminal());
  }
}

TEST(SseEncoderNested, HasDataAlsoWithoutAPayload) {
  const FramePtr nested = nested_frame(*event_frame({1, 2}, "t", R"({"event_id":"e"})"), true);
  EXPECT_EQ(nested->bytes(), "id: 1-2\nevent: t\ndata: {\"event_id\":\"e\",\"data\":{}}\n\n");
}

TEST(SseEncoderNested, LeavesWhatIsNoObjectAsItIs) {
  for (const std::string_view text : {"[1]", "no json", "", "two\nlines"}) {
    const FramePtr flat = event_frame({1, 2}, "t", text);
    EXPECT_EQ(nested_frame(*flat, true)->bytes(), flat->bytes()) << text;
  }
}

TEST(SseEncoderData, IsGivenBackWhole) {
  for (const std::string_view text : {"{}", "", "a\nb", "\n", "a\n", "data: x\ndata: y"}) {
    std::string room;
    const FramePtr frame = event_frame({1, 2}, "t", text);
    EXPECT_EQ(data_of(*frame, room), text);
    EXPECT_EQ(data_of(*unnamed_frame(*frame), room), text);
  }
  std::string room;
  EXPECT_EQ(data_of(*progress_frame({1, 2}), room), "");
  EXPECT_EQ(data_of(*gap_frame({1, 2}, {2, 3}, GapReason::kSlow), room),
            R"({"from":"1-2","to":"2-3","reason":"slow"})");
}

TEST(SseEncoderEvent, TheLongestCursorAndTypeFit) {
  const std::string type(kEventTypeBytesMax, 'x');
  const FramePtr frame = event_frame({UINT64_MAX, UINT32_MAX}, type, "{}");
  EXPECT_EQ(frame->bytes(),
            "id: 18446744073709551615-4294967295\nevent: " + type + "\ndata: {}\n\n");
  EXPECT_EQ(frame->type(), type);
}

TEST(SseEncoderProgress, MovesTheCursorAndDispatchesNothing) {
  const FramePtr frame = progress_frame({20, 113});
  EXPECT_EQ(frame->bytes(), "id: 20-113\n\n");
  EXPECT_EQ(frame->cursor(), (Cursor{20, 113}));
  const auto outcome = testing::parse_by_the_letter(frame->bytes());
  EXPECT_TRUE(outcome.events.empty());
  EXPECT_EQ(outcome.last_event_id, "20-113");
}

TEST(SseEncoderComment, EveryLineIsAComment) {
  EXPECT_EQ(comment_frame("hb")->bytes(), ": hb\n\n");
  EXPECT_EQ(comment_frame("a\nid: 1-1\r\n\r\ndata: x")->bytes(),
            ": a\n: id: 1-1\n: \n: data: x\n\n");
  EXPECT_EQ(comment_frame("")->cursor(), Cursor());
}

TEST(SseEncoderRetry, IsOneLine) {
  EXPECT_EQ(retry_line(std::chrono::milliseconds(3000)), "retry: 3000\n");
  EXPECT_EQ(retry_line(std::chrono::milliseconds(-1)), "retry: 0\n");
}

TEST(SseEncoderControl, FramesCarryNoId) {
  Open open{testing::task("t1"), Replay::kPartial, Cursor{3, 4}, Cursor{9, 8},
            std::chrono::milliseconds(5000)};
  const FramePtr frame = open_frame(open);
  EXPECT_EQ(frame->bytes(),
            "event: stream.open\ndata: {\"task_id\":\"t1\",\"replay\":\"partial\","
            "\"first_id\":\"3-4\",\"last_id\":\"9-8\",\"heartbeat_ms\":5000}\n\n");
  EXPECT_EQ(frame->type(), "stream.open");
  EXPECT_EQ(frame->cursor(), Cursor());

  EXPECT_EQ(
      gap_frame({0, 0}, {5, 6}, GapReason::kTrimmed)->bytes(),
      "event: stream.gap\ndata: {\"from\":\"0-0\",\"to\":\"5-6\",\"reason\":\"trimmed\"}\n\n");
  const FramePtr end = end_frame("completed", {9, 8});
  EXPECT_EQ(end->bytes(),
            "event: stream.end\ndata: {\"status\":\"completed\",\"last_id\":\"9-8\"}\n\n");
  EXPECT_FALSE(end->terminal());
}

TEST(SseEncoderControl, AnEmptyStreamHasNullIds) {
  const FramePtr frame =
      open_frame({testing::task("t1"), Replay::kLive, std::nullopt, std::nullopt});
  EXPECT_NE(frame->bytes().find(R"("replay":"live","first_id":null,"last_id":null)"),
            std::string_view::npos);
}

TEST(SseEncoderNames, FollowTheWire) {
  EXPECT_EQ(to_string(Replay::kComplete), "complete");
  EXPECT_EQ(to_string(Replay::kReset), "reset");
  EXPECT_EQ(to_string(GapReason::kReset), "reset");
  EXPECT_EQ(to_string(GapReason::kSlow), "slow");
}

TEST(FrameReferences, TheLastOneFreesTheFrame) {
  FramePtr first = progress_frame({1, 1});
  FramePtr second = first;
  const FramePtr third = std::move(first);
  second = FramePtr();
  EXPECT_FALSE(second);
  EXPECT_EQ(third->bytes(), "id: 1-1\n\n");  // A leak or a double free is the sanitizer's to find.
}

}  // namespace
}  // namespace taskfeed::sse
