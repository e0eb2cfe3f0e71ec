/// GET …/result?wait=: answered at the task's end, or after the wait, without a thread meanwhile.
#include "event/json.h"
#include "support/clock.h"
#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed {
namespace {

using testing::HttpOptions;
using testing::HttpWorld;
using testing::ManualClock;
using testing::RawClient;

std::string ask_result(const Task& task, std::string_view wait) {
  return "GET /v1/tasks/" + task.id.str() + "/result?wait=" + std::string(wait) +
         " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}
const std::string kListAgents = "GET /v1/agents HTTP/1.1\r\nHost: localhost\r\n\r\n";

size_t subscriptions(HttpWorld& world) {
  return world.on_loop([&world] { return world.hub.stats().subscriptions; });
}

/// A world whose server's time stands still until a test moves it.
class HttpWait : public ::testing::Test {
 protected:
  HttpWait() : world(options()) {}
  HttpOptions options() const {
    HttpOptions made;
    made.clock = &clock;
    made.pool.threads = 1;
    return made;
  }
  /// Until so many requests wait: each is a subscription of the hub's.
  void wait_for_waiting(size_t requests) {
    EXPECT_TRUE(world.wait_for([&](const auto&) { return subscriptions(world) == requests; }));
  }
  static std::string status_of(const RawClient::Answer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.head << answer.body;
    const Result<Json> json = parse_json(answer.body);
    EXPECT_TRUE(json.ok()) << answer.body;
    return json ? string_at(*json, "status") : "";
  }

  ManualClock clock;
  HttpWorld world;
};

TEST_F(HttpWait, IsAnsweredWhenTheTaskHasEnded) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  wait_for_waiting(1);
  world.publish(task.id, "WorkflowStarted");
  world.publish(task.id, "WorkflowCompleted", {{"final_response", "done"}});
  const auto answer = client.read_answer();
  EXPECT_EQ(status_of(answer), "completed");
  EXPECT_NE(answer.body.find("\"response\":\"done\""), std::string::npos) << answer.body;
  wait_for_waiting(0);
  // The connection goes on.
  client.send(kListAgents);
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpWait, IsAnsweredAtOnceWhereTheTaskHadEnded) {
  const Task task = world.create_task();
  world.publish(task.id, "WorkflowStarted");
  world.publish(task.id, "WorkflowFailed", {{"error", "no"}});
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  EXPECT_EQ(status_of(client.read_answer()), "failed");
}

TEST_F(HttpWait, IsAnsweredAsTheTaskStandsWhenItIsOver) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "30s"));
  wait_for_waiting(1);
  world.publish(task.id, "WorkflowStarted");
  clock.advance(std::chrono::seconds(31));
  EXPECT_EQ(status_of(client.read_answer()), "running");
  wait_for_waiting(0);
}

TEST_F(HttpWait, IsNotOverBeforeItsTime) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "30s"));
  wait_for_waiting(1);
  // One that is silent for ten seconds is closed: so the server has seen the time pass.
  RawClient silent(world.address);
  EXPECT_TRUE(world.wait_for([](const auto& stats) { return stats.accepted == 2; }));
  clock.advance(std::chrono::seconds(29));
  EXPECT_TRUE(silent.sees_end());
  wait_for_waiting(1);
}

TEST_F(HttpWait, HoldsNoThread) {
  const Task task = world.create_task();
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (size_t i = 0; i < 20; ++i) {
    waiting.push_back(std::make_unique<RawClient>(world.address));
    waiting.back()->send(ask_result(task, "60s"));
  }
  wait_for_waiting(waiting.size());
  RawClient other(world.address);
  other.send(kListAgents);
  EXPECT_EQ(other.read_answer().status, 200);
  world.publish(task.id, "WorkflowStarted");
  world.publish(task.id, "WorkflowCancelled");
  for (const auto& client : waiting) EXPECT_EQ(status_of(client->read_answer()), "cancelled");
}

TEST_F(HttpWait, HoldsTheRequestsThatWereSentAheadBack) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s") + kListAgents);
  wait_for_waiting(1);
  world.publish(task.id, "WorkflowStarted");
  world.publish(task.id, "WorkflowCompleted");
  EXPECT_EQ(status_of(client.read_answer()), "completed");
  EXPECT_NE(client.read_answer().body.find("\"agents\""), std::string::npos);
}

TEST_F(HttpWait, EndsWithAServerThatIsStopped) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  wait_for_waiting(1);
  world.on_loop([this] { world.server->drain(std::chrono::seconds(10)); });
  const auto answer = client.read_answer();
  EXPECT_EQ(status_of(answer), "submitted");
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client.sees_end());
  wait_for_waiting(0);
}

TEST_F(HttpWait, EndsWithAHubThatIsStopped) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  wait_for_waiting(1);
  world.on_loop([this] { world.hub.shutdown(); });
  EXPECT_EQ(status_of(client.read_answer()), "submitted");
}

TEST_F(HttpWait, EndsWithItsConnection) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  wait_for_waiting(1);
  client.reset();
  wait_for_waiting(0);
  EXPECT_EQ(world.stats().connections, 0u);
}

TEST_F(HttpWait, IsStillAnsweredToAClientThatHasNothingMoreToSay) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  client.half_close();
  wait_for_waiting(1);
  world.publish(task.id, "WorkflowStarted");
  world.publish(task.id, "WorkflowCompleted");
  EXPECT_EQ(status_of(client.read_answer()), "completed");
  EXPECT_TRUE(client.sees_end());
}

TEST_F(HttpWait, MayBeUnderWayWhenTheServerGoes) {
  const Task task = world.create_task();
  RawClient client(world.address);
  client.send(ask_result(task, "60s"));
  wait_for_waiting(1);
  world.on_loop([this] { world.server.reset(); });
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(subscriptions(world), 0u);
}

TEST(HttpWaitLimits, TooManyThatWaitAreToldToComeBack) {
  HttpOptions options;
  options.hub.subscriptions_max = 1;
  HttpWorld world(options);
  const Task task = world.create_task();
  RawClient first(world.address);
  first.send(ask_result(task, "60s"));
  EXPECT_TRUE(world.wait_for([&](const auto&) { return subscriptions(world) == 1; }));
  RawClient second(world.address);
  second.send(ask_result(task, "60s"));
  const auto answer = second.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: "), std::string::npos);
}

}  // namespace
}  // namespace taskfeed
