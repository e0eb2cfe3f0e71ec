#include "runner/hiding_sink.h"

#include <gtest/gtest.h>

#include "support/recording_sink.h"

namespace taskfeed::runner {
namespace {

Secrets one_secret() {
  Secrets secrets;
  secrets.add("sk-12345");
  return secrets;
}

class HidingSinkTest : public ::testing::Test {
 protected:
  bool chunk(const std::string& text, const std::string& kind = "text",
             const std::string& call = "c1") {
    return sink_.emit(
        types::kLlmCallChunk,
        Json{{"call_id", call}, {"index", next_index_++}, {"kind", kind}, {"text", text}});
  }
  bool completed(const std::string& call = "c1") {
    return sink_.emit(types::kLlmCallCompleted, Json{{"call_id", call}, {"text", "whole"}});
  }
  /// "<call>.<index> <kind>: <text>" of each chunk, else the type.
  std::vector<std::string> said() const {
    std::vector<std::string> lines;
    for (const auto& [type, payload] : recorded_.emitted()) {
      lines.push_back(type != types::kLlmCallChunk
                          ? type
                          : string_at(payload, "call_id") + "." +
                                std::to_string(int_at(payload, "index")) + " " +
                                string_at(payload, "kind") + ": " + string_at(payload, "text"));
    }
    return lines;
  }

  using Lines = std::vector<std::string>;
  const Secrets secrets_ = one_secret();
  testing::RecordingSink recorded_;
  HidingSink sink_{recorded_, secrets_};
  int next_index_ = 0;
};

TEST_F(HidingSinkTest, HidesASecretThatIsCutAnywhere) {
  const std::string text = "it is sk-12345, as you know";
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      testing::RecordingSink recorded;
      HidingSink sink(recorded, secrets_);
      for (const std::string& part :
           {text.substr(0, first), text.substr(first, second - first), text.substr(second)}) {
        sink.emit(types::kToolCallOutput, Json{{"tool_call_id", "t"}, {"text", part}});
      }
      sink.emit(types::kToolCallCompleted, Json{{"tool_call_id", "t"}});
      ASSERT_EQ(recorded.text(), "it is [redacted], as you know") << first << " " << second;
    }
  }
}

TEST_F(HidingSinkTest, SaysWhatItHeldBeforeTheCallEnds) {
  chunk("hello sk");
  completed();
  EXPECT_EQ(said(), (Lines{"c1.0 text: hello ", "c1.1 text: sk", "WorkflowLLMCallCompleted"}));
}

TEST_F(HidingSinkTest, NumbersWithoutAHoleWhatItHoldsWhole) {
  chunk("a");
  chunk("sk-12");
  chunk("345");
  chunk("b");
  completed();
  EXPECT_EQ(said(), (Lines{"c1.0 text: a", "c1.1 text: [redacted]", "c1.2 text: b",
                           "WorkflowLLMCallCompleted"}));
}

TEST_F(HidingSinkTest, DoesNotJoinAThoughtAndAnAnswer) {
  chunk("sk-1", "reasoning");
  chunk("2345", "text");
  EXPECT_EQ(said(), (Lines{"c1.0 reasoning: sk-1", "c1.1 text: 2345"}));
}

TEST_F(HidingSinkTest, KeepsCallsApart) {
  chunk("sk-", "text", "c1");
  chunk("sk-1", "text", "c2");
  chunk("12345", "text", "c1");
  completed("c2");
  completed("c1");
  EXPECT_EQ(said(), (Lines{"c1.0 text: [redacted]", "c2.0 text: sk-1", "WorkflowLLMCallCompleted",
                           "WorkflowLLMCallCompleted"}));
}

TEST_F(HidingSinkTest, KeepsTheMarkOfWhatWasCut) {
  sink_.emit(types::kToolCallOutput,
             Json{{"tool_call_id", "t"}, {"text", "sk-"}, {"truncated", true}});
  EXPECT_EQ(recorded_.emitted().size(), 1u);
  EXPECT_EQ(recorded_.last(types::kToolCallOutput)["truncated"], true);
  sink_.emit(types::kToolCallCompleted, Json{{"tool_call_id", "t"}});
  EXPECT_EQ(recorded_.text(), "sk-");
  EXPECT_FALSE(recorded_.last(types::kToolCallOutput).contains("truncated"));
}

TEST_F(HidingSinkTest, HidesInEveryOtherEvent) {
  sink_.emit(types::kToolCallStarted,
             Json{{"tool_call_id", "t"}, {"arguments", {{"key", "sk-12345"}}}});
  EXPECT_EQ(dump_json(recorded_.last(types::kToolCallStarted)),
            R"({"tool_call_id":"t","arguments":{"key":"[redacted]"}})");
}

TEST_F(HidingSinkTest, AnswersThatNobodyReads) {
  recorded_.lose_interest();
  EXPECT_FALSE(chunk("a"));
  EXPECT_FALSE(completed());
}

TEST_F(HidingSinkTest, HidesInHowTheActivityEnds) {
  chunk("sk-");
  Outcome outcome;
  outcome.response = "it is sk-12345";
  outcome.failure = TaskFailure{"k", "not sk-12345"};
  outcome.questions.push_back({.arguments = {{"key", "sk-12345"}}, .prompt = "use sk-12345?"});
  outcome = sink_.end(std::move(outcome));
  EXPECT_EQ(outcome.response, "it is [redacted]");
  EXPECT_EQ(outcome.failure->message, "not [redacted]");
  EXPECT_EQ(outcome.questions[0].arguments["key"], "[redacted]");
  EXPECT_EQ(outcome.questions[0].prompt, "use [redacted]?");
  EXPECT_EQ(said(), (Lines{"c1.0 text: sk-"}));
}

TEST_F(HidingSinkTest, LeavesAllAsItIsWhereNothingIsSecret) {
  const Secrets none;
  HidingSink sink(recorded_, none);
  const Json payload{{"call_id", "c"}, {"index", 7}, {"text", "sk-12345"}};
  sink.emit(types::kLlmCallChunk, payload);
  EXPECT_EQ(recorded_.last(types::kLlmCallChunk), payload);
}

}  // namespace
}  // namespace taskfeed::runner
