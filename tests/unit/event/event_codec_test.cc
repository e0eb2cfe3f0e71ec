#include <gtest/gtest.h>

#include "event/event.h"
#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed {
namespace {

Event event_with(Json payload) {
  return Event{testing::uuid_with_tag(17),
               known_type(types::kLlmCallStarted),
               testing::ManualClock().wall(),
               testing::task("t1"),
               testing::agent("a1"),
               testing::uuid_with_tag(18),
               std::move(payload)};
}

Json nested(int levels) {
  Json json = Json::object();
  for (int level = 1; level < levels; ++level) json = Json{{"a", std::move(json)}};
  return json;
}

constexpr std::string_view kHead =
    R"({"event_id":"01980000-0000-7000-8000-000000000011","event_type":"WorkflowLLMCallStarted",)"
    R"("timestamp":"2026-11-22T10:00:00.000Z","task_id":"t1","agent_id":"a1",)"
    R"("execution_id":"01980000-0000-7000-8000-000000000012")";

TEST(EventEncode, PutsReservedKeysFirstAndThePayloadFlat) {
  const Json payload{{"model", "gpt-4"}, {"estimated_cost", 0.004}};
  EXPECT_EQ(encode_event(event_with(payload)).value(),
            std::string(kHead) + R"(,"model":"gpt-4","estimated_cost":0.004})");
}

TEST(EventEncode, LeavesOutWhatIsAbsent) {
  Event event = event_with(Json::object());
  EXPECT_EQ(encode_event(event).value(), std::string(kHead) + "}");
  event.agent.reset();
  event.execution.reset();
  EXPECT_EQ(encode_event(event).value(),
            R"({"event_id":"01980000-0000-7000-8000-000000000011",)"
            R"("event_type":"WorkflowLLMCallStarted","timestamp":"2026-11-22T10:00:00.000Z",)"
            R"("task_id":"t1"})");
}

TEST(EventEncode, NoPayloadOverridesAReservedKey) {
  for (const std::string_view key :
       {"event_id", "event_type", "timestamp", "task_id", "agent_id", "execution_id"}) {
    EXPECT_TRUE(is_reserved_key(key));
    const Json payload{{"first", 1}, {std::string(key), "forged"}, {"last", 2}};
    EXPECT_EQ(encode_event(event_with(payload)).value(),
              std::string(kHead) + R"(,"first":1,"last":2})")
        << key;
    EXPECT_EQ(encode_event(event_with(Json{{std::string(key), "forged"}})).value(),
              std::string(kHead) + "}");
  }
  EXPECT_FALSE(is_reserved_key("Event_id"));
  EXPECT_FALSE(is_reserved_key(""));
}

TEST(EventEncode, IsOneLineOfUtf8WhateverThePayloadHolds) {
  const std::string text = encode_event(event_with(Json{{"a\r\nb", "\xFF\n\r\xE2\x82"}})).value();
  EXPECT_EQ(text.find_first_of("\r\n"), std::string::npos);
  EXPECT_TRUE(decode_event(text).ok());
}

TEST(EventEncode, RefusesWhatIsTooLargeAndNamesTheLimit) {
  const size_t around = encode_event(event_with(Json{{"x", ""}})).value().size();
  const std::string fits(kEventBytesMax - around, 'a');
  EXPECT_EQ(encode_event(event_with(Json{{"x", fits}})).value().size(), kEventBytesMax);
  const auto refused = encode_event(event_with(Json{{"x", fits + "a"}}));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kTooLarge);
  EXPECT_NE(refused.error().text.find("262144"), std::string::npos);
}

TEST(EventEncode, RefusesWhatDecodeWouldRefuse) {
  EXPECT_TRUE(decode_event(encode_event(event_with(nested(64))).value()).ok());
  EXPECT_EQ(encode_event(event_with(nested(65))).error().code, Errc::kInvalid);
  EXPECT_EQ(encode_event(event_with(Json::array({1}))).error().code, Errc::kInvalid);
  EXPECT_EQ(encode_event(event_with(Json())).error().code, Errc::kInvalid);
}

