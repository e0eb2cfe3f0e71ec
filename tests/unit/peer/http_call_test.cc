/// One call to a server that may be slow, hostile or half dead.
#include "peer/http_call.h"

#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "support/fake_peer.h"

namespace taskfeed::peer {
namespace {

using testing::answer_of;
using testing::FakePeer;
using testing::kSseHead;

HttpUrl url_of(const FakePeer& peer, const std::string& path = "") {
  return HttpUrl::parse(peer.url() + path).value();
}

CallRequest post(std::string body = "{}") {
  CallRequest request;
  request.target = "/run";
  request.body = std::move(body);
  return request;
}

/// What `answer` gets out of a call with these limits.
WholeAnswer answer_from(FakePeer::Answer answer, const CallLimits& limits = {}) {
  const FakePeer peer(std::move(answer));
  return fetch(url_of(peer), post(), limits, {});
}
FakePeer::Answer says(std::string bytes) {
  return [bytes = std::move(bytes)](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(bytes);
  };
}
std::string fault_of(const WholeAnswer& answer) {
  return answer.end.failure ? std::string(to_string(answer.end.failure->fault)) : "none";
}

TEST(PeerCall, SendsTheRequestBelowTheUrlsPathWithItsFields) {
  const FakePeer peer(says(answer_of(200, "application/json; charset=utf-8", "[]")));
  CallRequest request = post("{\"a\":1}");
  request.headers["Authorization"] = "Bearer s3cret";
  const WholeAnswer answer = fetch(url_of(peer, "/adk/"), request, {}, {});
  EXPECT_EQ(fault_of(answer), "none");
  EXPECT_TRUE(answer.end.proper);
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_EQ(answer.head.content_type, "application/json");
  EXPECT_EQ(answer.body, "[]");
  ASSERT_EQ(peer.requests().size(), 1u);
  const FakePeer::Request asked = peer.requests().front();
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/adk/run");
  EXPECT_EQ(asked.body, "{\"a\":1}");
  EXPECT_NE(asked.head.find("Host: 127.0.0.1:" + std::to_string(peer.port()) + "\r\n"),
            std::string::npos);
  EXPECT_NE(asked.head.find("Authorization: Bearer s3cret\r\n"), std::string::npos);
  EXPECT_EQ(asked.head.find("Origin"), std::string::npos);
}

TEST(PeerCall, AnswersWithAnyStatusThatTheServerGives) {
  const WholeAnswer refused = answer_from(says(answer_of(503, "text/plain", "later")));
  EXPECT_EQ(fault_of(refused), "none");
  EXPECT_EQ(refused.head.status, 503);
  EXPECT_EQ(refused.body, "later");
  const WholeAnswer empty = answer_from(says("HTTP/1.1 204 No Content\r\n\r\n"));
  EXPECT_EQ(fault_of(empty), "none");
  EXPECT_EQ(empty.head.status, 204);
  EXPECT_TRUE(empty.end.proper);
}

TEST(PeerCall, IsProperOnlyWhereTheFramingSaysThatThisWasAll) {
  const std::string chunked(kSseHead);
  EXPECT_TRUE(answer_from(says(chunked + "3\r\nabc\r\n0\r\n\r\n")).end.proper);
  for (const std::string& cut : {chunked + "3\r\nabc\r\n", chunked + "3\r\nab", chunked,
                                 std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")}) {
    const WholeAnswer answer = answer_from(says(cut));
    EXPECT_EQ(fault_of(answer), "stream_broken") << cut;
    EXPECT_FALSE(answer.end.proper) << cut;
    EXPECT_TRUE(answer.end.answered) << cut;
  }
  const WholeAnswer endless = answer_from(says("HTTP/1.1 200 OK\r\n\r\nabc"));
  EXPECT_EQ(fault_of(endless), "none");
  EXPECT_EQ(endless.body, "abc");
  EXPECT_FALSE(endless.end.proper);
}

TEST(PeerCall, HandsPiecesOnWhileTheAnswerIsUnderWay) {
  std::latch first_read(1);
  const FakePeer peer([&](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk("one");
    first_read.wait();
    line.chunk("two");
    line.send("0\r\n\r\n");
  });
  std::string text;
  const AnswerReader reader{nullptr, [&](std::string_view bytes) {
                              if (text.empty()) first_read.count_down();
                              text.append(bytes);
                              return true;
                            }};
  EXPECT_TRUE(run_call(url_of(peer), post(), {}, reader, {}).proper);
  EXPECT_EQ(text, "onetwo");
}

TEST(PeerCall, TellsItsReaderOnceThatThePiecesPause) {
  std::latch quiet(1);
  const FakePeer peer([&](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk("one");
    quiet.wait();
    line.chunk("two");
    line.send("0\r\n\r\n");
  });
  std::string heard;
  AnswerReader reader;
  reader.on_bytes = [&heard](std::string_view bytes) {
    heard.append(bytes);
    return true;
  };
  reader.on_quiet = [&] {
    if (heard == "one") quiet.count_down();
    heard += "|";
  };
  reader.quiet_interval = Milliseconds(1);
  EXPECT_TRUE(run_call(url_of(peer), post(), {}, reader, {}).proper);
  EXPECT_TRUE(heard.starts_with("one|two")) << heard;
}

TEST(PeerCall, TellsApartWhoIsLateWithWhat) {
  CallLimits limits;
  limits.first_byte_timeout = Milliseconds(150);
  const auto stays = [](std::string bytes) {
    return [bytes = std::move(bytes)](const FakePeer::Request&, FakePeer::Line& line) {
      line.send(bytes);
      line.wait_for_departure();
    };
  };
  EXPECT_EQ(fault_of(answer_from(stays(""), limits)), "timeout_first_byte");
  EXPECT_EQ(fault_of(answer_from(stays(std::string(kSseHead)), limits)), "timeout_first_byte");
  limits.first_byte_timeout = Milliseconds(60'000);
  limits.silence_timeout = Milliseconds(150);
  EXPECT_EQ(fault_of(answer_from(stays(std::string(kSseHead) + "3\r\nabc\r\n"), limits)),
            "timeout_idle");
  limits.silence_timeout = Milliseconds(60'000);
  limits.whole_timeout = Milliseconds(150);
  const auto drips = [](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(": alive\n\n");
    line.wait_for_departure();
  };
  EXPECT_EQ(fault_of(answer_from(drips, limits)), "timeout");
}

TEST(PeerCall, SaysThatNobodyListensThere) {
  std::string url;
  {
    const FakePeer gone(says(""));
    url = gone.url();
  }
  const WholeAnswer answer = fetch(HttpUrl::parse(url).value(), post(), {}, {});
  EXPECT_EQ(fault_of(answer), "connect");
  EXPECT_FALSE(answer.end.answered);
  EXPECT_NE(answer.end.failure->text.find(url), std::string::npos);
}

TEST(PeerCall, SaysThatAHostIsNotKnown) {
  const HttpUrl url = HttpUrl::parse("http://no-such-host.invalid:1").value();
  CallLimits limits;
  limits.connect_timeout = Milliseconds(20'000);
  const WholeAnswer answer = fetch(url, post(), limits, {});
  ASSERT_TRUE(answer.end.failure);
  EXPECT_FALSE(answer.end.answered);
}

TEST(PeerCall, IsEndedAtOnceByAStop) {
  std::latch asked(1);
  const FakePeer peer([&](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk("one");
    asked.count_down();
    line.wait_for_departure();
  });
  std::stop_source stop;
  std::thread stopper([&] {
    asked.wait();
    stop.request_stop();
  });
  const WholeAnswer answer = fetch(url_of(peer), post(), {}, stop.get_token());
  stopper.join();
  EXPECT_EQ(fault_of(answer), "stopped");
  EXPECT_FALSE(answer.end.proper);
  EXPECT_EQ(fault_of(fetch(url_of(peer), post(), {}, stop.get_token())), "stopped");
}

TEST(PeerCall, EndsWhereItsReaderHasEnough) {
  const FakePeer peer([](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk("one");
    line.wait_for_departure();
  });
  const AnswerReader reader{nullptr, [](std::string_view) { return false; }};
  const CallEnd end = run_call(url_of(peer), post(), {}, reader, {});
  EXPECT_TRUE(end.ended_by_reader);
  EXPECT_FALSE(end.failure);
  EXPECT_FALSE(end.proper);
}

TEST(PeerLimits, BoundWhatAServerMaySend) {
  CallLimits limits;
  limits.body_bytes_max = 1'000;
  limits.head_bytes_max = 4'096;
  EXPECT_EQ(fault_of(answer_from(says(answer_of(200, "x/y", std::string(1'000, 'a'))), limits)),
            "none");
  EXPECT_EQ(fault_of(answer_from(says(answer_of(200, "x/y", std::string(1'001, 'a'))), limits)),
            "too_large");
  const auto floods = [](std::string first, std::string repeated) {
    return [first = std::move(first), repeated = std::move(repeated)](const FakePeer::Request&,
                                                                      FakePeer::Line& line) {
      line.send(first);
      while (line.send(repeated)) {
      }
    };
  };
  const std::string kilo(1'024, 'a');
  EXPECT_EQ(fault_of(answer_from(floods("", kilo), limits)), "protocol") << "a status line";
  EXPECT_EQ(fault_of(answer_from(floods("HTTP/1.1 200 OK\r\nA: ", kilo), limits)), "too_large")
      << "one field";
  EXPECT_EQ(fault_of(answer_from(floods("HTTP/1.1 200 OK\r\n", "A: b\r\n"), limits)), "too_large")
      << "many fields";
  EXPECT_EQ(fault_of(answer_from(floods("", "HTTP/1.1 100 Continue\r\n\r\n"), limits)), "too_large")
      << "many interim answers";
  EXPECT_EQ(fault_of(answer_from(floods(std::string(kSseHead) + "1\r\na\r\n", "0"), limits)),
            "too_large")
      << "a chunk's size";
  EXPECT_EQ(fault_of(answer_from(floods(std::string(kSseHead), "1\r\na\r\n"), limits)), "too_large")
      << "a body of many chunks";
}

TEST(PeerLimits, TakeNothingForHttpThatIsNone) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-x\r\n"), std::string("\0\0\0", 3), std::string("HTTP/9.9 abc\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 1"), std::string()}) {
    const WholeAnswer answer = answer_from(says(bytes));
    EXPECT_TRUE(answer.end.failure) << bytes;
    EXPECT_FALSE(answer.end.proper) << bytes;
  }
}

TEST(PeerTls, IsPartOfTheConnectionsTime) {
  const FakePeer peer(says(""));  // It waits for an empty line, which TLS never sends.
  HttpUrl url = url_of(peer);
  url.tls = true;
  CallLimits limits;
  limits.connect_timeout = Milliseconds(200);
  const WholeAnswer answer = fetch(url, post(), limits, {});
  EXPECT_EQ(fault_of(answer), "timeout_connect");
  EXPECT_FALSE(answer.end.answered);
}

}  // namespace
}  // namespace taskfeed::peer
