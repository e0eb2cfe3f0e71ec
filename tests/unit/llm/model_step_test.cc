#include <gtest/gtest.h>

#include "loop_world.h"

namespace taskfeed::llm {
namespace {

using Status = Outcome::Status;

TEST(ModelStep, AnswersWithTheTextOfTheModel) {
  LoopWorld world;
  world.says("It is done.");
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.status, Status::kCompleted);
  EXPECT_TRUE(outcome.last);
  EXPECT_EQ(outcome.response, "It is done.");
  const Json sent = world.request(0);
  EXPECT_EQ(dump_json(sent["messages"]), R"([{"role":"system","content":"Be brief."},)"
                                         R"({"role":"user","content":"the goal"}])");
  EXPECT_NE(world.peer.requests()[0].target.find("/v1/chat/completions"), std::string::npos);
}

TEST(ModelStep, TellsOfTheCallBeforeWhileAndAfter) {
  LoopWorld world;
  world.says("It is done.", 10, 5);
  world.step(0);
  std::vector<std::string> types;
  for (const auto& each : world.events) types.push_back(each.type);
  EXPECT_EQ(types.front(), types::kLlmCallStarted);
  EXPECT_EQ(types.back(), types::kLlmCallCompleted);
  EXPECT_EQ(world.last(types::kLlmCallChunk)["text"], "It is done.");
  const Json completed = world.last(types::kLlmCallCompleted);
  EXPECT_EQ(completed["usage"]["total_tokens"], 15);
  EXPECT_EQ(dollars_from_json(&completed["cost"]), 15 * LoopWorld::kDollar / 1'000'000);
  EXPECT_EQ(completed["model"], "m-1-dated");
}

TEST(ModelStep, TellsTheModelsThoughtsApartFromItsAnswer) {
  LoopWorld world;
  world.answers(event(delta(R"({"reasoning_content":"hm"})")) +
                event(delta(R"({"content":"Yes."})")) + event(finish("stop")) +
                event(usage(10, 5)) + event("[DONE]"));
  EXPECT_EQ(world.step(0).response, "Yes.");
  EXPECT_EQ(world.last(types::kLlmCallCompleted)["reasoning"], "hm");
  EXPECT_EQ(world.count(types::kLlmCallChunk), 2u);
  EXPECT_EQ(world.last(types::kLlmCallChunk)["kind"], "text");
}

TEST(ModelStep, GathersOnlyWhatComesSoonAfterTheChunkBefore) {
  const std::string body = event(delta(R"({"content":"a"})")) + event(delta(R"({"content":"b"})")) +
                           event(delta(R"({"content":"c"})")) + event(finish("stop")) +
                           event("[DONE]");
  for (const auto& [takes, chunks] : {std::pair(Milliseconds(0), 2u), {Milliseconds(60), 3u}}) {
    LoopWorld world;
    world.limits.chat.quiet_interval = std::chrono::hours(1);
    world.each_event_takes = takes;
    world.answers(body);
    EXPECT_EQ(world.step(0).response, "abc");
    EXPECT_EQ(world.count(types::kLlmCallChunk), chunks);
  }
}

TEST(ModelStep, KeepsChunksToItselfInBatchMode) {
  LoopWorld world;
  world.answers(whole_answer("It is done."));
  EXPECT_EQ(world.step(0, /*streaming=*/false).response, "It is done.");
  EXPECT_EQ(world.count(types::kLlmCallChunk), 0u);
  EXPECT_FALSE(world.request(0).contains("stream") && world.request(0)["stream"] == true);
}

TEST(ModelStep, ThatAsksForToolsIsFollowedByAnother) {
  LoopWorld world;
  world.calls({{"a", "look", "{}"}});
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.status, Status::kCompleted);
  EXPECT_FALSE(outcome.last);
  ASSERT_EQ(world.conversation.turns.size(), 1u);
  EXPECT_EQ(world.conversation.turns[0].calls[0].tool, "look");
}

