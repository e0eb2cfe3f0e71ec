#include "event/sse_parser.h"

#include <gtest/gtest.h>

#include "support/sse_reference.h"

namespace taskfeed::sse {
namespace {

using namespace std::string_literals;
using testing::SseOutcome;

SseOutcome parse(std::string_view stream) {
  return testing::parse_pieces({stream});
}

std::vector<Message> events(std::string_view stream) {
  return parse(stream).events;
}

TEST(SseParserData, TheStandardsExamplesHold) {
  EXPECT_EQ(events("data: YHOO\ndata: +2\ndata: 10\n\n"),
            (std::vector<Message>{{"message", "YHOO\n+2\n10", ""}}));

  const SseOutcome second = parse(
      ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n");
  EXPECT_EQ(second.events, (std::vector<Message>{{"message", "first event", "1"},
                                                 {"message", "second event", ""}}));
  EXPECT_TRUE(second.sign_of_life);

  EXPECT_EQ(events("data\n\ndata\ndata\n\ndata:"),
            (std::vector<Message>{{"message", "", ""}, {"message", "\n", ""}}));
  EXPECT_EQ(events("data:test\n\ndata: test\n\n"),
            (std::vector<Message>{{"message", "test", ""}, {"message", "test", ""}}));
}

TEST(SseParserData, OnlyOneLeadingSpaceIsRemoved) {
  EXPECT_EQ(events("data:  x \n\n")[0].data, " x ");
  EXPECT_EQ(events("data:\tx\n\n")[0].data, "\tx");
  EXPECT_EQ(events("data: \n\n")[0].data, "");
}

TEST(SseParserData, FieldNamesAreExact) {
  EXPECT_TRUE(events("Data: x\n\n data: x\n\ndata : x\n\ndatax\n\n").empty());
  EXPECT_EQ(events("data:a:b: c\n\n")[0].data, "a:b: c");
}

TEST(SseParserData, NulIsKeptInDataAndInTheName) {
  EXPECT_EQ(events("event:a\0b\ndata:c\0d\n\n"s), (std::vector<Message>{{"a\0b"s, "c\0d"s, ""}}));
}

TEST(SseParserLines, CrLfAndCrlfEndALine) {
  const std::vector<Message> two{{"message", "a\nb", ""}, {"message", "c", ""}};
  EXPECT_EQ(events("data:a\ndata:b\n\ndata:c\n\n"), two);
  EXPECT_EQ(events("data:a\rdata:b\r\rdata:c\r\r"), two);
  EXPECT_EQ(events("data:a\r\ndata:b\r\n\r\ndata:c\r\n\r\n"), two);
  EXPECT_EQ(events("data:a\rdata:b\n\rdata:c\r\n\n"), two);
}

TEST(SseParserLines, ACrAtTheEndOfAPieceDispatchesAtOnce) {
  std::vector<Message> seen;
  Parser parser([&seen](Message&& event) { seen.push_back(std::move(event)); });
  ASSERT_TRUE(parser.feed("data:a\r\r").ok());
  EXPECT_EQ(seen.size(), 1u);
  ASSERT_TRUE(parser.feed("\ndata:b\n\n").ok());
  EXPECT_EQ(seen, (std::vector<Message>{{"message", "a", ""}, {"message", "b", ""}}));
}

TEST(SseParserLines, AnEmptyPieceChangesNothing) {
  EXPECT_EQ(testing::parse_pieces({"data:a\r", "", "\n", "", "\n"}).events.size(), 1u);
}

TEST(SseParserLines, AnUnterminatedEventIsNeverDispatched) {
  EXPECT_TRUE(events("data: x").empty());
  EXPECT_TRUE(events("data: x\n").empty());
  EXPECT_EQ(parse("id: 5\ndata: x\n").last_event_id, "");
  EXPECT_FALSE(parse("retry: 5").retry);
}

TEST(SseParserBom, IsRemovedOnceAtTheStart) {
  EXPECT_EQ(events("\xEF\xBB\xBF"
                   "data:a\n\n")
                .size(),
            1u);
  EXPECT_TRUE(events("\xEF\xBB\xBF\xEF\xBB\xBF"
                     "data:a\n\n")
                  .empty());
  EXPECT_TRUE(events("\n\xEF\xBB\xBF"
                     "data:a\n\n")
                  .empty());
  EXPECT_EQ(events("data:\xEF\xBB\xBF"
                   "a\n\n")[0]
                .data,
            "\xEF\xBB\xBF"
            "a");
  EXPECT_EQ(events("\xEF\xBB\xBF\n"
                   "data:a\n\n")
                .size(),
            1u);
  EXPECT_TRUE(events("\xEF\xBB"
                     "data:a\n\n")
                  .empty());
}

TEST(SseParserId, StaysUntilAnotherComes) {
  EXPECT_EQ(
      events("id:1\ndata:a\n\ndata:b\n\nid:2\ndata:c\n\n"),
      (std::vector<Message>{{"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", "2"}}));
}

TEST(SseParserId, WithNulIsIgnored) {
  EXPECT_EQ(events("id:1\nid:2\0\ndata:a\n\n"s)[0].last_event_id, "1");
}

TEST(SseParserId, AloneMovesAtTheEmptyLineAndDispatchesNothing) {
  std::vector<Message> seen;
  Parser parser([&seen](Message&& event) { seen.push_back(std::move(event)); });
  ASSERT_TRUE(parser.feed("id: 20-113\n").ok());
  EXPECT_EQ(parser.last_event_id(), "");
  ASSERT_TRUE(parser.feed("\n").ok());
  EXPECT_EQ(parser.last_event_id(), "20-113");
  EXPECT_TRUE(seen.empty());
}

TEST(SseParserId, WithoutAValueIsEmptied) {
  EXPECT_EQ(parse("id:1\n\nid\n\n").last_event_id, "");
  EXPECT_EQ(parse("id:1\n\nid:\n\n").last_event_id, "");
}

TEST(SseParserName, IsForgottenAtTheEmptyLine) {
  EXPECT_EQ(events("event:a\n\ndata:x\n\n"), (std::vector<Message>{{"message", "x", ""}}));
  EXPECT_EQ(events("event:a\nevent:b\ndata:x\n\n")[0].event, "b");
  EXPECT_EQ(events("event:a\nevent\ndata:x\n\n")[0].event, "message");
}

TEST(SseParserRetry, TakesAsciiDigitsOnly) {
  EXPECT_EQ(parse("retry: 3000\n").retry, std::chrono::milliseconds(3000));
  EXPECT_EQ(parse("retry:0\n").retry, std::chrono::milliseconds(0));
  EXPECT_EQ(parse("retry:007\n").retry, std::chrono::milliseconds(7));
  for (const std::string_view text :
       {"retry\n", "retry:\n", "retry: -1\n", "retry: +1\n", "retry: 1.5\n", "retry:  1\n",
        "retry: 1 \n", "retry: 1s\n", "retry: \xD9\xA1\n"}) {
    EXPECT_FALSE(parse(text).retry) << text;
  }
  EXPECT_EQ(parse("retry: 10\nretry: x\n").retry, std::chrono::milliseconds(10));
  EXPECT_EQ(parse("retry: " + std::string(400, '9') + "\n").retry,
            std::chrono::milliseconds(315'360'000'000));
}

TEST(SseParserComment, IsASignOfLifeAndNothingElse) {
  Parser parser([](Message&&) { FAIL(); });
  EXPECT_FALSE(parser.take_sign_of_life());
  ASSERT_TRUE(parser.feed(":data: x\n:\n\n").ok());
  EXPECT_TRUE(parser.take_sign_of_life());
  EXPECT_FALSE(parser.take_sign_of_life());
}

TEST(SseParserUtf8, IllFormedPartsBecomeReplacements) {
  EXPECT_EQ(events("event:\xFF\nid:\xE2\x82\ndata:a\xED\xA0\x80z\n\n"),
            (std::vector<Message>{
                {"\xEF\xBF\xBD", "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz", "\xEF\xBF\xBD"}}));
}

TEST(SseParserLimits, ALineOverTheLimitIsRefusedForGood) {
  for (const size_t piece_bytes : {1u, 7u, 1000u}) {
    Parser parser([](Message&&) {}, {.line_bytes_max = 10, .event_bytes_max = 100});
    const std::string stream = "data:67890\n\ndata:678901\n\n";
    bool refused = false;
    for (size_t at = 0; at < stream.size() && !refused; at += piece_bytes) {
      const Result<void> fed = parser.feed(std::string_view(stream).substr(at, piece_bytes));
      refused = !fed.ok();
      if (refused) {
        EXPECT_EQ(fed.error().code, Errc::kTooLarge);
      }
    }
    EXPECT_TRUE(refused) << piece_bytes;
    EXPECT_EQ(parser.feed("\n").error().code, Errc::kTooLarge);
  }
}

TEST(SseParserLimits, AnEventOverTheLimitIsRefused) {
  Parser parser([](Message&&) {}, {.line_bytes_max = 10, .event_bytes_max = 20});
  EXPECT_TRUE(parser.feed("data:1234\ndata:1234\ndata:1234\ndata:1234\n\n").ok());
  EXPECT_FALSE(parser.feed("data:1234\ndata:1234\ndata:1234\ndata:1234\ndata:\n").ok());
}

TEST(SseParserLimits, AnIdOfAnEarlierEventCountsOnce) {
  Parser parser([](Message&&) {}, {.line_bytes_max = 10, .event_bytes_max = 20});
  for (int count = 0; count < 100; ++count) EXPECT_TRUE(parser.feed("id:1\ndata:1234\n\n").ok());
}

TEST(SseParserLines, ALineOfFiveMegabytesIsLinearInSmallPieces) {
  const std::string line = "data:" + std::string(5'000'000, 'x') + "\n\n";
  size_t seen = 0;
  Parser parser([&seen](Message&& event) { seen = event.data.size(); });
  for (size_t at = 0; at < line.size(); at += 100) {
    ASSERT_TRUE(parser.feed(std::string_view(line).substr(at, 100)).ok());
  }
  EXPECT_EQ(seen, 5'000'000u);
}

TEST(SseParserLines, AMillionLinesOfOneKindAreLinearInOnePiece) {
  // Quadratic where the search for LF starts again at every CR.
  for (const char end : {'\r', '\n'}) {
    std::string stream;
    for (int count = 0; count < 1'000'000; ++count) (stream += "data") += end;
    stream += end;
    EXPECT_EQ(events(stream).at(0).data.size(), 999'999u);
  }
}

}  // namespace
}  // namespace taskfeed::sse
