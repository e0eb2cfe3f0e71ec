/// Runs against a server that answers as api_server does, or as a broken one would.
#include <cstdlib>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "runner_world.h"

namespace taskfeed::adk {
namespace {

using AdkRunnerBudget = AdkRunnerTest;
using AdkRunnerModes = AdkRunnerTest;
using AdkRunnerFailures = AdkRunnerTest;
using AdkRunnerAgain = AdkRunnerTest;
using AdkRunnerAsks = AdkRunnerTest;

TEST_F(AdkRunnerModes, StreamsARunInTheTasksSession) {
  const FakePeer peer(server(streams(frame(kPartial) + frame(kFull))));
  const Outcome outcome = run(peer);
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_EQ(outcome.response, "Sunny.");
  EXPECT_TRUE(outcome.last);
  EXPECT_EQ(sink_->types(),
            (std::vector<std::string>{"WorkflowLLMCallStarted", "WorkflowLLMCallChunk",
                                      "WorkflowLLMCallCompleted"}));
  const auto asked = peer.requests();
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].target, "/apps/weather/users/taskfeed/sessions/task-1");
  EXPECT_EQ(asked[0].body, "{}");
  EXPECT_EQ(asked[1].target, "/run_sse");
  EXPECT_EQ(asked[1].body,
            R"({"appName":"weather","userId":"taskfeed","sessionId":"task-1","newMessage":)"
            R"({"role":"user","parts":[{"text":"How is it in Oslo?"}]},"streaming":true})");
}

TEST_F(AdkRunnerModes, EmitsWhileTheRunIsUnderWay) {
  std::latch seen(1);
  const FakePeer peer(server([&](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(frame(kPartial));
    seen.wait();
    line.chunk(frame(kFull));
    line.send("0\r\n\r\n");
  }));
  std::thread reader([&] {
    while (sink_->last(types::kLlmCallChunk).is_null()) std::this_thread::yield();
    seen.count_down();
  });
  EXPECT_EQ(run(peer).response, "Sunny.");
  reader.join();
}

TEST_F(AdkRunnerModes, GetsAllEventsOfABatchAtOnce) {
  in_batch();
  const FakePeer peer(server(says(json_answer(200, "[" + std::string(kFull) + "]"))));
  const Outcome outcome = run(peer);
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_EQ(outcome.response, "Sunny.");
  EXPECT_EQ(sink_->types(),
            (std::vector<std::string>{"WorkflowLLMCallStarted", "WorkflowLLMCallCompleted"}));
  EXPECT_EQ(peer.requests()[1].target, "/run");
}

TEST_F(AdkRunnerModes, SendsKeysOutOfTheEnvironmentAndShowsThemNowhere) {
  ::setenv("ADK_TEST_KEY", "k3y-s3cret", 1);
  ::setenv("ADK_TEST_TEAM", "t3am-s3cret", 1);
  server_.api_key_env = "ADK_TEST_KEY";
  server_.headers_env["X-Team"] = "ADK_TEST_TEAM";
  const FakePeer peer(server(says(json_answer(500, R"({"error":"no"})"))));
  const Outcome outcome = run(peer);
  for (const FakePeer::Request& request : peer.requests()) {
    EXPECT_NE(request.head.find("Authorization: Bearer k3y-s3cret\r\n"), std::string::npos);
    EXPECT_NE(request.head.find("X-Team: t3am-s3cret\r\n"), std::string::npos);
    EXPECT_EQ(request.body.find("s3cret"), std::string::npos);
  }
  std::string shown = outcome.failure->message;
  for (const auto& each : sink_->emitted()) shown += dump_json(each.payload);
  EXPECT_EQ(shown.find("s3cret"), std::string::npos);
  ::unsetenv("ADK_TEST_KEY");
  const Outcome without = run(peer);
  EXPECT_EQ(without.failure->kind, "auth");
  EXPECT_NE(without.failure->message.find("ADK_TEST_KEY"), std::string::npos);
}

struct Broken {
  std::string_view what;
  std::string frames;
  bool ends;
  std::string_view kind;
  bool retryable;
};

