/// ADK's events into a task's: shapes of both editions, written here after what they send.
#include "adk/run_reader.h"

#include <gtest/gtest.h>

#include "support/clock.h"
#include "support/recording_sink.h"

namespace taskfeed::adk {
namespace {

using testing::RecordingSink;

class AdkRunReader : public ::testing::Test {
 protected:
  bool take(std::string_view json) {
    const auto event = adk_event_from(parse_json(json).value());
    EXPECT_TRUE(event.ok()) << json;
    const bool more = reader_.take(*event);
    if (!event->partial) reader_.flush();
    return more;
  }
  /// The payloads of a type.
  std::vector<Json> of(std::string_view type) const {
    std::vector<Json> found;
    for (const auto& each : sink_.emitted()) {
      if (each.type == type) found.push_back(each.payload);
    }
    return found;
  }
  std::string chunks(std::string_view author, std::string_view kind = "text") const {
    std::string text;
    for (const Json& each : of(types::kLlmCallChunk)) {
      if (each["author"] == author && each["kind"] == kind) text += string_at(each, "text");
    }
    return text;
  }

  testing::ManualClock clock_;
  SystemIdSource ids_{clock_};
  RecordingSink sink_;
  RunLimits limits_{.model_calls_max = 3};
  RunReader reader_{{sink_, ids_, clock_}, limits_, 0};
};

/// One tool turn while streaming, and the answer.
TEST_F(AdkRunReader, TellsAToolTurnWithoutCountingATextTwice) {
  take(R"({"author":"w","partial":true,"content":{"role":"model","parts":[{"text":"Let me "}]}})");
  take(R"({"author":"w","partial":true,"content":{"role":"model","parts":[{"text":"check. "}]},
           "usageMetadata":{"promptTokenCount":21,
             "candidatesTokenCount":9,"totalTokenCount":30}})");
  clock_.advance(Milliseconds(40));
  take(
      R"({"author":"w","partial":false,"content":{"role":"model","parts":[{"text":"Let me check. "},
           {"functionCall":{"id":"adk-1","name":"get_weather","args":{"city":"Oslo"}}}]},
           "modelVersion":"m-1","finishReason":"STOP","longRunningToolIds":[],
           "usageMetadata":{"promptTokenCount":21,"candidatesTokenCount":9,"totalTokenCount":30,
                            "cachedContentTokenCount":5}})");
  clock_.advance(Milliseconds(7));
  take(R"({"author":"w","content":{"role":"user","parts":[{"functionResponse":
           {"id":"adk-1","name":"get_weather","response":{"temp_c":21}}}]}})");
  take(
      R"({"author":"w","partial":true,
             "content":{"role":"model","parts":[{"text":"21 degrees."}]}})");
  take(R"({"author":"w","content":{"role":"model","parts":[{"text":"21 degrees."}]},
           "finishReason":"STOP","usageMetadata":{"promptTokenCount":30,
             "candidatesTokenCount":4}})");
  EXPECT_EQ(sink_.types(),
            (std::vector<std::string>{"WorkflowLLMCallStarted", "WorkflowLLMCallChunk",
                                      "WorkflowLLMCallCompleted", "WorkflowToolCallStarted",
                                      "WorkflowToolCallCompleted", "WorkflowLLMCallStarted",
                                      "WorkflowLLMCallChunk", "WorkflowLLMCallCompleted"}));
  EXPECT_EQ(chunks("w"), "Let me check. 21 degrees.");
  const Json first = of(types::kLlmCallCompleted)[0];
  EXPECT_EQ(first["model"], "m-1");
  EXPECT_EQ(first["text"], "Let me check. ");
  EXPECT_EQ(first["finish_reason"], "tool_calls");
  EXPECT_EQ(first["duration_ms"], 40);
  EXPECT_EQ(first["time_to_first_token_ms"], 0);
  EXPECT_EQ(dump_json(first["usage"]),
            R"({"prompt_tokens":21,"completion_tokens":9,"cached_tokens":5,"reasoning_tokens":0,)"
            R"("total_tokens":30})");
  EXPECT_EQ(dump_json(first["tool_calls"]),
            R"([{"id":"adk-1","name":"get_weather","arguments":{"city":"Oslo"}}])");
  const Json tool = of(types::kToolCallCompleted)[0];
  EXPECT_EQ(tool["tool_call_id"], "adk-1");
  EXPECT_EQ(tool["result"], Json({{"temp_c", 21}}));
  EXPECT_EQ(tool["is_error"], false);
  EXPECT_EQ(tool["duration_ms"], 7);
  // The second call is announced with the model that answered before.
  EXPECT_EQ(of(types::kLlmCallStarted)[1]["model"], "m-1");
  EXPECT_EQ(of(types::kLlmCallStarted)[1]["call_id"], of(types::kLlmCallCompleted)[1]["call_id"]);
  const RunVerdict verdict = reader_.verdict(true);
  EXPECT_FALSE(verdict.failure);
  EXPECT_EQ(verdict.response, "21 degrees.");
}

