#include "bridge/normalise.h"

#include <gtest/gtest.h>

#include "unit/bridge/heard.h"

namespace taskfeed::bridge {
namespace {

using namespace taskfeed::testing;
using namespace std::string_literals;

constexpr std::string_view kId = "01980000-0000-7000-8000-00000000002a";

struct Shape {
  std::string_view what;
  std::string bytes;
};

/// One publication in every shape that is seen in the wild.
std::vector<Shape> shapes() {
  const std::string bare =
      R"({"event_id":"01980000-0000-7000-8000-00000000002a","event_type":"LLMCallStarted",)"
      R"("timestamp":"2026-11-22T09:00:00.5Z",)";
  const std::string payload = R"("model":"gpt-4","estimated_cost":0.004})";
  const std::string head =
      "\x89"
      "BIN\r\n\x1a\n\0\1\0\0\0\x12\0\0\0\x14\0\0"s;
  const std::string nested = bare + R"("data":{"task_id":"t1",)" + payload + "}";
  return {
      {"flat", bare + R"("task_id":"t1",)" + payload},
      {"data", bare + R"("task_id":"t1","data":{)" + payload + "}"},
      {"data.task_id", nested},
      {"data.aggregate_id", bare + R"("data":{"aggregate_id":"t1",)" + payload + "}"},
      {"original_data", bare + R"("data":{"aggregate_id":"t1","original_data":{)" + payload + "}}"},
      {"original_data.task_id",
       bare + R"("data":{"original_event_type":"LLMCallStarted","original_timestamp":"x",)" +
           R"("original_data":{"task_id":"t1",)" + payload + "}}"},
      {"the type in data",
       R"({"event_id":"01980000-0000-7000-8000-00000000002a","timestamp":"1795338000.5","data":)"
       R"({"original_event_type":"LLMCallStarted","original_data":{"task_id":"t1",)" +
           payload + "}}"},
      {"data as text",
       bare + R"("data":)" + dump_json(Json("{\"task_id\":\"t1\"," + payload)) + "}"},
      {"FastStream's JSON",
       R"({"headers":{"correlation_id":"c1","content-type":"application/json"},"data":)" +
           dump_json(Json(nested)) + "}"},
      {"FastStream's binary form", head + nested},
      {"JSON in a string", dump_json(Json(nested))},
      {"the channel", bare + payload},
  };
}

TEST(Normalise, ReadsTheSameEventFromEveryShape) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.what);
    const Reading reading = read(shape.bytes);
    EXPECT_EQ(reading.task.str(), "t1");
    EXPECT_EQ(reading.event.type, types::kLlmCallStarted);
    EXPECT_EQ(reading.event.id.str(), kId);
    EXPECT_TRUE(reading.identity.named);
    EXPECT_EQ(reading.event.json,
              R"({"event_id":"01980000-0000-7000-8000-00000000002a",)"
              R"("event_type":"WorkflowLLMCallStarted","timestamp":"2026-11-22T09:00:00.500Z",)"
              R"("task_id":"t1","model":"gpt-4","estimated_cost":0.004})");
  }
}

TEST(Normalise, KnowsCopiesByTheEventsIdWhateverIsWrappedAroundIt) {
  for (const Shape& shape : shapes()) {
    EXPECT_EQ(read(shape.bytes).identity.key, Uuid::parse(kId)->bytes()) << shape.what;
  }
}

TEST(Normalise, MakesTheSameIdFromAForeignOneAndKeepsIt) {
  const std::string bytes = R"({"event_id":"evt-17","event_type":"x","task_id":"t1"})";
  const Reading reading = read(bytes);
  EXPECT_TRUE(reading.identity.named);
  EXPECT_EQ(reading.event.id, read(bytes).event.id);
  EXPECT_EQ(reading.event.id.str()[14], '8');
  EXPECT_EQ(event_of(bytes).payload, (Json{{"source_event_id", "evt-17"}}));
  // Of another task, another event.
  EXPECT_NE(read(R"({"event_id":"evt-17","event_type":"x","task_id":"t2"})").event.id,
            reading.event.id);
  EXPECT_NE(read(R"({"event_id":17,"event_type":"x","task_id":"t1"})").event.id, reading.event.id);
}

TEST(Normalise, TakesAUuidInAnySpelling) {
  for (const std::string_view id :
       {"01980000-0000-7000-8000-00000000002A", "0198000000007000800000000000002a"}) {
    const std::string bytes =
        R"({"event_type":"x","task_id":"t1","event_id":")" + std::string(id) + R"("})";
    EXPECT_EQ(read(bytes).event.id.str(), kId);
    EXPECT_TRUE(event_of(bytes).payload.empty());
  }
}

TEST(Normalise, TakesTheUuidOfZerosForNone) {
  const Reading reading = read(
      R"({"event_type":"x","task_id":"t1","event_id":"00000000-0000-0000-0000-000000000000"})");
  EXPECT_FALSE(reading.identity.named);
}

