/// Calls over a socket, against a server that answers as model servers do, or as a broken one
/// would.
#include "llm/chat.h"

#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "chat_world.h"
#include "support/fake_peer.h"

namespace taskfeed::llm {
namespace {

using testing::answer_of;
using testing::FakePeer;
using testing::kSseHead;

FakePeer::Answer says(std::string bytes) {
  return [bytes = std::move(bytes)](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(bytes);
  };
}
FakePeer::Answer streams(std::string events, bool ends = true) {
  return [events = std::move(events), ends](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(events);
    if (ends) line.send("0\r\n\r\n");
  };
}

class ChatTest : public ::testing::Test {
 protected:
  ChatEnd call(const FakePeer& peer) {
    server_.base_url = HttpUrl::parse(peer.url() + "/v1").value();
    request_.headers = headers_;
    return chat(request_, listener_, clock_, stop_.get_token(), limits_);
  }
  ChatEnd call(FakePeer::Answer answer) {
    const FakePeer peer(std::move(answer));
    return call(peer);
  }

  SystemClock clock_;
  runner::ModelServer server_;
  std::map<std::string, std::string> headers_{{"Authorization", "Bearer sk-secret-1"}};
  ChatRequest request_ = request_to(server_);
  HearingListener listener_;
  std::stop_source stop_;
  ChatLimits limits_;
};

using ChatCall = ChatTest;
using ChatBreaks = ChatTest;
using ChatStops = ChatTest;
using ChatUsageOption = ChatTest;

std::string json_answer(int status, std::string_view body) {
  return answer_of(status, "application/json", body);
}

TEST_F(ChatCall, StreamsAnAnswer) {
  const FakePeer peer(streams(event(delta(R"({"role":"assistant","content":""})")) +
                              event(delta(R"({"content":"Hel"})")) +
                              event(delta(R"({"content":"lo"})")) + event(finish("stop")) +
                              event(usage(10, 2)) + "data: [DONE]\n\n"));
  const ChatEnd end = call(peer);
  ASSERT_FALSE(end.failure) << end.failure->message;
  EXPECT_EQ(end.answer.text, "Hello");
  EXPECT_EQ(end.answer.model, "m-1-dated");
  EXPECT_EQ(end.answer.finish_reason, "stop");
  EXPECT_EQ(end.answer.usage, (workflow::Usage{.prompt = 10, .completion = 2}));
  EXPECT_EQ(end.answer.request_id, "chatcmpl-1");
  EXPECT_TRUE(end.time_to_first_token);
  EXPECT_EQ(listener_.texts, (std::vector<std::string>{"Hel", "lo"}));
  const FakePeer::Request asked = peer.requests().at(0);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.target, "/v1/chat/completions");
  EXPECT_NE(asked.head.find("Authorization: Bearer sk-secret-1\r\n"), std::string::npos);
  EXPECT_EQ(asked.body, R"({"model":"m-1","messages":[{"role":"user","content":"Hi"}],)"
                        R"("stream":true,"stream_options":{"include_usage":true}})");
}

TEST_F(ChatCall, TakesAnAnswerThatComesWhole) {
  request_.streaming = false;
  const ChatEnd end = call(says(answer_of(200, "application/json", whole_answer("Hello"))));
  ASSERT_FALSE(end.failure) << end.failure->message;
  EXPECT_EQ(end.answer.text, "Hello");
  EXPECT_EQ(end.answer.usage->total(), 12);
  EXPECT_EQ(listener_.texts, (std::vector<std::string>{"Hello"}));
  EXPECT_FALSE(end.time_to_first_token);
}

TEST_F(ChatCall, SaysWhatTheServerAnsweredInstead) {
  const ChatEnd end = call(says(
      answer_of(400, "application/json", R"({"error":{"message":"no such field","code":null}})")));
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "invalid_request");
  EXPECT_EQ(end.failure->message, "the model server answered 400: no such field");
  EXPECT_EQ(end.failure->http_status, 400);
  EXPECT_FALSE(end.failure->retryable);
}