TEST_F(AdkRunReader, KeepsParallelBranchesApart) {
  take(R"({"author":"planner","content":{"parts":[{"text":"plan"}],"role":"model"}})");
  take(
      R"({"author":"left","branch":"fan.left","partial":true,
             "content":{"parts":[{"text":"L1"}]}})");
  take(
      R"({"author":"right","branch":"fan.right","partial":true,
             "content":{"parts":[{"text":"R1"}]}})");
  take(
      R"({"author":"left","branch":"fan.left","partial":true,
             "content":{"parts":[{"text":"L2"}]}})");
  take(
      R"({"author":"right","branch":"fan.right",
             "content":{"role":"model","parts":[{"text":"R1"}]}})");
  take(
      R"({"author":"left","branch":"fan.left",
             "content":{"role":"model","parts":[{"text":"L1L2"}]}})");
  EXPECT_EQ(chunks("left"), "L1L2");
  EXPECT_EQ(chunks("right"), "R1");
  EXPECT_EQ(of(types::kLlmCallCompleted).size(), 3u);
  EXPECT_EQ(reader_.verdict(true).response, "R1\n\nL1L2");
  // Whoever speaks after them speaks for all.
  RunReader after({sink_, ids_, clock_}, {}, 0);
  after.take(*adk_event_from(
      parse_json(R"({"author":"left","branch":"fan.left","content":{"parts":[{"text":"L"}]}})")
          .value()));
  after.take(*adk_event_from(
      parse_json(R"({"author":"sum","content":{"parts":[{"text":"both"}]}})").value()));
  EXPECT_EQ(after.verdict(true).response, "both");
}

TEST_F(AdkRunReader, KeepsThoughtsOutOfTheAnswer) {
  take(R"({"author":"w","partial":true,"content":{"parts":[{"text":"hmm ","thought":true}]}})");
  take(R"({"author":"w","content":{"parts":[{"text":"hmm ","thought":true},{"text":"Answer."}]},
           "usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3,
             "thoughtsTokenCount":11}})");
  EXPECT_EQ(chunks("w", "reasoning"), "hmm ");
  EXPECT_EQ(chunks("w"), "");
  const Json completed = of(types::kLlmCallCompleted)[0];
  EXPECT_EQ(completed["text"], "Answer.");
  EXPECT_EQ(completed["reasoning"], "hmm ");
  EXPECT_EQ(completed["usage"]["completion_tokens"], 14);
  EXPECT_EQ(completed["usage"]["reasoning_tokens"], 11);
  EXPECT_EQ(reader_.verdict(true).response, "Answer.");
}

