/// A stream that comes back, by EventSource's rules, over a server that says exactly what a test
/// wrote down.
#include "client/sse_stream.h"

#include <chrono>

#include <gtest/gtest.h>

#include "support/raw_server.h"
#include "support/redis_world.h"

namespace taskfeed::client {
namespace {

using testing::RawAnswer;
using testing::RawServer;
using Words = std::vector<std::string>;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n";
constexpr std::string_view kEnd = "event: stream.end\ndata: {}\n\n";

std::string stream(std::string_view body) {
  return std::string(kHead) + std::string(body);
}
std::string event(std::string_view id, std::string_view data = "{}") {
  return "id: " + std::string(id) + "\nevent: Note\ndata: " + std::string(data) + "\n\n";
}
std::string refusal(std::string_view status, std::string_view body = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/problem+json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class Sse : public ::testing::Test {
 protected:
  /// A server with these answers, and a stream that is impatient.
  void given(std::vector<RawAnswer> answers, std::string last_event_id = "") {
    SseLimits limits;
    limits.retry_default = Milliseconds(1);
    limits.retry_min = Milliseconds(1);
    limits.give_up_after = Milliseconds(20);
    given(std::move(answers), limits, std::move(last_event_id));
  }
  void given(std::vector<RawAnswer> answers, const SseLimits& limits,
             std::string last_event_id = "") {
    server_ = std::make_unique<RawServer>(std::move(answers));
    stream_ = std::make_unique<SseStream>(Endpoint::parse(server_->url()).value(), "/stream?x=1",
                                          std::move(last_event_id), limits);
  }
  Result<SseStream::End> follow() {
    return stream_->follow([this](sse::Message&& message) {
      heard_.push_back(message.event + " " + message.last_event_id);
      return heard_.size() != stop_after_;
    });
  }
  /// The cursor that request number `at` carries; "-" for none.
  std::string cursor_of(size_t at) const {
    const std::string request = server_->requests().at(at);
    constexpr std::string_view kName = "Last-Event-ID: ";
    const size_t from = request.find(kName);
    if (from == std::string::npos) return "-";
    const size_t begin = from + kName.size();
    return request.substr(begin, request.find('\r', begin) - begin);
  }
  void expect_end(const Result<SseStream::End>& end, SseStream::End expected) {
    ASSERT_TRUE(end.ok()) << end.error().text;
    EXPECT_EQ(*end, expected);
  }

  std::unique_ptr<RawServer> server_;
  std::unique_ptr<SseStream> stream_;
  Words heard_;
  size_t stop_after_ = 0;
};

using SseStreams = Sse;
using SseStreamsComeBack = Sse;
using SseStreamsStop = Sse;
using SseStreamsRefused = Sse;

TEST_F(SseStreams, EndWithTheStreamsEnd) {
  given({{stream(event("1-7") + ": hb\n\n" + event("2-8") + std::string(kEnd) + event("3-9"))}});
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_EQ(heard_, (Words{"Note 1-7", "Note 2-8", "stream.end 2-8"}));
  const std::string request = server_->requests().at(0);
  EXPECT_TRUE(request.starts_with("GET /stream?x=1 HTTP/1.1\r\n"));
  EXPECT_NE(request.find("Accept: text/event-stream\r\n"), std::string::npos);
  EXPECT_EQ(cursor_of(0), "-");
}

TEST_F(SseStreams, BeginAfterTheCursorThatTheyAreGiven) {
  given({{stream(kEnd)}}, "41-7");
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_EQ(cursor_of(0), "41-7");
}

TEST_F(SseStreams, EndWith204) {
  given({{"HTTP/1.1 204 No Content\r\n\r\n"}}, "41-7");
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(SseStreamsComeBack, WithTheLastIdThatTheyHeard) {
  given({{stream(event("1-7") + event("2-8"))}, {stream(event("3-9") + std::string(kEnd))}});
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_EQ(heard_, (Words{"Note 1-7", "Note 2-8", "Note 3-9", "stream.end 3-9"}));
  EXPECT_EQ(cursor_of(1), "2-8");
}

TEST_F(SseStreamsComeBack, WithoutTheEventThatWasCut) {
  given({{stream(event("1-7") + "id: 2-8\nevent: Note\ndata: {}\n")}, {stream(kEnd)}});
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_EQ(heard_[0], "Note 1-7");
  EXPECT_EQ(heard_.size(), 2u);
  EXPECT_EQ(cursor_of(1), "1-7") << "it comes again";
}

TEST_F(SseStreamsComeBack, WithAnIdThatCameAlone) {
  given({{stream(event("1-7") + "id: 20-113\n\n")}, {stream(kEnd)}});
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_EQ(cursor_of(1), "20-113");
}

TEST_F(SseStreamsComeBack, KeepingTheirCursorWhereTheNextConnectionBringsNone) {
  given({{stream(event("1-7"))}, {stream("event: stream.open\ndata: {}\n\n")}, {stream(kEnd)}});
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_EQ(cursor_of(2), "1-7");
}

TEST_F(SseStreamsComeBack, AfterAServerThatIsBusyOrAway) {
  for (const char* busy : {"429 Too Many Requests", "502 Bad Gateway", "503 Service Unavailable",
                           "504 Gateway Timeout"}) {
    SseLimits patient;
    patient.retry_default = patient.retry_min = Milliseconds(1);
    given({{stream(event("1-7"))}, {refusal(busy)}, {""}, {stream(kEnd)}}, patient);
    expect_end(follow(), SseStream::End::kEnded);
    EXPECT_EQ(cursor_of(3), "1-7") << busy;
  }
}

TEST_F(SseStreamsComeBack, NoSoonerThanTheLeastDelayWhateverTheServerAsksFor) {
  SseLimits limits;
  limits.retry_default = limits.retry_min = Milliseconds(20);
  std::vector<RawAnswer> answers(5, RawAnswer{stream("retry: 0\n\n"), false});
  answers.push_back({stream(kEnd), false});
  const auto begin = std::chrono::steady_clock::now();
  given(answers, limits);
  expect_end(follow(), SseStream::End::kEnded);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(5 * 20));
}

TEST_F(SseStreamsComeBack, UntilTheyGiveUp) {
  given({{stream(event("1-7"))}});
  const auto end = follow();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, Errc::kUnavailable);
  EXPECT_EQ(heard_, Words{"Note 1-7"});
}

TEST_F(SseStreamsStop, WhereTheReaderHasEnough) {
  stop_after_ = 2;
  given({{stream(event("1-7") + event("2-8") + event("3-9")), true}});
  expect_end(follow(), SseStream::End::kStopped);
  EXPECT_EQ(heard_.size(), 2u) << "nothing after it said so";
}

TEST_F(SseStreamsStop, FromAnotherThreadWhileTheServerIsSilent) {
  given({{stream(event("1-7")), true}});
  std::atomic<bool> heard{false};
  std::thread stopper([&] {
    EXPECT_TRUE(testing::eventually([&] { return heard.load(); }));
    stream_->stop();
  });
  const auto end = stream_->follow([&](sse::Message&&) {
    heard = true;
    return true;
  });
  stopper.join();
  expect_end(end, SseStream::End::kStopped);
}

TEST_F(SseStreamsStop, FromAnotherThreadWhileTheyWaitToComeBack) {
  given({{stream("retry: 600000\n\n")}});
  std::thread stopper([&] {
    EXPECT_TRUE(testing::eventually([&] { return server_->requests().size() == 1; }));
    stream_->stop();
  });
  const auto end = follow();
  stopper.join();
  expect_end(end, SseStream::End::kStopped);
}

TEST_F(SseStreamsStop, BeforeTheyBegan) {
  given({{stream(kEnd)}});
  stream_->stop();
  expect_end(follow(), SseStream::End::kStopped);
}

TEST_F(SseStreamsRefused, SayWhatTheServerSaid) {
  given({{refusal("404 Not Found", R"({"code":"not_found","detail":"no task t1"})")},
         {stream(kEnd)}});
  const auto end = follow();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, Errc::kNotFound);
  EXPECT_EQ(end.error().text, "no task t1");
  EXPECT_EQ(server_->requests().size(), 1u) << "not again";
}

TEST_F(SseStreamsRefused, AtOnceWhereTheFirstConnectionFails) {
  given({{refusal("503 Service Unavailable")}, {stream(kEnd)}});
  const auto busy = follow();
  ASSERT_FALSE(busy.ok());
  EXPECT_EQ(busy.error().code, Errc::kUnavailable);
  SseStream nowhere(Endpoint::parse("unix:/nonexistent/socket").value(), "/", "");
  const auto away = nowhere.follow([](sse::Message&&) { return true; });
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().code, Errc::kUnavailable);
}

TEST_F(SseStreamsRefused, WhereTheAnswerIsNoEventStream) {
  given({{"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"}});
  const auto end = follow();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, Errc::kInternal);
  EXPECT_NE(end.error().text.find("no event stream"), std::string::npos);
}

TEST_F(SseStreamsRefused, AlsoAfterTheyHadBegun) {
  given({{stream(event("1-7"))}, {refusal("410 Gone", R"({"code":"ended","detail":"over"})")}});
  const auto end = follow();
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().text, "over");
}

}  // namespace
}  // namespace taskfeed::client
