/// Calls over a socket, against a server that answers as model servers do, or as a broken one
/// would.
#include "llm/chat.h"

#include <atomic>
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

}  // namespace
}  // namespace taskfeed::llm
