#include <latch>

#include <gtest/gtest.h>

#include "loop_world.h"

namespace taskfeed::llm {
namespace {

using Stage = AskedCall::Stage;
using Status = Outcome::Status;

AskedCall asked(const std::string& id, const std::string& tool, const std::string& arguments,
                Stage stage = Stage::kAsked) {
  AskedCall call;
  call.id = id;
  call.tool = tool;
  call.arguments = arguments;
  call.stage = stage;
  return call;
}

/// A model has asked for `calls`.
struct ToolWorld : LoopWorld {
  explicit ToolWorld(std::vector<AskedCall> calls) {
    conversation.turns.push_back({"let me see", "tool_calls", std::move(calls)});
    tools.add({.name = "look"}, [](const Json& arguments) {
      return runner::ToolResult{.text = "seen " + dump_json(arguments)};
    });
    tools.add({.name = "drop", .approval = true},
              [](const Json&) { return runner::ToolResult{.text = "dropped"}; });
    tools.add({.name = "peek", .idempotent = true},
              [](const Json&) { return runner::ToolResult{.text = "peeked"}; });
  }
  const AskedCall& call(size_t at) const { return conversation.turns[0].calls[at]; }
};

TEST(ToolStep, CarriesOutWhatTheModelAskedFor) {
  ToolWorld world({asked("a", "look", R"({"at":1})"), asked("b", "look", "")});
  const Outcome outcome = world.step(1);
  EXPECT_EQ(outcome.status, Status::kCompleted);
  EXPECT_FALSE(outcome.last);
  EXPECT_EQ(world.call(0).result, R"(seen {"at":1})");
  EXPECT_EQ(world.call(1).result, "seen {}");
  EXPECT_EQ(world.count(types::kToolCallStarted), 2u);
  EXPECT_EQ(world.count(types::kToolCallCompleted), 2u);
  EXPECT_EQ(world.count(types::kToolCallOutput), 2u);
}

TEST(ToolStep, IsTriedAgainWithoutToolsOnlyWhereTheyMayCome) {
  for (const auto& [code, again] :
       {std::pair{Errc::kUnavailable, true}, {Errc::kNotFound, false}, {Errc::kForbidden, false}}) {
    for (const int step : {0, 1}) {  // The model's, which offers tools, and theirs.
      ToolWorld world({asked("a", "look", "{}")});
      if (step == 0) world.conversation.turns.clear();
      world.tools.failure = Error{code, "why"};
      const Outcome outcome = world.step(step);
      EXPECT_EQ(outcome.failure->kind, "tools_unavailable");
      EXPECT_EQ(outcome.failure->message, "why");
      EXPECT_EQ(outcome.retryable, again) << to_string(code) << step;
    }
  }
}

TEST(ToolStep, RunsCallsSideBySide) {
  ToolWorld world({asked("a", "meet", "{}"), asked("b", "meet", "{}")});
  std::latch both(2);
  world.tools.add({.name = "meet"}, [&both](const Json&) {
    both.arrive_and_wait();
    return runner::ToolResult{.text = "met"};
  });
  EXPECT_EQ(world.step(1).status, Status::kCompleted);
  EXPECT_EQ(world.call(1).result, "met");
}

TEST(ToolStep, TellsTheModelWhatCannotBeCalled) {
  ToolWorld world(
      {asked("a", "nothing", "{}"), asked("b", "look", "{cut"), asked("c", "look", "[1]")});
  EXPECT_EQ(world.step(1).status, Status::kCompleted);
  EXPECT_TRUE(world.tools.called().empty());
  EXPECT_EQ(world.call(0).result, "there is no tool named \"nothing\"");
  for (size_t at : {1u, 2u}) {
    EXPECT_TRUE(world.call(at).is_error);
    EXPECT_EQ(world.call(at).result, "the arguments are not a JSON object");
  }
}

TEST(ToolStep, SendsResultsBackInTheOrderOfTheCalls) {
  ToolWorld world({asked("a", "look", "{}"), asked("b", "nothing", "{}")});
  world.step(1);
  world.says("I see.");
  world.step(2);
  const Json messages = world.request(0)["messages"];
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_EQ(messages[2]["role"], "assistant");
  EXPECT_EQ(messages[2]["tool_calls"].size(), 2u);
  EXPECT_EQ(messages[3]["tool_call_id"], "a");
  EXPECT_EQ(messages[3]["content"], "seen {}");
  EXPECT_EQ(messages[4]["tool_call_id"], "b");
}

TEST(ToolStepRecovery, RepeatsNoCallThatHasAnOutcome) {
  ToolWorld world({asked("a", "look", "{}", Stage::kDone), asked("b", "look", "{}")});
  world.step(1, true, 2);
  EXPECT_EQ(world.tools.called(), std::vector<std::string>{"b"});
}

TEST(ToolStepRecovery, RepeatsAnInterruptedCallOnlyWhereThatDoesNoHarm) {
  ToolWorld world(
      {asked("a", "look", "{}", Stage::kBegun), asked("b", "peek", "{}", Stage::kBegun)});
  world.step(1, true, 2);
  EXPECT_EQ(world.tools.called(), std::vector<std::string>{"b"});
  EXPECT_TRUE(world.call(0).is_error);
  EXPECT_NE(world.call(0).result.find("interrupted"), std::string::npos);
  EXPECT_EQ(world.call(1).result, "peeked");
}

TEST(ToolStepApproval, IsAskedForBeforeAnythingRuns) {
  ToolWorld world({asked("a", "look", "{}"), asked("b", "drop", R"({"what":"it"})")});
  const Outcome outcome = world.step(1);
  EXPECT_EQ(outcome.status, Status::kAsks);
  ASSERT_EQ(outcome.questions.size(), 1u);
  EXPECT_EQ(outcome.questions[0].call, "b");
  EXPECT_EQ(outcome.questions[0].tool, "drop");
  EXPECT_EQ(outcome.questions[0].arguments["what"], "it");
  EXPECT_TRUE(world.tools.called().empty());
  EXPECT_TRUE(world.events.empty());
}

Question answered_question(bool approved) {
  Question question;
  question.call = "b";
  question.tool = "drop";
  question.answer = Answer{approved, "", "ann", approved ? "" : "too risky"};
  return question;
}

TEST(ToolStepApproval, LetsTheCallThroughOrTellsTheModelOfTheRefusal) {
  for (const bool approved : {true, false}) {
    ToolWorld world({asked("b", "drop", "{}")});
    world.questions = {answered_question(approved)};
    EXPECT_EQ(world.step(1).status, Status::kCompleted);
    EXPECT_EQ(world.tools.called().size(), approved ? 1u : 0u);
    EXPECT_EQ(world.call(0).is_error, !approved);
    EXPECT_EQ(world.call(0).result,
              approved ? "dropped" : "the call was not approved by ann: too risky");
  }
}

TEST(ToolStepApproval, ThatNobodyGaveInTimeIsToldToTheModelAsThat) {
  ToolWorld world({asked("b", "drop", "{}")});
  world.config.approval_timeout = std::chrono::minutes(90);
  world.questions = {answered_question(false)};
  world.questions[0].answer = Answer{false, "", "", std::string(kNobodyAnswered)};
  EXPECT_EQ(world.step(1).status, Status::kCompleted);
  EXPECT_EQ(world.call(0).result, "the call was not approved: nobody answered within 1h30m");
}

TEST(ToolStepApproval, IsNotAskedForWhereTheArgumentsDoNotFit) {
  for (const bool approved : {false, true}) {
    ToolWorld world({asked("b", "rm", R"({"pth":1})"), asked("c", "rm", R"({"path":"/tmp/x"})")});
    const Json parameters{{"type", "object"}, {"required", Json::array({"path"})}};
    world.tools.add({.name = "rm", .parameters = parameters, .approval = true},
                    [](const Json&) { return runner::ToolResult{.text = "removed"}; });
    if (approved) {
      world.questions = {answered_question(true), answered_question(true)};
      world.questions[1].call = "c";
    }
    const Outcome outcome = world.step(1);
    if (approved) {
      EXPECT_EQ(outcome.status, Status::kCompleted);
      EXPECT_EQ(world.tools.called(), std::vector<std::string>{"c"});
      EXPECT_EQ(world.call(0).result, "the arguments do not fit: path is required, and missing");
    } else {
      ASSERT_EQ(outcome.questions.size(), 1u);
      EXPECT_EQ(outcome.questions[0].call, "c");
    }
  }
}

TEST(ToolStepApproval, ThatWouldBeForNothingDoesNotHoldUpTheModel) {
  ToolWorld world({asked("a", "rm", R"({"path":1})")});
  const Json path{{"type", "string"}};
  world.tools.add({.name = "rm",
                   .parameters = Json{{"type", "object"}, {"properties", {{"path", path}}}},
                   .approval = true},
                  [](const Json&) { return runner::ToolResult{.text = "removed"}; });
  EXPECT_EQ(world.step(1).status, Status::kCompleted);
  EXPECT_TRUE(world.call(0).is_error);
  EXPECT_EQ(world.call(0).result, "the arguments do not fit: path must be of type string, not 1");
}

TEST(ToolStepStop, RecordsNoOutcomeForACallThatWasStopped) {
  ToolWorld world({asked("a", "halt", "{}")});
  world.tools.add({.name = "halt"}, [&world](const Json&) {
    world.stop.request_stop();
    return runner::ToolResult{.text = "half done"};
  });
  EXPECT_EQ(world.step(1).status, Status::kStopped);
  EXPECT_EQ(world.call(0).stage, Stage::kBegun);
}

TEST(ToolStepFailure, OfEveryCallOfManyAnswersEndsTheTask) {
  LoopWorld world;
  for (int i = 0; i < world.limits.failed_turns_max; ++i) {
    AskedCall call = asked("a", "look", "{}", Stage::kDone);
    call.is_error = true;
    world.conversation.turns.push_back({"", "tool_calls", {call}});
  }
  const Outcome outcome = world.step(2 * world.limits.failed_turns_max);
  EXPECT_EQ(outcome.failure->kind, "tools_failed");
  EXPECT_TRUE(world.peer.requests().empty());
}

TEST(ToolStepFailure, IsAHistoryInWhichNobodyAskedForIt) {
  LoopWorld world;
  EXPECT_EQ(world.step(1).failure->kind, "invalid_state");
}

TEST(ToolStepLimits, TellTheModelOfArgumentsThatNestTooDeep) {
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep = R"({"a":)" + deep + "}";
  ToolWorld world({asked("a", "drop", deep)});
  EXPECT_EQ(world.step(1).status, Status::kCompleted);
  EXPECT_TRUE(world.tools.called().empty());
  EXPECT_EQ(world.call(0).result, "the arguments are nested too deep");
  EXPECT_TRUE(world.last(types::kToolCallStarted)["arguments"].is_string());
}

TEST(ToolStepLimits, AskForNoMoreApprovalsThanATaskCanWaitFor) {
  std::vector<AskedCall> calls;
  for (size_t i = 0; i < QuestionLimits{}.open_max + 3; ++i) {
    calls.push_back(asked("c" + std::to_string(i), "drop", "{}"));
  }
  ToolWorld world(calls);
  EXPECT_EQ(world.step(1).questions.size(), QuestionLimits{}.open_max);
}

}  // namespace
}  // namespace taskfeed::llm