TEST_F(AdkRunReader, MatchesParallelToolCallsByIdAndElseByName) {
  take(R"({"author":"w","content":{"role":"model","parts":[
    {"functionCall":{"id":"a","name":"f","args":{"n":1}}},
    {"functionCall":{"id":"b","name":"f","args":{"n":2}}},{"functionCall":{"name":"g"}}]}})");
  take(R"({"author":"w","content":{"role":"user","parts":[
    {"functionResponse":{"id":"b","name":"f","response":{"error":"exploded"}}},
    {"functionResponse":{"id":"a","name":"f","response":{"ok":true}}},
    {"functionResponse":{"name":"g","response":{"ok":true}}}]}})");
  const auto started = of(types::kToolCallStarted);
  const auto ended = of(types::kToolCallCompleted);
  ASSERT_EQ(started.size(), 3u);
  ASSERT_EQ(ended.size(), 3u);
  EXPECT_EQ(ended[0]["tool_call_id"], "b");
  EXPECT_EQ(ended[0]["is_error"], true);
  EXPECT_EQ(ended[1]["tool_call_id"], "a");
  EXPECT_EQ(ended[1]["is_error"], false);
  EXPECT_EQ(ended[2]["tool_call_id"], started[2]["tool_call_id"]);
  EXPECT_EQ(reader_.verdict(true).failure->failure.kind, "no_response");
}

TEST_F(AdkRunReader, JudgesAnErrorByWhetherTheRunWentOn) {
  take(R"({"author":"w","partial":true,"content":{"parts":[{"text":"half an ans"}]}})");
  take(R"({"author":"w","errorCode":"UNKNOWN_ERROR","errorMessage":"no such tool"})");
  const Json failed = of(types::kLlmCallFailed)[0];
  EXPECT_EQ(failed["call_id"], of(types::kLlmCallStarted)[0]["call_id"]);
  EXPECT_EQ(failed["error"]["kind"], "agent_error");
  EXPECT_EQ(reader_.verdict(true).failure->failure.message, "no such tool (UNKNOWN_ERROR)");
  EXPECT_EQ(reader_.verdict(true).response, "half an ans");
  take(R"({"author":"w","content":{"parts":[{"text":"all the same"}]}})");
  EXPECT_FALSE(reader_.verdict(true).failure);
  EXPECT_EQ(reader_.verdict(true).response, "all the same");
}

TEST_F(AdkRunReader, SucceedsOnlyWithAProperEndAndAFinalResponse) {
  EXPECT_EQ(reader_.verdict(true).failure->failure.kind, "no_response");
  take(R"({"author":"w","content":{"parts":[{"text":"done"}]}})");
  EXPECT_FALSE(reader_.verdict(true).failure);
  EXPECT_EQ(reader_.verdict(false).failure->failure.kind, "stream_broken");
  EXPECT_TRUE(reader_.verdict(false).failure->retryable);
  EXPECT_FALSE(take(R"({"error":"ClientError: 429 RESOURCE_EXHAUSTED."})"));
  EXPECT_EQ(reader_.verdict(true).failure->failure.kind, "rate_limited");
}

TEST_F(AdkRunReader, DoesNotTakeTheWordOfOneAgentForTheEndOfAll) {
  take(R"({"author":"planner","content":{"parts":[{"text":"a plan"}]}})");
  EXPECT_FALSE(reader_.verdict(true).failure);
  take(R"({"author":"doer","partial":true,"content":{"parts":[{"text":"I beg"}]}})");
  ASSERT_TRUE(reader_.verdict(true).failure);
  EXPECT_EQ(reader_.verdict(true).failure->failure.kind, "no_response");
  // The call that began has an end too.
  reader_.fail_open_calls(*reader_.verdict(true).failure);
  EXPECT_EQ(of(types::kLlmCallFailed)[0]["call_id"], of(types::kLlmCallStarted)[1]["call_id"]);
  EXPECT_EQ(of(types::kLlmCallFailed)[0]["error"]["kind"], "no_response");
}

TEST_F(AdkRunReader, StopsARunThatCallsItsModelForEver) {
  for (int call = 1; call <= 4; ++call) {
    EXPECT_EQ(take(R"({"author":"w","content":{"role":"model","parts":[{"functionCall":
                       {"id":"x","name":"f"}}]}})"),
              call <= 3);
    if (call <= 3)
      take(R"({"author":"w","content":{"role":"user","parts":[{"functionResponse":
                            {"id":"x","name":"f","response":{}}}]}})");
  }
  EXPECT_EQ(reader_.verdict(true).failure->failure.kind, "limit");
  EXPECT_FALSE(reader_.verdict(true).failure->retryable);
  EXPECT_EQ(of(types::kLlmCallStarted).size(), 3u);
}