TEST_F(ChatCall, DoesNotWaitForTheConnectionsEndAfterDone) {
  const ChatEnd end = call([](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(event(delta(R"({"content":"a"})")) + event(finish("stop")) + "data: [DONE]\n\n");
    line.wait_for_departure();
  });
  EXPECT_FALSE(end.failure);
  EXPECT_EQ(end.answer.text, "a");
}

TEST_F(ChatCall, HearsTheAnswerWhileItComes) {
  std::latch heard(1);
  class First final : public ChatListener {
   public:
    explicit First(std::latch& heard) : heard_(heard) {}
    bool on_text(std::string_view) override {
      if (!std::exchange(any_, true)) heard_.count_down();
      return true;
    }
    bool on_reasoning(std::string_view) override { return true; }

   private:
    std::latch& heard_;
    bool any_ = false;
  } listener(heard);
  const FakePeer peer([&heard](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(event(delta(R"({"content":"a"})")));
    heard.wait();
    line.chunk(event(delta(R"({"content":"b"})")) + event(finish("stop")));
    line.send("0\r\n\r\n");
  });
  server_.base_url = HttpUrl::parse(peer.url()).value();
  EXPECT_EQ(chat(request_, listener, clock_, stop_.get_token()).answer.text, "ab");
}

TEST_F(ChatCall, TakesAStreamThatWasNotAskedFor) {
  request_.streaming = false;
  EXPECT_EQ(call(streams(event(delta(R"({"content":"a"})")) + event(finish("stop")))).answer.text,
            "a");
}

TEST_F(ChatCall, TakesAnAnswerWithoutAFraming) {
  EXPECT_EQ(call(says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" +
                      event(delta(R"({"content":"a"})")) + event(finish("stop"))))
                .answer.text,
            "a");
}

TEST_F(ChatCall, PrefersTheServersRequestId) {
  const std::string body = whole_answer("a");
  const auto answer = [&body](const std::string& id) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: " + id +
           "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  };
  EXPECT_EQ(call(says(answer("req_1"))).answer.request_id, "req_1");
  EXPECT_EQ(call(says(answer("sk-secret-1"))).answer.request_id, "[redacted]");
}

TEST_F(ChatCall, SaysWhichModelWasAskedWhereNoneAnswers) {
  EXPECT_EQ(call(says(json_answer(500, "{}"))).answer.model, "m-1");
}