TEST_F(AdkRunnerFailures, OfAStreamHaveTheirKind) {
  const std::string partial = frame(kPartial);
  for (const Broken& broken :
       {Broken{"cut", partial, false, "stream_broken", true},
        Broken{"cut after the answer", frame(kFull), false, "stream_broken", true},
        Broken{"half a frame", partial + "data: {\"auth", true, "no_response", false},
        Broken{"an error", partial + frame(R"({"error":"ServerError: 503 UNAVAILABLE."})"), true,
               "server", true},
        Broken{"an error as old Python editions write it",
               partial + "data: {\"error\": \"it said \"no\"\"}\n\n", true, "agent_error", false},
        Broken{"an error event", partial + frame(R"({"author":"w","errorCode":"429"})"), true,
               "rate_limited", true},
        Broken{"garbage", partial + frame("\xff\xfe{"), true, "protocol", false},
        Broken{"another shape", frame("[1,2]"), true, "protocol", false},
        Broken{"nothing", "", true, "no_response", false}}) {
    session_exists_ = false;
    sink_.emplace(true);
    const Outcome outcome = run(broken.frames.empty() ? says(std::string(kSseHead) + "0\r\n\r\n")
                                                      : streams(broken.frames, broken.ends));
    ASSERT_EQ(outcome.status, Outcome::Status::kFailed) << broken.what;
    EXPECT_EQ(outcome.failure->kind, broken.kind) << broken.what;
    EXPECT_EQ(outcome.retryable, broken.retryable) << broken.what;
    EXPECT_EQ(dump_json(Json(outcome.failure->message)).find("\\u0000"), std::string::npos);
  }
}

TEST_F(AdkRunnerFailures, OfHttpHaveTheirKind) {
  EXPECT_EQ(run(says(json_answer(404, R"({"error":"Session not found: x"})"))).failure->kind,
            "not_found");
  EXPECT_EQ(run(says(answer_of(200, "text/html", "<html>a proxy"))).failure->kind, "protocol");
  EXPECT_EQ(run(says(answer_of(500, "text/plain", "Internal Server Error"))).failure->kind,
            "server");
  in_batch();
  EXPECT_EQ(run(says(json_answer(200, R"({"output":[]})"))).failure->kind, "protocol");
  EXPECT_EQ(run(says(json_answer(200, "[3]"))).failure->kind, "protocol");
  EXPECT_EQ(run(says(json_answer(200, "[]"))).failure->kind, "no_response");
  EXPECT_EQ(run(says(answer_of(200, "text/html", "<html>"))).failure->kind, "protocol");
}

