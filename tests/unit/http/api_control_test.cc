/// A task's execution: execute, cancel, pause, resume, state and result.
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::expect_json;
using testing::expect_problem;
using testing::Told;

TEST(ApiExecute, PutsATaskIntoTheQueueOnce) {
  ApiWorld world;
  const Task task = world.create();
  const Told told =
      world.post(ApiWorld::path(task, "/execute"), R"({"query":"now","enable_streaming":true})");
  const Json json = expect_json(told, 202);
  EXPECT_EQ(json["id"], task.id.str());
  EXPECT_EQ(json["status"], "pending");
  EXPECT_EQ(json["query"], "now");
  EXPECT_EQ(json["enable_streaming"], true);
  EXPECT_TRUE(json["execution_id"].is_string());
  EXPECT_EQ(world.broker.take({service::default_queue(), testing::worker("w-1")})->size(), 1u);

  const Told again = world.post(ApiWorld::path(task, "/execute"));
  expect_problem(again, 409, "conflict");
  EXPECT_EQ(world.get(ApiWorld::path(task)).json(), json);
}

TEST(ApiExecute, AsksWhatTheDescriptionSaysWhereNoQueryIsGiven) {
  ApiWorld world;
  const Task task = world.create("builder", "the goal");
  const Json json = expect_json(world.post(ApiWorld::path(task, "/execute/"), "{}"), 202);
  EXPECT_EQ(json["query"], "the goal");
  EXPECT_TRUE(json["enable_streaming"].is_null());
}

TEST(ApiExecute, RefusesAnEndedTaskAndThatOfAnExternalAgent) {
  ApiWorld world;
  expect_problem(world.post(ApiWorld::path(world.ended(), "/execute")), 409, "conflict");
  expect_problem(world.post(ApiWorld::path(world.create("outside"), "/execute")), 409, "conflict");
}

TEST(ApiExecute, RefusesMembersThatAreWrongOrUnknown) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view body : {R"({"query":1})", R"({"enable_streaming":"true"})",
                                      R"({"enable_streaming":1})", R"({"wait":true})"}) {
    expect_problem(world.post(ApiWorld::path(task, "/execute"), body), 400, "invalid");
  }
  const std::string query(64 * 1024 + 1, 'q');
  expect_problem(world.post(ApiWorld::path(task, "/execute"), "{\"query\":\"" + query + "\"}"), 413,
                 "too_large");
  EXPECT_EQ(world.tasks.get(task.id)->status, TaskStatus::kSubmitted);
}

TEST(ApiExecute, TakesABudgetForAnAgentThatKeepsToIt) {
  ApiWorld world;
  runner::AgentConfig assistant = ApiWorld::agent_config("assistant", runner::RunnerKind::kOpenAi);
  assistant.model_server = runner::ModelServer{
      .base_url = HttpUrl::parse("http://127.0.0.1:1/v1").value(), .model = "m"};
  ASSERT_TRUE(world.tasks.put_agent(assistant).ok());
  const Task task = world.create("assistant");
  expect_problem(world.post(ApiWorld::path(task, "/execute"), R"({"budget":"much"})"), 400,
                 "invalid");
  const Json json = expect_json(
      world.post(ApiWorld::path(task, "/execute"), R"({"budget":{"usd":0.5,"steps":3}})"), 202);
  EXPECT_EQ(json["budget"], (Json{{"usd", 0.5}, {"steps", 3}}));
  expect_problem(world.post(ApiWorld::path(world.create(), "/execute"), R"({"budget":0.5})"), 400,
                 "invalid");
}

