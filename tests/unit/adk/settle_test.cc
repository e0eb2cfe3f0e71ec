/// What lost attempts have cost: told once, by whoever comes next or ends the task.
#include <atomic>

#include <gtest/gtest.h>

#include "runner_world.h"

namespace taskfeed::adk {
namespace {

using AdkRunnerSettles = AdkRunnerTest;

std::string answer_event(std::string_view text, int prompt) {
  return R"({"id":"id-)" + std::string(text) +
         R"(","author":"w","content":{"role":"model","parts":[{"text":")" + std::string(text) +
         R"("}]},"modelVersion":"m","usageMetadata":{"promptTokenCount":)" +
         std::to_string(prompt) + R"(,"candidatesTokenCount":0}})";
}
const std::string kOurs =
    R"({"author":"user","content":{"role":"user","parts":[{"text":"How is it in Oslo?"}]}})";

workflow::OpenModelCall lost(std::string id, int64_t bytes) {
  return {.id = std::move(id), .model = "m", .streamed_bytes = bytes, .author = "w"};
}

TEST_F(AdkRunnerSettles, TheOpenCallOfAStreamThatBrokeWhereTheSessionHasItsAnswer) {
  const FakePeer breaks(server(streams(frame(kPartial), false)));
  EXPECT_TRUE(run(breaks).retryable);
  ASSERT_EQ(left_open().size(), 1u) << "nobody knows yet what becomes of it";
  open_calls_ = {lost(left_open()[0], 5)};
  session_ = session_with(std::string(kFull));
  const FakePeer peer(server(says(json_answer(500, "{}"))));
  EXPECT_EQ(run(peer, 2).response, "Sunny.");
  EXPECT_TRUE(left_open().empty());
  EXPECT_EQ(count(types::kLlmCallStarted), 1u);
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["usage"]["total_tokens"], 5);
  EXPECT_EQ(count(types::kLlmCallFailed), 0u);
}

TEST_F(AdkRunnerSettles, NoOpenCallOfWhichTheAnswerMayYetCome) {
  session_exists_ = true;
  open_calls_ = {lost("lost", 400)};
  session_ = session_with("");
  const FakePeer peer(server(streams(frame(kFull))));
  EXPECT_EQ(run(peer, 2).response, "Sunny.");
  EXPECT_EQ(count(types::kLlmCallFailed), 0u) << "whoever ends the task charges for it";
}

