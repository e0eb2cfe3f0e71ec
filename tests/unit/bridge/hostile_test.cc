#include <gtest/gtest.h>

#include "base/text.h"
#include "bridge/normalise.h"
#include "unit/bridge/heard.h"

namespace taskfeed::bridge {
namespace {

using namespace taskfeed::testing;
using namespace std::string_literals;

std::string repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t n = 0; n < times; ++n) out += text;
  return out;
}

TEST(NormaliseHostile, SaysWhyItCannotRead) {
  EXPECT_EQ(reason(""), Unreadable::kNotJson);
  EXPECT_EQ(reason("7-12 WorkflowStarted {}"), Unreadable::kNotJson);
  EXPECT_EQ(reason("{\"event_type\":\"x\"}\0"s), Unreadable::kNotJson);
  EXPECT_EQ(reason("17"), Unreadable::kNotObject);
  EXPECT_EQ(reason("[{\"event_type\":\"x\"}]"), Unreadable::kNotObject);
  EXPECT_EQ(reason("null"), Unreadable::kNotObject);
  EXPECT_EQ(reason("{}"), Unreadable::kNoType);
  EXPECT_EQ(reason(R"({"event_type":null,"task_id":"t1"})"), Unreadable::kNoType);
  EXPECT_EQ(reason(R"({"event_type":7,"task_id":"t1"})"), Unreadable::kBadType);
  EXPECT_EQ(reason(R"({"event_type":"","task_id":"t1"})"), Unreadable::kBadType);
  EXPECT_EQ(reason(R"({"event_type":"x"})"), Unreadable::kNoTask);
  EXPECT_EQ(reason(R"({"event_type":"x","task_id":"a b"})"), Unreadable::kBadTask);
  EXPECT_EQ(reason(R"({"event_type":"x","task_id":"_tasks"})"), Unreadable::kBadTask) << "reserved";
  EXPECT_EQ(reason(R"({"event_type":"x","task_id":{"a":1}})"), Unreadable::kBadTask);
  EXPECT_EQ(reason(R"({"event_type":"x","task_id":1.5})"), Unreadable::kBadTask);
}

TEST(NormaliseHostile, RefusesTypesThatWouldBreakAFrame) {
  for (const std::string_view type : {R"(a\nb)", R"(a\rb)", R"(a\u0000b)", R"(a b)",
                                      R"(\u001b[31m)", R"(\u2028)", "stream.gap", "heartbeat"}) {
    EXPECT_EQ(reason(R"({"task_id":"t1","event_type":")" + std::string(type) + "\"}"),
              Unreadable::kBadType)
        << type;
  }
  EXPECT_EQ(reason(R"({"task_id":"t1","event_type":")" + std::string(129, 'x') + "\"}"),
            Unreadable::kBadType);
}