TEST_F(AdkRunnerFailures, OfSilenceAndOfSizeAreBounded) {
  server_.silence_timeout = Milliseconds(100);
  EXPECT_EQ(run([](const FakePeer::Request&, FakePeer::Line& line) {
              line.send(kSseHead);
              line.chunk(frame(kPartial));
              line.wait_for_departure();
            }).failure->kind,
            "timeout_idle");
  options_.api.frame_bytes_max = 10'000;
  EXPECT_EQ(run(streams("data: " + std::string(20'000, 'x'), false)).failure->kind, "too_large");
}

TEST_F(AdkRunnerFailures, EndsAtOnceOnAStop) {
  std::latch asked(1);
  const FakePeer peer(server([&](const FakePeer::Request&, FakePeer::Line& line) {
    line.send(kSseHead);
    line.chunk(frame(kPartial));
    asked.count_down();
    line.wait_for_departure();
  }));
  std::thread stopper([&] {
    asked.wait();
    stop_.request_stop();
  });
  EXPECT_EQ(run(peer).status, Outcome::Status::kStopped);
  stopper.join();
}

TEST_F(AdkRunnerAgain, TakesTheOutcomeOfARunThatEndedWithoutUs) {
  session_exists_ = true;
  session_ = session_with(std::string(kFull));
  const FakePeer peer(server(says(json_answer(500, "{}"))));
  const Outcome outcome = run(peer, 2);
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_EQ(outcome.response, "Sunny.");
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["usage"]["total_tokens"], 5);
  EXPECT_EQ(sink_->last(types::kLlmCallCompleted)["recovered"], true);
  EXPECT_TRUE(runs_of(peer).empty());
}

TEST_F(AdkRunnerAgain, RunsAnewWhereTheRunBeforeFailedOrNeverBegan) {
  session_exists_ = true;
  for (const std::string& session :
       {session_with(R"({"author":"w","errorCode":"503"})"), session_with(""),
        std::string(R"({"id":"task-1","events":[]})")}) {
    session_ = session;
    const FakePeer peer(server(streams(frame(kFull))));
    EXPECT_EQ(run(peer, 2).response, "Sunny.");
    EXPECT_EQ(runs_of(peer).size(), 1u);
  }
}

TEST_F(AdkRunnerAgain, DoesNotAskTheSessionBeforeTheFirstRun) {
  session_ = session_with(std::string(kFull));
  const FakePeer peer(server(streams(frame(kFull))));
  EXPECT_EQ(run(peer, 1).status, Outcome::Status::kCompleted);
  for (const FakePeer::Request& request : peer.requests()) EXPECT_EQ(request.method, "POST");
}

constexpr std::string_view kToolCall =
    R"({"author":"w","content":{"role":"model","parts":[{"functionCall":{"id":"c1",)"
    R"("name":"delete_file","args":{"path":"/x"}}}]}})";
constexpr std::string_view kConfirmation =
    R"({"author":"w","longRunningToolIds":["q1"],"actions":{"skipSummarization":true},)"
    R"("content":{"role":"user","parts":[{"functionCall":{"id":"q1",)"
    R"("name":"adk_request_confirmation","args":{"originalFunctionCall":{"id":"c1",)"
    R"("name":"delete_file","args":{"path":"/x"}},"toolConfirmation":{"hint":"Sure?"}}}}]}})";
constexpr std::string_view kDeleted =
    R"({"author":"w","content":{"role":"user","parts":[{"functionResponse":{"id":"c1",)"
    R"("name":"delete_file","response":{"deleted":"/x"}}}]}})";

TEST_F(AdkRunnerAsks, ForAPersonsYesWhereAToolNeedsIt) {
  const Outcome outcome = run(streams(frame(kToolCall) + frame(kConfirmation)));
  ASSERT_EQ(outcome.status, Outcome::Status::kAsks);
  ASSERT_EQ(outcome.questions.size(), 1u);
  EXPECT_EQ(outcome.questions[0].kind, QuestionKind::kApproval);
  EXPECT_EQ(outcome.questions[0].call, "q1");
  EXPECT_EQ(outcome.questions[0].tool, "delete_file");
  EXPECT_EQ(outcome.questions[0].arguments, Json({{"path", "/x"}}));
}

TEST_F(AdkRunnerAsks, AndGoesOnWithTheAnswerInTheSameSession) {
  session_exists_ = true;
  session_ = session_with(std::string(kToolCall) + "," + std::string(kConfirmation));
  Question question{.kind = QuestionKind::kApproval, .call = "q1", .tool = "delete_file"};
  for (const bool yes : {true, false}) {
    question.answer = Answer{.approved = yes, .by = "ann"};
    questions_ = {question};
    sink_.emplace(true);
    const FakePeer peer(server(streams(frame(kDeleted) + frame(kFull))));
    EXPECT_EQ(run(peer, 1, true).response, "Sunny.");
    const FakePeer::Request asked = peer.requests().back();
    EXPECT_EQ(asked.target, "/run_sse");
    EXPECT_NE(asked.body.find(R"("parts":[{"functionResponse":{"id":"q1","name":)"
                              R"("adk_request_confirmation","response":{"confirmed":)" +
                              std::string(yes ? "true" : "false") + "}}}]"),
              std::string::npos)
        << asked.body;
    EXPECT_EQ(sink_->last(types::kToolCallCompleted)["tool_call_id"], "c1");
  }
}

TEST_F(AdkRunnerAsks, ForTheResultOfACallThatRunsLong) {
  const std::string call =
      R"({"author":"w","longRunningToolIds":["j1"],"content":{"role":"model","parts":)"
      R"([{"functionCall":{"id":"j1","name":"start_job","args":{"name":"n"}}}]}})";
  const std::string pending =
      R"({"author":"w","content":{"role":"user","parts":[{"functionResponse":{"id":"j1",)"
      R"("name":"start_job","response":{"status":"pending"}}}]}})";
  const Outcome outcome = run(streams(frame(call) + frame(pending) + frame(kFull)));
  ASSERT_EQ(outcome.status, Outcome::Status::kAsks);
  EXPECT_EQ(outcome.questions[0].kind, QuestionKind::kInput);
  EXPECT_EQ(outcome.questions[0].call, "j1");
  EXPECT_NE(outcome.questions[0].prompt.find("start_job"), std::string::npos);
  session_ = session_with(call + "," + pending + "," + std::string(kFull));
  Question question = outcome.questions[0];
  for (const auto& [text, response] : {std::pair{R"({"result":42})", R"({"result":42})"},
                                       std::pair{"done", R"({"result":"done"})"}}) {
    question.answer = Answer{.text = text, .by = "ann"};
    questions_ = {question};
    const FakePeer peer(server(streams(frame(kFull))));
    EXPECT_EQ(run(peer, 1, true).status, Outcome::Status::kCompleted);
    EXPECT_NE(peer.requests().back().body.find(R"("name":"start_job","response":)" +
                                               std::string(response)),
              std::string::npos);
  }
}

/// The worker died after the question was answered and before, or after, ADK was told.
TEST_F(AdkRunnerAsks, NothingTwiceWhereItsWorkerIsLost) {
  session_exists_ = true;
  Question question{.kind = QuestionKind::kApproval, .call = "q1", .tool = "delete_file"};
  question.answer = Answer{.approved = true, .by = "ann"};
  questions_ = {question};
  const std::string asked = std::string(kToolCall) + "," + std::string(kConfirmation);
  session_ = session_with(asked);
  const FakePeer untold(server(streams(frame(kDeleted) + frame(kFull))));
  EXPECT_EQ(run(untold, 2).response, "Sunny.");
  EXPECT_NE(runs_of(untold).at(0).body.find(R"({"confirmed":true})"), std::string::npos);
  session_ = session_with(
      asked +
      R"(,{"author":"user","content":{"role":"user","parts":[{"functionResponse":{"id":"q1",)"
      R"("name":"adk_request_confirmation","response":{"confirmed":true}}}]}},)" +
      std::string(kDeleted) + "," + std::string(kFull));
  const FakePeer told(server(says(json_answer(500, "{}"))));
  EXPECT_EQ(run(told, 2).response, "Sunny.");
}

TEST_F(AdkRunnerAsks, NobodyForCredentials) {
  std::string request(kConfirmation);
  request.replace(request.find("adk_request_confirmation"), 24, "adk_request_credential");
  const Outcome outcome = run(streams(frame(request)));
  EXPECT_EQ(outcome.status, Outcome::Status::kFailed);
  EXPECT_EQ(outcome.failure->kind, "waiting");
}

/// A turn with a tool, after which another call would come.
constexpr std::string_view kCall =
    R"({"author":"w","content":{"role":"model","parts":[{"functionCall":{"id":"f","name":"t",)"
    R"("args":{}}}]},"modelVersion":"m",)"
    R"("usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}})";