TEST(ModelStep, OfWhichTheAnswerIsOnRecordCallsNobody) {
  LoopWorld world;
  world.says("It is done.");
  world.step(0);
  const size_t events = world.events.size();
  const Outcome again = world.step(0, true, 2);
  EXPECT_EQ(again.response, "It is done.");
  EXPECT_TRUE(again.last);
  EXPECT_EQ(world.peer.requests().size(), 1u);
  EXPECT_EQ(world.events.size(), events);
}

TEST(ModelStep, ChargesForTheCallThatALostWorkerHadBegun) {
  LoopWorld world;
  world.open_calls = {{"lost", "m-1", 1'000, 4'000}};
  world.says("It is done.", 10, 5);
  world.step(0, true, 2);
  const Json failed = world.last(types::kLlmCallFailed);
  EXPECT_EQ(failed["call_id"], "lost");
  EXPECT_EQ(failed["error"]["kind"], "interrupted");
  EXPECT_EQ(failed["usage"]["estimated"], true);
  EXPECT_EQ(world.spent.usd, (1'000 + 1'000 + 15) * LoopWorld::kDollar / 1'000'000);
  EXPECT_TRUE(world.open_calls.empty());
}

TEST(ModelStep, ChargesForALostCallEvenWhereItCannotGoOn) {
  LoopWorld world;
  world.open_calls = {{"lost", "m-1", 1'000, 0}};
  world.config.model_server->api_key_file = "/nowhere/key";
  EXPECT_EQ(world.step(0, true, 2).failure->kind, "auth");
  EXPECT_EQ(world.last(types::kLlmCallFailed)["call_id"], "lost");
}

TEST(ModelStepFailure, MayBeTriedAgainWhenTheServerSaysSo) {
  LoopWorld world;
  world.answers(R"({"error":{"message":"slow down"}})", 429, "retry-after: 7\r\n");
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_TRUE(outcome.retryable);
  EXPECT_EQ(outcome.retry_after, Milliseconds(7'000));
  EXPECT_EQ(outcome.failure->kind, "rate_limited");
  const Json failed = world.last(types::kLlmCallFailed);
  EXPECT_EQ(failed["error"]["http_status"], 429);
  EXPECT_FALSE(failed.contains("cost"));
  EXPECT_EQ(world.spent.usd, 0);
}

TEST(ModelStepFailure, OfAStreamThatBreaksIsCharged) {
  LoopWorld world;
  world.answers(event(delta(R"({"content":"half of it"})")));
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.failure->kind, "stream_broken");
  EXPECT_TRUE(outcome.retryable);
  EXPECT_EQ(outcome.response, "half of it");
  EXPECT_GT(world.spent.usd, 0);
  EXPECT_TRUE(world.conversation.turns.empty());
}

TEST(ModelStepFailure, IsAnAnswerWithoutAnything) {
  LoopWorld world;
  world.says("");
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.failure->kind, "empty_answer");
  EXPECT_TRUE(outcome.retryable);
  EXPECT_TRUE(world.conversation.turns.empty());
  EXPECT_GT(world.spent.usd, 0);
}

TEST(ModelStepFailure, IsAnAnswerThatWasCutOrFiltered) {
  for (const std::string reason : {"length", "content_filter"}) {
    LoopWorld world;
    world.answers(event(delta(R"({"content":"half"})")) + event(finish(reason)) +
                  event(usage(10, 5)) + event("[DONE]"));
    const Outcome outcome = world.step(0);
    EXPECT_EQ(outcome.status, Status::kFailed);
    EXPECT_EQ(outcome.failure->kind, reason);
    EXPECT_FALSE(outcome.retryable);
    EXPECT_EQ(outcome.response, "half");
  }
}

TEST(ModelStepFailure, IsAnAnswerThatIsTooLargeForAnEvent) {
  LoopWorld world;
  world.limits.answer_event_bytes_max = 400;
  world.says(std::string(500, 'x'));
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.failure->kind, "too_large");
  EXPECT_FALSE(outcome.retryable);
  EXPECT_TRUE(world.conversation.turns.empty());
}

TEST(ModelStepFailure, IsAKeyThatIsNotThere) {
  LoopWorld world;
  world.config.model_server->api_key_file = "/nowhere/key";
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.failure->kind, "auth");
  EXPECT_TRUE(world.peer.requests().empty());
}