TEST_F(ChatCall, DoesNotFollowARedirect) {
  const FakePeer peer(
      says("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(call(peer).failure->kind, "protocol");
  EXPECT_EQ(peer.requests().size(), 1u);
}

TEST_F(ChatCall, KeepsTheKeyOutOfWhatTheServerRepeats) {
  const ChatEnd end = call([](const FakePeer::Request& request, FakePeer::Line& line) {
    line.send(answer_of(401, "text/plain", request.head));
  });
  EXPECT_EQ(end.failure->kind, "auth");
  EXPECT_EQ(end.failure->message.find("sk-secret"), std::string::npos) << end.failure->message;
  EXPECT_NE(end.failure->message.find("Authorization: [redacted]"), std::string::npos)
      << end.failure->message;
}

TEST_F(ChatBreaks, WhereNobodyListens) {
  int port = 0;
  { port = FakePeer(says("")).port(); }
  server_.base_url = HttpUrl::parse("http://127.0.0.1:" + std::to_string(port)).value();
  const ChatEnd end = chat(request_, listener_, clock_, stop_.get_token());
  EXPECT_EQ(end.failure->kind, "connect");
  EXPECT_TRUE(end.failure->retryable);
}

TEST_F(ChatBreaks, WhereTheServerLeavesWithoutAnAnswer) {
  EXPECT_EQ(call(says("")).failure->kind, "connect");
}

TEST_F(ChatBreaks, WhereAStreamIsCut) {
  const std::string half = event(delta(R"({"content":"a"})")) + "data: {\"id";
  const ChatEnd cut = call(streams(half, false));
  EXPECT_EQ(cut.failure->kind, "stream_broken");
  EXPECT_TRUE(cut.failure->retryable);
  EXPECT_EQ(cut.answer.text, "a");
  const ChatEnd proper = call(streams(half, true));
  EXPECT_EQ(proper.failure->kind, "stream_broken");
  EXPECT_EQ(proper.answer.text, "a");
}

TEST_F(ChatBreaks, WhereADocumentIsCut) {
  request_.streaming = false;
  const std::string bytes = json_answer(200, whole_answer("Hello"));
  EXPECT_EQ(call(says(bytes.substr(0, bytes.size() - 5))).failure->kind, "stream_broken");
}

TEST_F(ChatBreaks, WhereTheServerIsSilent) {
  const auto silent = [](std::string before) {
    return [before = std::move(before)](const FakePeer::Request&, FakePeer::Line& line) {
      line.send(before);
      line.wait_for_departure();
    };
  };
  server_.first_byte_timeout = Milliseconds(50);
  EXPECT_EQ(call(silent("")).failure->kind, "timeout_first_byte");
  server_.first_byte_timeout = Milliseconds(60'000);
  server_.silence_timeout = Milliseconds(50);
  const ChatEnd idle = call([](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(event(delta(R"({"content":"a"})")));
    line.wait_for_departure();
  });
  EXPECT_EQ(idle.failure->kind, "timeout_idle");
  EXPECT_EQ(idle.answer.text, "a");
  request_.streaming = false;
  server_.first_byte_timeout = Milliseconds(1);
  server_.timeout = Milliseconds(50);
  EXPECT_EQ(call(silent("")).failure->kind, "timeout_first_byte");
}

TEST_F(ChatBreaks, WhereTheAnswerIsAPage) {
  const ChatEnd end = call(says(answer_of(200, "text/html", "<html>Sign in</html>")));
  EXPECT_EQ(end.failure->kind, "protocol");
  EXPECT_NE(end.failure->message.find("base_url"), std::string::npos);
}

TEST_F(ChatBreaks, WhereTheAnswerIsEndless) {
  limits_.answer_bytes_max = 100'000;
  const ChatEnd end = call([](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    while (line.chunk(": " + std::string(1'000, 'x') + "\n")) {
    }
  });
  EXPECT_EQ(end.failure->kind, "too_large");
}

TEST_F(ChatBreaks, WhereAnErrorIsEndless) {
  const ChatEnd end = call([](const FakePeer::Request&, FakePeer::Line& line) {
    line.send("HTTP/1.1 500 Said\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (line.chunk(std::string(1'000, 'x'))) {
    }
  });
  EXPECT_EQ(end.failure->kind, "server");
  EXPECT_EQ(end.failure->http_status, 500);
  EXPECT_LT(end.failure->message.size(), 1'000u);
}

TEST_F(ChatBreaks, WhereAnErrorIsCut) {
  const ChatEnd end =
      call(says("HTTP/1.1 429 Said\r\nRetry-After: 2\r\nContent-Length: 99\r\n\r\nslow"));
  EXPECT_EQ(end.failure->kind, "rate_limited");
  EXPECT_EQ(end.failure->retry_after, Milliseconds(2'000));
}

TEST_F(ChatStops, AtOnceWhileItWaits) {
  const auto holds = [&](std::string first) {
    return [&, first = std::move(first)](const FakePeer::Request&, FakePeer::Line& line) {
      line.send(kSseHead);
      if (!first.empty()) line.chunk(first);
      stop_.request_stop();
      line.wait_for_departure();
    };
  };
  for (const std::string& first :
       {std::string(), event(delta(R"({"content":"a"})")), event(finish("stop"))}) {
    stop_ = {};
    const ChatEnd end = call(holds(first));
    ASSERT_TRUE(end.failure) << first;
    EXPECT_EQ(end.failure->kind, "stopped") << first;
    EXPECT_FALSE(end.failure->retryable);
  }
}

TEST_F(ChatStops, BeforeItBegins) {
  stop_.request_stop();
  EXPECT_EQ(call(says(json_answer(200, whole_answer("a")))).failure->kind, "stopped");
}

TEST_F(ChatStops, WhereTheListenerHasEnough) {
  listener_.wanted = 1;
  const ChatEnd end = call([](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    while (line.chunk(event(delta(R"({"content":"a"})")))) {
    }
  });
  EXPECT_EQ(end.failure->kind, "stopped");
  EXPECT_EQ(end.answer.text, "a");
}

/// Refuses stream_options as old servers do, each in its words.
FakePeer::Answer refuses_option(int status, std::string refusal) {
  return [status, refusal = std::move(refusal)](const FakePeer::Request& request,
                                                FakePeer::Line& line) {
    if (request.body.find("stream_options") != std::string::npos) {
      line.send(json_answer(status, refusal));
      return;
    }
    line.send(kSseHead);
    line.chunk(event(delta(R"({"content":"a"})")) + event(finish("stop")));
    line.send("0\r\n\r\n");
  };
}

TEST_F(ChatUsageOption, IsLeftOutWhereTheServerRefusesIt) {
  for (const auto& [status, refusal] : std::map<int, std::string>{
           {400, R"({"error":{"message":"Unrecognized request argument: stream_options"}})"},
           {422, R"({"detail":[{"loc":["body","stream_options"],"msg":"extra fields"}]})"}}) {
    const FakePeer peer(refuses_option(status, refusal));
    const ChatEnd end = call(peer);
    ASSERT_FALSE(end.failure) << end.failure->message;
    EXPECT_EQ(end.answer.text, "a");
    EXPECT_FALSE(end.answer.usage);
    EXPECT_EQ(peer.requests().size(), 2u);
  }
}

TEST_F(ChatUsageOption, IsLeftOutOnce) {
  const FakePeer peer(says(json_answer(400, R"({"error":"stream_options: no"})")));
  EXPECT_EQ(call(peer).failure->kind, "invalid_request");
  EXPECT_EQ(peer.requests().size(), 2u);
}

TEST_F(ChatUsageOption, IsNotToBlameForOtherRefusals) {
  const FakePeer peer(refuses_option(400, R"({"error":"no such model"})"));
  EXPECT_EQ(call(peer).failure->kind, "invalid_request");
  const FakePeer busy(refuses_option(503, R"({"error":"stream_options"})"));
  EXPECT_EQ(call(busy).failure->kind, "overloaded");
  EXPECT_EQ(peer.requests().size() + busy.requests().size(), 2u);
}

TEST_F(ChatCall, HearsThatTheServerPauses) {
  std::latch paused(1);
  class Quiet final : public ChatListener {
   public:
    explicit Quiet(std::latch& paused) : paused_(paused) {}
    bool on_text(std::string_view text) override {
      text_ += text;
      return true;
    }
    bool on_reasoning(std::string_view) override { return true; }
    void on_quiet() override {
      if (text_ == "a") paused_.count_down();
    }

   private:
    std::latch& paused_;
    std::string text_;
  } listener(paused);
  const FakePeer peer([&paused](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(event(delta(R"({"content":"a"})")));
    paused.wait();
    line.chunk(event(delta(R"({"content":"b"})")) + event(finish("stop")));
    line.send("0\r\n\r\n");
  });
  server_.base_url = HttpUrl::parse(peer.url()).value();
  EXPECT_EQ(chat(request_, listener, clock_, stop_.get_token()).answer.text, "ab");
}

}  // namespace
}  // namespace taskfeed::llm
