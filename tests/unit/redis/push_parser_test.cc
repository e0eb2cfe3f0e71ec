#include "redis/push_parser.h"

#include <string>

#include <gtest/gtest.h>

namespace taskfeed::redis {
namespace {

constexpr size_t kMax = 1024;

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
std::string published(const std::string& channel, const std::string& payload) {
  return "*3\r\n" + bulk("message") + bulk(channel) + bulk(payload);
}

TEST(RedisPush, ReadsAPublishedEventWhereItLies) {
  const std::string bytes = published("c", "1-2 T {\"a\":\"\r\n\"}") + "*3\r\n";
  Push push;
  ASSERT_EQ(parse_push(bytes, kMax, push), PushParse::kDone);
  EXPECT_EQ(push.kind, Push::Kind::kPublished);
  EXPECT_EQ(push.channel, "c");
  EXPECT_EQ(push.payload, "1-2 T {\"a\":\"\r\n\"}");
  EXPECT_EQ(push.size, bytes.size() - 4);
  EXPECT_GE(push.payload.data(), bytes.data());
  EXPECT_LT(push.payload.data(), bytes.data() + bytes.size());
}

TEST(RedisPush, IsIncompleteAtEverySplit) {
  for (const std::string& whole :
       {published("channel", "payload"), "*3\r\n" + bulk("subscribe") + bulk("c") + ":12\r\n",
        "*2\r\n" + bulk("pong") + bulk(""), std::string("+PONG\r\n"), std::string("-ERR no\r\n")}) {
    Push push;
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_EQ(parse_push(whole.substr(0, size), kMax, push), PushParse::kIncomplete)
          << whole << " cut at " << size;
    }
    EXPECT_EQ(parse_push(whole, kMax, push), PushParse::kDone);
    EXPECT_EQ(push.size, whole.size());
  }
}

TEST(RedisPush, TellsTheKindsApart) {
  Push push;  // Points into what was parsed.
  const std::string subscribed = "*3\r\n" + bulk("subscribe") + bulk("c") + ":1\r\n";
  ASSERT_EQ(parse_push(subscribed, kMax, push), PushParse::kDone);
  EXPECT_EQ(push.kind, Push::Kind::kSubscribed);
  EXPECT_EQ(push.channel, "c");
  ASSERT_EQ(parse_push("*3\r\n" + bulk("unsubscribe") + "$-1\r\n:0\r\n", kMax, push),
            PushParse::kDone);
  EXPECT_EQ(push.kind, Push::Kind::kUnsubscribed);
  EXPECT_EQ(push.channel, "");
  ASSERT_EQ(parse_push("*3\r\n" + bulk("punsubscribe") + bulk("c*") + ":2\r\n", kMax, push),
            PushParse::kDone);
  EXPECT_EQ(push.kind, Push::Kind::kPatternUnsubscribed);
  ASSERT_EQ(parse_push("-LOADING wait\r\n", kMax, push), PushParse::kDone);
  EXPECT_EQ(push.kind, Push::Kind::kError);
  EXPECT_EQ(push.payload, "LOADING wait");
}

TEST(RedisPush, TellsHowLargeAPayloadOverTheLimitIsBeforeItComes) {
  const std::string head = "*4\r\n" + bulk("pmessage") + bulk("c*") + bulk("c1") + "$1025\r\n";
  for (const std::string& bytes : {head, head + "xyz"}) {
    Push push;
    ASSERT_EQ(parse_push(bytes, kMax, push), PushParse::kTooLarge);
    EXPECT_EQ(push.pattern, "c*");
    EXPECT_EQ(push.channel, "c1");
    EXPECT_EQ(push.size, head.size() + 1025 + 2);
  }
}

TEST(RedisPush, RefusesWhatNoRedisSends) {
  Push push;
  for (const char* bytes :
       {"HTTP/1.1 200 OK\r\n", "*0\r\n", "*9\r\n", "*3\r\n+x\r\n", "*x\r\n", "*3\r\n$x\r\n",
        "$3\r\nabc\r\n", "*1\r\n$2\r\nabcd", "*3\r\n$\r\n", "*1\r\n$1234567890123\r\n"}) {
    EXPECT_EQ(parse_push(bytes, kMax, push), PushParse::kBad) << bytes;
  }
  for (const std::string& bytes :
       {std::string("*1\r\n$1025\r\n"), "*3\r\n" + bulk("message") + bulk("c") + "$1025\r\n",
        "*4\r\n" + bulk("pmessage") + bulk("c*") + "$1025\r\n",
        "*4\r\n" + bulk("pmessage") + bulk("c*") + bulk("c1") + "$1000000000\r\n"}) {
    EXPECT_EQ(parse_push(bytes, kMax, push), PushParse::kBad) << bytes;
  }
}

}  // namespace
}  // namespace taskfeed::redis