TEST_F(AdkRunReader, TellsWhatTheRunWaitsFor) {
  take(R"({"author":"w","content":{"role":"model","parts":[{"functionCall":
           {"id":"c1","name":"delete_file","args":{"path":"/x"}}}]}})");
  take(R"({"author":"w","longRunningToolIds":["q1"],"actions":{"skipSummarization":true},
           "content":{"role":"user","parts":[{"functionCall":{"id":"q1",
           "name":"adk_request_confirmation","args":{"toolConfirmation":{"hint":"Sure?"}}}}]}})");
  const RunVerdict verdict = reader_.verdict(true);
  ASSERT_EQ(verdict.waiting.size(), 1u);
  EXPECT_EQ(verdict.waiting[0].id, "q1");
  take(R"({"author":"user","content":{"role":"user","parts":[{"functionResponse":
           {"id":"q1","name":"adk_request_confirmation","response":{"confirmed":true}}}]}})");
  EXPECT_TRUE(reader_.verdict(true).waiting.empty());
  // ADK's own question is no tool call, and no word of a model.
  EXPECT_EQ(of(types::kToolCallStarted).size(), 1u);
  EXPECT_EQ(of(types::kLlmCallCompleted).size(), 1u);
}

TEST_F(AdkRunReader, BoundsWhatAServerSends) {
  const std::string huge(3'000'000, 'x');
  take(R"({"author":"w","partial":true,"content":{"parts":[{"text":")" + huge + R"("}]}})");
  take(R"({"author":"w","content":{"role":"model","parts":[{"text":")" + huge +
       R"("},{"functionCall":{"id":"a","name":")" + huge + R"(","args":{"x":")" + huge +
       R"("}}}]}})");
  take(R"({"author":"w","content":{"role":"user","parts":[{"functionResponse":
           {"id":"a","name":"f","response":{"x":")" +
       huge + R"("}}}]}})");
  take(R"({"author":"w","content":{"parts":[{"text":")" + huge + R"("}]}})");
  for (const auto& each : sink_.emitted()) {
    EXPECT_LT(dump_json(each.payload).size(), 200'000u) << each.type;
  }
  EXPECT_LE(chunks("w").size(), 1'100'000u);
  EXPECT_EQ(of(types::kLlmCallCompleted)[0]["truncated"], true);
  EXPECT_EQ(of(types::kToolCallCompleted)[0]["truncated"], true);
  EXPECT_LT(reader_.verdict(true).response.size(), 70'000u);
}

TEST_F(AdkRunReader, SurvivesShapesThatAreNone) {
  for (const char* json :
       {"{}", R"({"author":7,"content":[],"actions":3})",
        R"({"content":{"parts":[1,null,"x",{}]}})",
        R"({"author":"w","content":{"parts":[{"functionCall":3},{"functionResponse":null}]}})",
        R"({"author":"w","usageMetadata":{"promptTokenCount":-5,"totalTokenCount":1e300}})",
        R"({"author":"w","longRunningToolIds":{"a":1},"errorCode":{}})",
        R"({"author":"w","partial":"yes","branch":[1],"content":{"parts":{"text":"x"}}})"}) {
    take(json);
  }
  for (const Json& usage : of(types::kLlmCallCompleted)) {
    EXPECT_GE(usage.value("usage", Json::object()).value("prompt_tokens", 0), 0);
  }
  EXPECT_FALSE(adk_event_from(Json::array()).ok());
}

TEST_F(AdkRunReader, EndsWhereNobodyReadsOn) {
  sink_.lose_interest();
  EXPECT_FALSE(take(R"({"author":"w","content":{"parts":[{"text":"done"}]}})"));
  EXPECT_TRUE(reader_.unwanted());
}

}  // namespace
}  // namespace taskfeed::adk
