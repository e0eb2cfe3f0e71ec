#include "workflow/conversation.h"

#include <limits>

#include <gtest/gtest.h>

#include "history.h"

namespace taskfeed::testing {
namespace {

using workflow::AskedCall;
using workflow::Conversation;
using workflow::State;

constexpr NanoDollars kCent = kNanoDollarsPerDollar / 100;

/// A task of an agent that keeps its conversation.
class Talk {
 public:
  Talk() {
    workflow::Started start;
    start.goal = "the goal";
    start.retry.maximum_attempts = 3;
    start.conversation = true;
    history_.add(types::kStarted, workflow::started_payload(start)).begins(0);
  }
  Talk& model_begins(const std::string& id) {
    return add(types::kLlmCallStarted,
               {{"call_id", id}, {"model", "m"}, {"prompt_tokens_estimate", 40}});
  }
  Talk& chunk(const std::string& id, const std::string& text) {
    return add(types::kLlmCallChunk, {{"call_id", id}, {"text", text}});
  }
  Talk& model_answers(const std::string& id, const std::string& text,
                      const std::vector<AskedCall>& calls = {}) {
    return add(types::kLlmCallCompleted,
               {{"call_id", id},
                {"text", text},
                {"tool_calls", workflow::asked_to_json(calls)},
                {"finish_reason", calls.empty() ? "stop" : "tool_calls"},
                {"usage", {{"prompt_tokens", 10}, {"completion_tokens", 5}}},
                {"cost", dollars_to_json(kCent)}});
  }
  Talk& model_fails(const std::string& id) {
    return add(types::kLlmCallFailed, {{"call_id", id}, {"cost", dollars_to_json(kCent)}});
  }
  Talk& tool_begins(const std::string& id) {
    return add(types::kToolCallStarted, {{"tool_call_id", id}});
  }
  Talk& tool_ends(const std::string& id, const std::string& result, bool is_error = false) {
    return add(types::kToolCallCompleted,
               {{"tool_call_id", id}, {"result", result}, {"is_error", is_error}});
  }
  Talk& add(std::string_view type, Json payload) {
    history_.add(type, std::move(payload));
    return *this;
  }
  State state() const { return history_.folded(); }
  Conversation conversation() const { return state().conversation.value(); }