TEST(ModelStepStop, EndsTheCallAndSaysWhatItTook) {
  LoopWorld world;
  world.stop.request_stop();
  EXPECT_EQ(world.step(0).status, Status::kStopped);
  EXPECT_TRUE(world.peer.requests().empty());
}

TEST(ModelStepBudget, WarnsOnceAtFourFifths) {
  LoopWorld world;
  world.config.model_server->budget.tokens = 100;
  world.spent.tokens = 60;
  world.says("first", 15, 6);
  world.step(0);
  ASSERT_EQ(world.count(types::kBudgetWarning), 1u);
  EXPECT_EQ(world.last(types::kBudgetWarning)["bound"], "tokens");
  world.conversation.turns.clear();
  world.spent.tokens = 60;
  world.says("second", 15, 6);
  world.step(0, true, 2);
  EXPECT_EQ(world.count(types::kBudgetWarning), 1u);
}

TEST(ModelStepBudget, BeginsNoCallOnceItIsUsedUp) {
  LoopWorld world;
  world.config.model_server->budget.usd = LoopWorld::kDollar;
  world.spent.usd = LoopWorld::kDollar;
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.status, Status::kFailed);
  EXPECT_EQ(outcome.failure->kind, "budget_exceeded");
  EXPECT_EQ(outcome.response, "before");
  EXPECT_EQ(world.count(types::kBudgetExceeded), 1u);
  EXPECT_TRUE(world.peer.requests().empty());
}

TEST(ModelStepBudget, CountsWhatTheRequestItselfWillTake) {
  LoopWorld world;
  world.config.model_server->budget.tokens = 3;
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.failure->kind, "budget_exceeded");
  EXPECT_EQ(outcome.response, "before");
  EXPECT_TRUE(world.peer.requests().empty());
  const Json exceeded = world.last(types::kBudgetExceeded);
  EXPECT_EQ(exceeded["used"], 0);
  EXPECT_EQ(exceeded["ratio"], 0);
  EXPECT_GT(int_at(exceeded, "estimated"), 3);
  EXPECT_EQ(outcome.failure->message,
            "the budget of 3 tokens has no room for the next model call: it is estimated at " +
                std::to_string(int_at(exceeded, "estimated")) + ", and nothing is used yet");
}