TEST(EventEncode, TheEncodedFormCarriesWhatAnAppendNeeds) {
  const EncodedEvent encoded = encode(event_with(Json::object())).value();
  EXPECT_EQ(encoded.type, types::kLlmCallStarted);
  EXPECT_EQ(encoded.tag(), 17u);
  EXPECT_EQ(encoded.json, std::string(kHead) + "}");
}

TEST(EventTime, IsTheTimestampOfAnyEvent) {
  const WallTime time = testing::ManualClock().wall();
  EXPECT_EQ(event_time(encode_event(event_with({{"timestamp", "no"}, {"a", 1}})).value()), time);
  Event event = event_with(Json::object());
  event.type = EventType::parse(R"(a","timestamp":"2001-01-01T00:00:00Z)").value();
  EXPECT_EQ(event_time(encode_event(event).value()), time);
  EXPECT_EQ(event_time(R"({"a":{"timestamp":"2001-01-01T00:00:00Z"},)"
                       R"( "timestamp": "2026-11-22T10:00:00Z"})"),
            time);
}

TEST(EventTime, IsNoneWhereNoneCanBeRead) {
  for (const std::string_view json :
       {"", "{}", "[]", "nonsense", R"({"timestamp":5})", R"({"timestamp":"yesterday"})",
        R"({"event_id":"01980000-0000-7000-8000-000000000011","event_type":"a","timestamp":"x"})",
        R"({"event_id":"01980000-0000-7000-8000-000000000011","event_type":"a)"}) {
    EXPECT_EQ(event_time(json), std::nullopt) << json;
  }
}

TEST(EventDecode, GivesBackWhatWasEncoded) {
  const Event event =
      event_with(parse_json(R"({"z":[1,{"y":null}],"text":"ü\n€","n":-1})").value());
  EXPECT_EQ(decode_event(encode_event(event).value()).value(), event);
  Event bare = event;
  bare.agent.reset();
  bare.execution.reset();
  EXPECT_EQ(decode_event(encode_event(bare).value()).value(), bare);
}

TEST(EventDecode, DemandsFourKeysAndNamesTheMissing) {
  const Json whole = parse_json(std::string(kHead) + "}").value();
  for (const std::string key : {"event_id", "event_type", "timestamp", "task_id"}) {
    Json without = whole;
    without.erase(key);
    const auto decoded = decode_event(dump_json(without));
    ASSERT_FALSE(decoded.ok()) << key;
    EXPECT_EQ(decoded.error().code, Errc::kInvalid);
    EXPECT_NE(decoded.error().text.find(key), std::string::npos);
  }
  for (const std::string key : {"agent_id", "execution_id"}) {
    Json without = whole;
    without.erase(key);
    EXPECT_TRUE(decode_event(dump_json(without)).ok()) << key;
  }
}

TEST(EventDecode, RefusesAReservedKeyOfAnotherFormAndNamesIt) {
  const Json whole = parse_json(std::string(kHead) + "}").value();
  for (const std::string key :
       {"event_id", "event_type", "timestamp", "task_id", "agent_id", "execution_id"}) {
    for (const Json& wrong : {Json(7), Json("a b"), Json(""), Json::array(), Json::object()}) {
      Json changed = whole;
      changed[key] = wrong;
      const auto decoded = decode_event(dump_json(changed));
      ASSERT_FALSE(decoded.ok()) << key << " " << wrong;
      EXPECT_NE(decoded.error().text.find(key), std::string::npos);
    }
  }
}

TEST(EventDecode, RefusesWhatIsNoObject) {
  for (const std::string_view text : {"", "[]", "3", "\"x\"", "null", "{", "{}x"}) {
    EXPECT_FALSE(decode_event(text).ok()) << text;
  }
}

}  // namespace
}  // namespace taskfeed