TEST(ApiTaskCreate, RefusesASettingThatAnAgentsOperatorKeepsToHimself) {
  ApiWorld world;
  runner::AgentConfig assistant = ApiWorld::agent_config("assistant", runner::RunnerKind::kOpenAi);
  assistant.model_server = runner::ModelServer{
      .base_url = HttpUrl::parse("http://127.0.0.1:1/v1").value(), .model = "m"};
  ASSERT_TRUE(world.tasks.put_agent(assistant).ok());
  expect_problem(world.post("/api/v1/agents/assistant/tasks",
                            R"({"task_parameters":{"base_url":"http://h"}})"),
                 403, "forbidden");
  expect_problem(
      world.post("/api/v1/agents/assistant/tasks", R"({"task_parameters":{"temperature":"hot"}})"),
      400, "invalid");
}

TEST(ApiExecute, Is503WithRetryAfterWhileNothingCanBeStored) {
  ApiWorld world;
  const Task task = world.create();
  world.broker.set_full(true);
  const Told told = world.post(ApiWorld::path(task, "/execute"));
  expect_problem(told, 503, "full");
  EXPECT_EQ(told.field("Retry-After"), "2");
}

TEST(ApiControl, AnswersATaskThatWasAsked) {
  ApiWorld world;
  const Task task = world.execute(world.create().id);
  const Told told =
      world.post(ApiWorld::path(task, "/cancel"), R"({"by":"me","reason":"why not"})");
  const Json json = expect_json(told, 202);
  EXPECT_EQ(json["id"], task.id.str());
  const Task other = world.execute(world.create().id);
  EXPECT_EQ(expect_json(world.post(ApiWorld::path(other, "/pause")), 202)["id"], other.id.str());
  const auto deleted = world.ask({.method = "DELETE", .target = ApiWorld::path(other)});
  EXPECT_EQ(expect_json(deleted, 202)["id"], other.id.str());
}

TEST(ApiControl, IsRefusedWhereTheStatusForbidsIt) {
  ApiWorld world;
  const Task submitted = world.create();
  expect_problem(world.post(ApiWorld::path(submitted, "/pause")), 409, "conflict");
  expect_problem(world.post(ApiWorld::path(submitted, "/resume")), 409, "conflict");
  const Task pending = world.execute(world.create().id);
  expect_problem(world.post(ApiWorld::path(pending, "/resume")), 409, "conflict");
  const Task ended = world.ended();
  for (const std::string_view below : {"/cancel", "/pause", "/resume"}) {
    expect_problem(world.post(ApiWorld::path(ended, below)), 409, "ended");
  }
  expect_problem(world.ask({.method = "DELETE", .target = ApiWorld::path(ended)}), 409, "ended");
}

TEST(ApiControl, RefusesMembersThatAreWrongOrUnknown) {
  ApiWorld world;
  const Task task = world.execute(world.create().id);
  for (const std::string_view below : {"/cancel", "/pause", "/resume"}) {
    for (const std::string_view body : {R"({"by":1})", R"({"reason":[]})", R"({"force":true})"}) {
      expect_problem(world.post(ApiWorld::path(task, below), body), 400, "invalid");
    }
  }
}

TEST(ApiAnswers, AreRefusedWhereNothingWaitsOrTheyAreWrong) {
  ApiWorld world;
  const Task task = world.execute(world.create().id);
  expect_problem(world.post(ApiWorld::path(task, "/approve")), 409, "conflict");
  expect_problem(world.post(ApiWorld::path(task, "/input"), R"({"text":"x"})"), 409, "conflict");
  expect_problem(world.post(ApiWorld::path(task, "/input")), 400, "invalid");
  expect_problem(world.post(ApiWorld::path(task, "/approve"), R"({"approved":1})"), 400, "invalid");
  expect_problem(world.post(ApiWorld::path(task, "/approve"), R"({"text":"x"})"), 400, "invalid");
  const std::string long_text = R"({"text":")" + std::string(33 * 1024, 'x') + R"("})";
  expect_problem(world.post(ApiWorld::path(task, "/input"), long_text), 413, "too_large");
  expect_problem(world.post(ApiWorld::path(world.ended(), "/approve")), 409, "ended");
}

TEST(ApiState, IsTheFoldOfTheEvents) {
  ApiWorld world;
  const Task task = world.create("outside");
  world.publish(task.id, "WorkflowStarted", {{"goal", "g"}});
  const Json json = expect_json(world.get(ApiWorld::path(task, "/state")), 200);
  EXPECT_EQ(json["task_id"], task.id.str());
  EXPECT_EQ(json["status"], "running");
  EXPECT_EQ(json["goal"], "g");
  for (const std::string_view key : {"step", "steps_completed", "response", "error", "total_cost",
                                     "started_at", "completed_at", "folded"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
}

TEST(ApiResult, IsEmptyUntilTheTaskHasEnded) {
  ApiWorld world;
  const Task task = world.create();
  const Told told = world.get(ApiWorld::path(task, "/result"));
  const Json json = expect_json(told, 200);
  EXPECT_EQ(told.keys(),
            (std::vector<std::string>{"task_id", "status", "response", "error", "total_cost"}));
  EXPECT_EQ(json["status"], "submitted");
  EXPECT_EQ(json["response"], "");
  EXPECT_TRUE(json["error"].is_null());
}

TEST(ApiResult, IsTheFinalResponseOrTheFailure) {
  ApiWorld world;
  const Json completed = world.get(ApiWorld::path(world.ended(), "/result")).json();
  EXPECT_EQ(completed["status"], "completed");
  EXPECT_EQ(completed["response"], "done");
  EXPECT_TRUE(completed["error"].is_null());
  const Task failed = world.ended("WorkflowFailed",
                                  {{"error", {{"kind", "step_failed"}, {"message", "no\nluck"}}}});
  const Json json = world.get(ApiWorld::path(failed, "/result")).json();
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["error"], (Json{{"kind", "step_failed"}, {"message", "no\nluck"}}));
}

TEST(ApiResult, CanBeWaitedForUntilTheTaskHasEnded) {
  ApiWorld world;
  const Task task = world.create();
  const auto told = [&world](const Task& of, std::string_view query) {
    return world.get(ApiWorld::path(of, "/result?" + std::string(query)));
  };
  const Told waits = told(task, "wait=30s");
  EXPECT_EQ(expect_json(waits, 200)["status"], "submitted");
  ASSERT_TRUE(waits.wait.has_value());
  EXPECT_EQ(waits.wait->until.task, task.id);
  EXPECT_EQ(waits.wait->until.interval, std::chrono::seconds(30));
  EXPECT_EQ(waits.wait->request.target, ApiWorld::path(task, "/result?wait=30s"));
  EXPECT_TRUE(told(task, "wait=1m").wait.has_value());
  EXPECT_TRUE(told(task, "wait=500ms").wait.has_value());
  for (const std::string_view query : {"", "wait=0", "wait=0s", "other=30s"}) {
    EXPECT_FALSE(told(task, query).wait.has_value()) << query;
  }
  EXPECT_FALSE(told(world.ended(), "wait=30s").wait.has_value());
}

TEST(ApiResult, RefusesAWaitThatIsNoneOrTooLong) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view wait : {"", "30", "61s", "60001ms", "1h", "-1s", "soon", "%ff"}) {
    SCOPED_TRACE(wait);
    expect_problem(world.get(ApiWorld::path(task, "/result?wait=" + std::string(wait))), 400,
                   "invalid");
  }
}

}  // namespace
}  // namespace taskfeed