TEST(ModelStepBudget, CutsAStreamThatGoesOverIt) {
  LoopWorld world;
  world.config.model_server->budget.tokens = 200;
  std::string body;
  for (int i = 0; i < 100; ++i) {
    body += event(delta(R"({"content":")" + std::string(40, 'x') + "\"}"));
  }
  world.answers(body + event(finish("stop")) + event(usage(10, 1'000)) + event("[DONE]"));
  const Outcome outcome = world.step(0);
  EXPECT_EQ(outcome.failure->kind, "budget_exceeded");
  EXPECT_EQ(world.last(types::kLlmCallFailed)["error"]["kind"], "budget_exceeded");
  EXPECT_LT(outcome.response.size(), 1'000u);
  EXPECT_GT(int_at(world.last(types::kBudgetExceeded), "used"), 200);
  EXPECT_FALSE(world.last(types::kBudgetExceeded).contains("estimated"));
  EXPECT_GT(world.spent.usd, 0);
}

TEST(ModelStepBudget, BoundsAnswersEvenWhereNobodyDid) {
  LoopWorld world;
  world.limits.answers_max = 1;
  world.conversation.turns.push_back({"", "tool_calls", {}});
  world.spent.steps = 1;
  EXPECT_EQ(world.step(2).failure->kind, "budget_exceeded");
}

TEST(ModelStepBudget, OfATaskLiftsNoBoundOnAnswers) {
  LoopWorld world;
  world.limits.answers_max = 1;
  world.spent.steps = 1;
  world.parameters = Json{{"budget", {{"steps", 1'000'000}}}};
  EXPECT_EQ(world.step(0).failure->kind, "budget_exceeded");
}

TEST(ModelStepBudget, KeepsAnAnswerThatCameWhole) {
  LoopWorld world;
  world.config.model_server->budget.tokens = 100;
  world.answers(whole_answer(std::string(2'000, 'x')));
  EXPECT_EQ(world.step(0).status, Status::kCompleted);
}

TEST(ModelStepPrice, SaysOnceThatNoneIsKnown) {
  LoopWorld world;
  world.config.model_server->prices.clear();
  world.says("It is done.");
  world.step(0);
  EXPECT_EQ(world.last(types::kLlmCallCompleted)["cost_unknown"], true);
  EXPECT_EQ(world.log.count("no price is known"), 1u);
  EXPECT_TRUE(world.last(types::kLlmCallStarted)["estimated_cost"].is_null());
}

TEST(ModelStepSecrets, AreInNoEventAndNoLog) {
  LoopWorld world;
  world.config.model_server->api_key_env = "KEY";
  world.answers(R"({"error":{"message":"bad key )" + std::string(LoopWorld::kKey) + R"("}})", 401);
  world.step(0);
  EXPECT_NE(world.peer.requests()[0].head.find(LoopWorld::kKey), std::string::npos);
  for (const auto& each : world.events) {
    EXPECT_EQ(dump_json(each.payload).find(LoopWorld::kKey), std::string::npos) << each.type;
  }
  EXPECT_EQ(world.log.all().find(LoopWorld::kKey), std::string::npos);
}

TEST(ModelStepSecrets, AreTakenOutOfWhatTheModelSays) {
  const std::string key(LoopWorld::kKey);
  for (const bool streaming : {true, false}) {
    LoopWorld world;
    world.config.model_server->api_key_env = "KEY";
    world.config.model_server->prices.clear();  // Told to the log, with the model's name.
    const std::string half = key.substr(0, key.size() / 2);
    const std::string name =
        R"({"model":")" + key + R"(","choices":[{"index":0,"delta":{"content":")";
    if (streaming) {
      world.answers(event(name + "It is " + half + "\"}}]}") +
                    event(name + key.substr(half.size()) + "!\"}}]}") + event(finish("stop")) +
                    event("[DONE]"));
    } else {
      world.answers(whole_answer("It is " + key + "!"));
    }
    const Outcome outcome = world.step(0, streaming);
    EXPECT_EQ(outcome.response, "It is [redacted]!");
    EXPECT_EQ(world.last(types::kLlmCallCompleted)["text"], "It is [redacted]!");
    for (const auto& each : world.events) {
      EXPECT_EQ(dump_json(each.payload).find(key), std::string::npos) << each.type;
      EXPECT_EQ(dump_json(each.payload).find(half + "\""), std::string::npos) << each.type;
    }
    EXPECT_EQ(world.log.all().find(key), std::string::npos);
  }
}

TEST(ModelStepSecrets, AreTakenOutOfWhatToolsAreAskedAndSay) {
  const std::string key(LoopWorld::kKey);
  LoopWorld world;
  world.config.model_server->api_key_env = "KEY";
  world.tools.add({.name = "echo"}, [](const Json& arguments) {
    return runner::ToolResult{.text = "got " + string_at(arguments, "text") + " and " +
                                      std::string(LoopWorld::kKey)};
  });
  world.calls({{"c1", "echo", R"({"text":")" + key + "\"}"}});
  world.step(0);
  world.step(1);
  EXPECT_EQ(world.last(types::kToolCallStarted)["arguments"]["text"], "[redacted]");
  EXPECT_EQ(world.last(types::kToolCallCompleted)["result"], "got [redacted] and [redacted]");
}

}  // namespace
}  // namespace taskfeed::llm