TEST_F(AdkRunnerSettles, TheOpenCallWhoseAnswerCameWhileTheNextRunWasUnderWay) {
  session_exists_ = true;
  open_calls_ = {lost("lost", 400)};
  server_.prices = {{"m", {.input = 1'000'000'000, .output = 0}}};
  session_ = session_with("");
  const FakePeer peer(server([this](const FakePeer::Request&, FakePeer::Line& line) {
    session_ = session_with(answer_event("late", 50) + "," + kOurs + "," + answer_event("a", 3));
    line.send(kSseHead);
    line.chunk(frame(answer_event("a", 3)));
    line.send("0\r\n\r\n");
  }));
  EXPECT_EQ(run(peer, 2).cost, 53 * 1'000);
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["call_id"], "lost");
  EXPECT_EQ(count(types::kLlmCallStarted), 1u);
}

TEST_F(AdkRunnerSettles, NoAnswerOfAnotherAgentAsTheOpenCalls) {
  session_exists_ = true;
  open_calls_ = {lost("lost", 400)};
  open_calls_[0].author = "other";
  session_ = session_with(std::string(kFull));
  const FakePeer peer(server(says(json_answer(500, "{}"))));
  EXPECT_EQ(run(peer, 2).response, "Sunny.");
  EXPECT_NE(sink_->last(types::kLlmCallCompleted)["call_id"], "lost");
}

TEST_F(AdkRunnerSettles, MoreAnswersThanARunMayHave) {
  session_exists_ = true;
  server_.max_model_calls = 1;
  server_.prices = {{"m", {.input = 1'000'000'000, .output = 0}}};
  session_ = session_with(answer_event("a", 1) + "," + answer_event("b", 20) + "," +
                          answer_event("c", 300));
  const FakePeer peer(server(says(json_answer(500, "{}"))));
  EXPECT_EQ(run(peer, 2).cost, 321 * 1'000);
}

/// Of two attempts that were lost one after the other, and each of which went on alone.
TEST_F(AdkRunnerSettles, EveryAnswerOfEveryLostAttemptOnce) {
  session_exists_ = true;
  server_.prices = {{"m", {.input = 1'000'000'000, .output = 0}}};
  session_ = R"({"events":[)" + kOurs + "," + answer_event("a", 1) + "," + answer_event("b", 20) +
             "," + kOurs + "," + answer_event("c", 300) + "]}";
  spent_.steps = 1;  // The first answer was told before its worker was lost.
  const FakePeer peer(server(says(json_answer(500, "{}"))));
  const Outcome outcome = run(peer, 3);
  EXPECT_EQ(outcome.response, "c");
  EXPECT_EQ(outcome.cost, 320 * 1'000);
  EXPECT_EQ(count(types::kLlmCallCompleted), 2u);
}

TEST_F(AdkRunnerSettles, WhatALostRunSaidBesideTheOneThatFollowedIt) {
  session_exists_ = true;
  server_.prices = {{"m", {.input = 1'000'000'000, .output = 0}}};
  session_ = session_with(R"({"author":"w","errorCode":"503"})");
  const FakePeer peer(server([this](const FakePeer::Request&, FakePeer::Line& line) {
    session_ = session_with(answer_event("late", 50) + "," + kOurs + "," + answer_event("a", 3));
    line.send(kSseHead);
    line.chunk(frame(answer_event("a", 3)));
    line.send("0\r\n\r\n");
  }));
  const Outcome outcome = run(peer, 2);
  EXPECT_EQ(outcome.response, "a");
  EXPECT_EQ(outcome.cost, 53 * 1'000);
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["recovered"], true);
}

TEST_F(AdkRunnerSettles, TheEndOfATaskByWhatTheSessionHasUntold) {
  session_exists_ = true;
  spent_.steps = 1;
  open_calls_ = {lost("open", 2)};
  session_ =
      R"({"events":[)" + kOurs + "," + answer_event("a", 1) + "," + answer_event("b", 2) + "]}";
  const FakePeer peer(server(says(json_answer(500, "{}"))));
  settle(peer);
  EXPECT_EQ(count(types::kLlmCallCompleted), 1u);
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["call_id"], "open");
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["usage"]["prompt_tokens"], 2);
  EXPECT_TRUE(runs_of(peer).empty());
}

TEST_F(AdkRunnerSettles, ATaskWhoseServerSaysNothingInTime) {
  options_.last_look_max = Milliseconds(100);
  server_.first_byte_timeout = server_.silence_timeout = server_.timeout = std::chrono::hours(1);
  std::atomic<int> looks{0};
  const FakePeer peer([&looks](const FakePeer::Request&, FakePeer::Line& line) {
    ++looks;
    line.wait_for_departure();
  });
  settle(peer);  // ctest ends what waits for an hour.
  EXPECT_EQ(looks, 1);
  EXPECT_EQ(sink_->emitted().size(), 0u);
}

TEST_F(AdkRunnerSettles, NoRunThatTheBudgetForbidsByThen) {
  session_exists_ = true;
  open_calls_ = {lost("lost", 400)};
  server_.budget.tokens = 100;
  session_ = session_with("");
  const FakePeer peer(server(streams(frame(kFull))));
  EXPECT_EQ(run(peer, 2).failure->kind, "budget_exceeded");
  EXPECT_TRUE(runs_of(peer).empty());
}

TEST_F(AdkRunnerSettles, NothingOfAnAttemptThatNobodyCouldKnowOf) {
  in_batch();
  const FakePeer peer(server([this](const FakePeer::Request&, FakePeer::Line& line) {
    EXPECT_EQ(sink_->persists(), 1) << "that it began is on record before the run";
    line.send(json_answer(200, "[" + std::string(kFull) + "]"));
  }));
  EXPECT_EQ(run(peer).response, "Sunny.");
}

}  // namespace
}  // namespace taskfeed::adk