TEST_F(AdkRunnerBudget, CountsWhatEachCallCosts) {
  server_.prices = {{"m", {1'000'000'000, 1'000'000'000, 2'000'000'000}}};
  const Outcome outcome = run(streams(frame(kFull)));
  EXPECT_EQ(outcome.status, Outcome::Status::kCompleted);
  EXPECT_EQ(outcome.cost, 3 * 1'000 + 2 * 2'000);
  const Json completed = sink_->last(types::kLlmCallCompleted);
  EXPECT_EQ(dollars_from_json(&completed["cost"]), outcome.cost);
}

TEST_F(AdkRunnerBudget, EndsARunBetweenTwoCalls) {
  server_.budget.tokens = 5;
  const Outcome outcome = run(streams(frame(kCall) + frame(kFull)));
  EXPECT_EQ(outcome.status, Outcome::Status::kFailed);
  EXPECT_EQ(outcome.failure->kind, "budget_exceeded");
  EXPECT_FALSE(outcome.retryable);
  EXPECT_EQ(sink_->last(types::kBudgetExceeded)["bound"], "tokens");
  EXPECT_EQ(sink_->last(types::kBudgetWarning)["bound"], "tokens");
}

TEST_F(AdkRunnerBudget, LetsTheLastAnswerThrough) {
  server_.budget.tokens = 5;
  EXPECT_EQ(run(streams(frame(kFull))).response, "Sunny.");
}

TEST_F(AdkRunnerBudget, BeginsNoRunOnceItIsUsedUp) {
  server_.budget.usd = 100;
  spent_.usd = 100;
  const FakePeer peer(server(streams(frame(kFull))));
  EXPECT_EQ(run(peer).failure->kind, "budget_exceeded");
  EXPECT_TRUE(peer.requests().empty());
}

}  // namespace
}  // namespace taskfeed::adk