TEST(NormaliseHostile, RefusesDepthWithoutFollowingIt) {
  for (const std::string_view open : {"[", "{\"a\":"}) {
    EXPECT_EQ(reason(R"({"event_type":"x","task_id":"t1","data":)" + repeated(open, 100'000)),
              Unreadable::kNotJson);
  }
  NormaliseLimits limits;
  limits.depth_max = 3;
  const std::string deep = R"({"event_type":"x","task_id":"t1","a":[[1]]})";
  EXPECT_TRUE(std::holds_alternative<Reading>(hear(deep, "c", "c", limits)));
  limits.depth_max = 2;
  EXPECT_EQ(refused(hear(deep, "c", "c", limits)).reason, Unreadable::kNotJson);
}

TEST(NormaliseHostile, TakesOffOnlySoManyWrappers) {
  std::string bytes = R"({"event_type":"x","task_id":"t1"})";
  for (int layer = 0; layer < 3; ++layer) bytes = dump_json(Json(bytes));
  EXPECT_TRUE(std::holds_alternative<Reading>(hear(bytes)));
  bytes = dump_json(Json(bytes));
  EXPECT_EQ(reason(bytes), Unreadable::kNotObject);
}

TEST(NormaliseHostile, RefusesABinaryHeadThatLies) {
  const std::string magic =
      "\x89"
      "BIN\r\n\x1a\n"s;
  const std::string json = R"({"event_type":"x","task_id":"t1"})";
  EXPECT_EQ(reason(magic), Unreadable::kNotJson);
  EXPECT_EQ(reason(magic + "\0\1\0\0\0\x12\0\0\0\x11"s + json), Unreadable::kNotJson);
  EXPECT_EQ(reason(magic + "\0\1\0\0\0\x12\xff\xff\xff\xff"s + json), Unreadable::kNotJson);
  EXPECT_EQ(reason(magic + "\0\2\0\0\0\x12\0\0\0\x12"s + json), Unreadable::kNotJson);
  EXPECT_EQ(event_of(magic + "\0\1\0\0\0\x12\0\0\0\x12"s + json).type.str(), "x");
}

TEST(NormaliseHostile, MakesBadUtf8AndLoneSurrogatesReadable) {
  const Event event = event_of(
      "{\"event_type\":\"x\",\"task_id\":\"t1\",\"a\":\"\xff\xfe\",\"b\":\"\\ud83d\",\"\xc3\":1}");
  EXPECT_EQ(event.payload.at("a"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(event.payload.at("b"), "\xEF\xBF\xBD");
  EXPECT_EQ(event.payload.at("\xEF\xBF\xBD"), 1);
}

TEST(NormaliseHostile, RefusesNumbersOutOfRangeAndKeepsHugeOnes) {
  EXPECT_EQ(reason(R"({"event_type":"x","task_id":"t1","n":1e400})"), Unreadable::kNotJson);
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":"t1","n":1e300})").payload.at("n"), 1e300);
  EXPECT_EQ(
      dump_json(event_of(R"({"event_type":"x","task_id":"t1","n":18446744073709551615})").payload),
      R"({"n":18446744073709551615})");
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":"t1","timestamp":1e308})").time, kNow);
}

TEST(NormaliseHostile, LetsNoPayloadOverrideWhatIsReserved) {
  const Event event = event_of(
      R"({"event_type":"x","task_id":"t1","data":{"event_type":"y","task_id":"t2","event_id":{},)"
      R"("timestamp":[],"agent_id":7,"original_data":{"task_id":"t3","execution_id":false}}})");
  EXPECT_EQ(event.type.str(), "x");
  EXPECT_EQ(event.task.str(), "t1");
  EXPECT_EQ(event.agent->str(), "7");
  EXPECT_EQ(event.payload, (Json{{"source_execution_id", false}}));
}

TEST(NormaliseHostile, RefusesWhatIsTooLarge) {
  const std::string big =
      R"({"event_type":"x","task_id":"t1","a":")" + std::string(kEventBytesMax, 'a') + "\"}";
  EXPECT_EQ(reason(big), Unreadable::kTooLarge);
  EXPECT_EQ(reason(std::string(3 * kEventBytesMax, 'a')), Unreadable::kTooLarge);
}

TEST(NormaliseHostile, ReadsAnObjectOfManyKeysInTime) {
  std::string bytes = R"({"event_type":"x","task_id":"t1","data":{)";
  for (int n = 0; n < 20'000; ++n) bytes += "\"k" + std::to_string(n) + "\":1,";
  bytes += R"("z":1},"k5":2,"outer":3})";
  const Event event = event_of(bytes);
  EXPECT_EQ(event.payload.size(), 20'002u);
  EXPECT_EQ(event.payload.at("k5"), 1);
}

TEST(NormaliseHostile, TellsShapesApartByKeysAndNotByValues) {
  const auto shape = [](std::string_view bytes) { return refused(hear(bytes, "c", "c")).shape; };
  EXPECT_EQ(shape(R"({"a":1,"b":"x"})"), shape(R"({"b":"y","a":2})"));
  EXPECT_NE(shape(R"({"a":1})"), shape(R"({"c":1})"));
  const std::string hostile = shape("{\"" + std::string(9'000, 'k') + "\":1}");
  EXPECT_LT(hostile.size(), 64u);
}

}  // namespace
}  // namespace taskfeed::bridge