 private:
  History history_;
};

AskedCall asked(const std::string& id) {
  AskedCall call;
  call.id = id;
  call.tool = "look";
  call.arguments = R"({"at":"it"})";
  return call;
}

TEST(ConversationFold, IsKeptOnlyWhereTheRunBeganWithOne) {
  History without;
  without.started().begins(0).add(types::kLlmCallCompleted, {{"text", "x"}, {"cost", 1}});
  EXPECT_FALSE(without.folded().conversation);
  EXPECT_TRUE(Talk().state().conversation);
}

TEST(ConversationFold, KeepsAnswersWithTheCallsThatTheyAskFor) {
  AskedCall call = asked("a");
  call.extra = Json{{"extra_content", {{"sign", "s"}}}};
  const Conversation said =
      Talk().model_begins("1").model_answers("1", "let me see", {call}).conversation();
  ASSERT_EQ(said.turns.size(), 1u);
  EXPECT_EQ(said.turns[0].text, "let me see");
  EXPECT_EQ(said.turns[0].finish_reason, "tool_calls");
  EXPECT_EQ(said.turns[0].calls, std::vector{call});
}

TEST(ConversationFold, KnowsACallThatHasBegunAndHowMuchOfItCame) {
  const State state =
      Talk().model_begins("1").chunk("1", "four").chunk("other", "not mine").state();
  ASSERT_EQ(state.open_calls.size(), 1u);
  EXPECT_EQ(state.open_calls[0].id, "1");
  EXPECT_EQ(state.open_calls[0].prompt_tokens_estimate, 40);
  EXPECT_EQ(state.open_calls[0].streamed_bytes, 4);
}

TEST(OpenCallsFold, KeepsEachUntilItsEndAndNoMoreThanItsBound) {
  Talk talk;
  for (size_t i = 0; i <= workflow::kOpenCallsMax; ++i) talk.model_begins(std::to_string(i));
  EXPECT_EQ(talk.state().open_calls.size(), workflow::kOpenCallsMax);
  talk.model_fails("1").model_answers("0", "done").model_fails("unknown");
  const State state = talk.state();
  EXPECT_EQ(state.open_calls.size(), workflow::kOpenCallsMax - 2);
  EXPECT_EQ(state.open_calls[0].id, "2");
  const auto read = workflow::state_from_json(workflow::state_to_json(state));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->open_calls, state.open_calls);
}

TEST(OpenCallsFold, BelievesNoStrangerEverything) {
  Talk talk;
  const std::string endless(100'000, 'x');
  talk.add(types::kLlmCallStarted, {{"call_id", endless}});
  talk.add(types::kLlmCallStarted, {{"call_id", 7}});
  talk.add(types::kLlmCallStarted, {{"call_id", "1"},
                                    {"model", endless},
                                    {"prompt_tokens_estimate", std::numeric_limits<int64_t>::max()},
                                    {"attempt", -1}});
  const State state = talk.state();
  ASSERT_EQ(state.open_calls.size(), 1u);
  EXPECT_EQ(state.open_calls[0].model.size(), 256u);
  EXPECT_EQ(state.open_calls[0].prompt_tokens_estimate, std::numeric_limits<int32_t>::max());
  EXPECT_EQ(state.open_calls[0].attempt, 0);
}

/// What a lost attempt had told, told again.
TEST(OpenCallsFold, TakesNoNoticeOfWhatIsToldAgain) {
  Talk talk;
  talk.add(types::kLlmCallStarted, {{"call_id", "1"}, {"told", true}});
  EXPECT_TRUE(talk.state().open_calls.empty());
}

TEST(ConversationFold, CountsEveryAttemptAndWhatItCost) {
  const State state = Talk()
                          .model_begins("1")
                          .model_fails("1")
                          .model_begins("2")
                          .model_answers("2", "done")
                          .state();
  EXPECT_EQ(state.model_calls, 2);
  EXPECT_EQ(state.answers, 1);
  EXPECT_EQ(state.usage.total(), 15);
  EXPECT_TRUE(state.open_calls.empty());
  EXPECT_EQ(state.total_cost, 2 * kCent);
}

TEST(ConversationFold, DoesNotCountAStepsCostBesideThatOfItsCalls) {
  workflow::StepResult result;
  result.cost = kCent;
  const State state =
      Talk()
          .model_begins("1")
          .model_answers("1", "done")
          .add(types::kStepCompleted, workflow::step_completed_payload(0, "m", 1, result, {}))
          .state();
  EXPECT_EQ(state.total_cost, kCent);
}

TEST(ModelCallFold, AddsWhatAStepCostBesideItsCalls) {
  workflow::StepResult result;
  result.cost = 3 * kCent;
  const State state =
      Talk()
          .model_begins("1")
          .model_answers("1", "done")
          .add(types::kStepCompleted, workflow::step_completed_payload(0, "m", 1, result, {}))
          .state();
  EXPECT_EQ(state.total_cost, 3 * kCent);
}

TEST(ModelCallFold, AddsUpToWhatTheTaskHasSpent) {
  const State state = Talk().model_begins("1").model_answers("1", "done").state();
  const workflow::Spent spent = workflow::spent_by(state, *state.started_at + Milliseconds(1'500));
  EXPECT_EQ(spent.usd, kCent);
  EXPECT_EQ(spent.tokens, 15);
  EXPECT_EQ(spent.steps, 1);
  EXPECT_EQ(spent.model_calls, 1);
  EXPECT_EQ(spent.wall_time, Milliseconds(1'500));
}

TEST(ConversationFold, TellsToolCallsApartThatAreAskedBegunAndDone) {
  const Conversation said = Talk()
                                .model_begins("1")
                                .model_answers("1", "", {asked("a"), asked("b"), asked("c")})
                                .tool_begins("b")
                                .tool_begins("c")
                                .tool_ends("c", "found", true)
                                .conversation();
  const std::vector<AskedCall>& calls = said.turns[0].calls;
  EXPECT_EQ(calls[0].stage, AskedCall::Stage::kAsked);
  EXPECT_EQ(calls[1].stage, AskedCall::Stage::kBegun);
  EXPECT_EQ(calls[2].stage, AskedCall::Stage::kDone);
  EXPECT_EQ(calls[2].result, "found");
  EXPECT_TRUE(calls[2].is_error);
}

TEST(ConversationFold, TakesTheFirstOutcomeOfACall) {
  const Conversation said = Talk()
                                .model_begins("1")
                                .model_answers("1", "", {asked("a")})
                                .tool_ends("a", "first")
                                .tool_ends("a", "second")
                                .conversation();
  EXPECT_EQ(said.turns[0].calls[0].result, "first");
}

TEST(ConversationFold, KeepsNoMoreThanItsBound) {
  Talk talk;
  std::vector<AskedCall> calls;
  for (int i = 0; i < 128; ++i) calls.push_back(asked(std::to_string(i)));
  talk.model_begins("1").model_answers("1", "", calls);
  // Six bytes each in JSON.
  for (const AskedCall& call : calls) talk.tool_ends(call.id, std::string(16'000, '\x01'));
  const State state = talk.state();
  EXPECT_GE(state.conversation->bytes, workflow::ConversationLimits{}.bytes_max);
  const std::string json = dump_json(workflow::state_to_json(state));
  EXPECT_LT(json.size(), workflow::ConversationLimits{}.bytes_max + 512 * 1024);
  EXPECT_EQ(*workflow::state_from_json(*parse_json(json)), state);
}

TEST(ConversationFold, KeepsDeepArgumentsOfAQuestionAsText) {
  Json deep = 1;
  for (int i = 0; i < 60; ++i) deep = Json{{"a", deep}};
  const State state =
      Talk().add(types::kApprovalRequested, {{"tool_call_id", "a"}, {"arguments", deep}}).state();
  ASSERT_EQ(state.questions.size(), 1u);
  EXPECT_TRUE(state.questions[0].arguments.is_string());
  EXPECT_TRUE(parse_json(dump_json(workflow::state_to_json(state))));
}

TEST(ConversationJson, ReadsWhatItWrites) {
  const State state = Talk()
                          .model_begins("1")
                          .model_answers("1", "a", {asked("a"), asked("b")})
                          .tool_ends("a", "found", true)
                          .add(types::kBudgetWarning, {{"used", 1}})
                          .model_begins("2")
                          .chunk("2", "abc")
                          .state();
  const auto read = workflow::state_from_json(workflow::state_to_json(state));
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(*read, state);
}

TEST(ConversationJson, NamesWhatIsWrong) {
  const auto read = workflow::conversation_from_json(
      Json{{"turns", {{{"text", "x"}, {"calls", {{{"id", "a"}, {"stage", "lost"}}}}}}}});
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().text.find("stage"), std::string::npos);
}

TEST(ConversationRetry, WaitsAsLongAsThePeerAsks) {
  workflow::StepResult result;
  result.completed = false;
  result.retryable = true;
  result.retry_after = Milliseconds(30'000);
  result.failure = TaskFailure{"rate_limited", "later"};
  const State state =
      Talk()
          .add(types::kStepCompleted, workflow::step_completed_payload(0, "m", 1, result, {}))
          .state();
  ASSERT_TRUE(state.step.failed_at);
  const auto commands = workflow::decide(state, {}, *state.step.failed_at);
  ASSERT_EQ(commands.size(), 1u);
  const auto* const wait = std::get_if<workflow::Wait>(&commands[0]);
  ASSERT_NE(wait, nullptr);
  EXPECT_EQ(wait->until, *state.step.failed_at + Milliseconds(30'000));
}

}  // namespace
}  // namespace taskfeed::testing