TEST(Normalise, KnowsWhatHasNoIdByItsBytesAndChannel) {
  const std::string bytes = R"({"event_type":"x","task_id":"t1"})";
  const Reading reading = read(bytes);
  EXPECT_FALSE(reading.identity.named);
  EXPECT_EQ(reading.event.id.str()[14], '7');
  EXPECT_EQ(reading.identity.key, read(bytes).identity.key);
  EXPECT_NE(reading.identity.key, read(bytes + " ").identity.key);
  EXPECT_NE(reading.identity.key, read(bytes, "workflow.t2").identity.key);
}

TEST(Normalise, ReadsTimesInEveryForm) {
  for (const std::string_view time :
       {R"("2026-11-22T09:00:00.5Z")", R"("2026-11-22T10:00:00.500+01:00")",
        R"("2026-11-22T09:00:00.500000")", R"("2026-11-22 09:00:00.5")", R"("1795338000.5")",
        "1795338000.5", "1795338000500", R"("1795338000500")", "1795338000500000",
        "1795338000500000000"}) {
    const std::string bytes =
        R"({"event_type":"x","task_id":"t1","timestamp":)" + std::string(time) + "}";
    EXPECT_EQ(format_rfc3339(event_of(bytes).time), "2026-11-22T09:00:00.500Z") << time;
    EXPECT_TRUE(event_of(bytes).payload.empty());
  }
}

TEST(Normalise, TakesTheTimeOfArrivalAndKeepsWhatIsNoTime) {
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":"t1"})").time, kNow);
  for (const std::string_view time : {R"("yesterday")", "-5", "0", "1e300", "true", R"("nan")"}) {
    const Event event =
        event_of(R"({"event_type":"x","task_id":"t1","timestamp":)" + std::string(time) + "}");
    EXPECT_EQ(event.time, kNow) << time;
    EXPECT_EQ(dump_json(event.payload.at("source_timestamp")).substr(0, 2), time.substr(0, 2));
  }
}

TEST(Normalise, KeepsAgentAndExecutionWhereTheyAreIdsAndTheirTextElsewhere) {
  const Event event = event_of(R"({"event_type":"x","task_id":"t1","data":{"agent_id":"a1",)"
                               R"("execution_id":"01980000-0000-7000-8000-000000000001"}})");
  EXPECT_EQ(event.agent->str(), "a1");
  EXPECT_EQ(event.execution->str(), "01980000-0000-7000-8000-000000000001");
  EXPECT_TRUE(event.payload.empty());

  const Event foreign = event_of(
      R"({"event_type":"x","task_id":"t1","agent_id":"an agent","execution_id":"agent-task-1"})");
  EXPECT_FALSE(foreign.agent.has_value());
  EXPECT_FALSE(foreign.execution.has_value());
  EXPECT_EQ(foreign.payload,
            (Json{{"source_agent_id", "an agent"}, {"source_execution_id", "agent-task-1"}}));
}

TEST(Normalise, LetsTheInnermostPayloadWinAndLosesNothingElse) {
  const Event event = event_of(
      R"({"event_type":"x","task_id":"t1","model":"outer","version":1,"headers":{"a":"b"},)"
      R"("data":{"model":"middle","note":"n","original_data":{"model":"inner"}}})");
  EXPECT_EQ(dump_json(event.payload),
            R"({"model":"inner","note":"n","version":1,"headers":{"a":"b"}})");
}

TEST(Normalise, KeepsDataThatIsNoObject) {
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":"t1","data":[1,2]})").payload,
            (Json{{"data", {1, 2}}}));
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":"t1","data":"half {"})").payload,
            (Json{{"data", "half {"}}));
}

TEST(Normalise, KeepsAnAggregateThatIsNoTask) {
  const Event event =
      event_of(R"({"event_type":"x","task_id":"t1","data":{"aggregate_id":"order 9"}})");
  EXPECT_EQ(event.payload, (Json{{"aggregate_id", "order 9"}}));
}

TEST(Normalise, TakesTypeOnlyWhereNoEventTypeStands) {
  EXPECT_EQ(event_of(R"({"type":"WorkflowCompleted","task_id":"t1"})").type.str(),
            types::kCompleted);
  EXPECT_TRUE(event_of(R"({"type":"WorkflowCompleted","task_id":"t1"})").payload.empty());
  const Event both = event_of(R"({"type":"warning","event_type":"x","task_id":"t1"})");
  EXPECT_EQ(both.type.str(), "x");
  EXPECT_EQ(both.payload, (Json{{"type", "warning"}}));
}

TEST(Normalise, TakesTheFirstTaskIdThatIsOne) {
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":"no id","data":{"task_id":"t2"}})").task.str(),
            "t2");
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":null})", "workflow.t3").task.str(), "t3");
  EXPECT_EQ(event_of(R"({"event_type":"x","task_id":42})").task.str(), "42");
}

}  // namespace
}  // namespace taskfeed::bridge
