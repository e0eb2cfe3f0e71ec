#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed {
namespace {

using testing::HttpWorld;
using testing::RawClient;

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

TEST(HttpServer, AnswersAProbe) {
  HttpWorld world;
  RawClient client(world.address);
  client.send(get("/health"));
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200) << answer.head;
  EXPECT_NE(answer.body.find("\"status\":\"ok\""), std::string::npos) << answer.body;
}

/// "GET /health 200", with how often; "- 404" of what no route was found for.
std::map<std::string, uint64_t> answers(HttpWorld& world) {
  const http::RequestStats stats =
      world.on_loop([&world] { return world.server->request_stats(); });
  std::map<std::string, uint64_t> named;
  for (const auto& [key, count] : stats.answers()) {
    const std::string route = key.route == nullptr ? "-"
                                                   : std::string(key.route->method) + " " +
                                                         std::string(key.route->pattern);
    named[route + " " + std::to_string(key.status)] = count;
  }
  return named;
}

TEST(HttpServer, CountsAnswersByRouteAndStatus) {
  HttpWorld world;
  const Task task = world.create_task();
  for (const std::string& target :
       {std::string("/health"), std::string("/health/?x=y"), std::string("/nowhere"),
        std::string("/v1/agents/agent-1"), std::string("/api/v1/agents/nobody"),
        "/v1/tasks/" + task.id.str(), HttpWorld::stream_target(task)}) {
    RawClient client(world.address);
    client.send(get(target));
    client.read_until("\r\n\r\n");
  }
  RawClient client(world.address);
  client.send("GET / HTTP/1.1\r\n\r\n");  // Without Host.
  EXPECT_EQ(client.read_answer().status, 400);
  const std::map<std::string, uint64_t> expected{{"GET /health 200", 2},
                                                 {"- 404", 1},
                                                 {"- 400", 1},
                                                 {"GET /agents/{agent} 200", 1},
                                                 {"GET /agents/{agent} 404", 1},
                                                 {"GET {task} 200", 1},
                                                 {"GET {task}/events/stream 200", 1}};
  EXPECT_EQ(answers(world), expected);
}

TEST(HttpServer, CountsHowLongAnswersTook) {
  HttpWorld world;
  for (int i = 0; i < 3; ++i) {
    RawClient client(world.address);
    client.send(get("/version"));
    client.read_answer();
  }
  const http::RequestStats stats =
      world.on_loop([&world] { return world.server->request_stats(); });
  ASSERT_EQ(stats.times().size(), 1u);
  const http::RequestStats::Times& times = stats.times().begin()->second;
  EXPECT_EQ(std::accumulate(times.buckets.begin(), times.buckets.end(), uint64_t{0}), 3u);
  EXPECT_GT(times.sum.count(), 0);
}

TEST(HttpStream, CountsWhatItSends) {
  HttpWorld world;
  const Task task = world.create_task();
  world.publish(task.id, "WorkflowStarted");
  world.publish(task.id, "WorkflowCompleted");
  RawClient client(world.address);
  client.send(get(HttpWorld::stream_target(task)));
  const size_t bytes = client.read_all().size();
  ASSERT_TRUE(world.wait_for([](const auto& stats) { return stats.connections == 0; }));
  const http::ServerStats stats = world.stats();
  EXPECT_EQ(stats.streams_opened, 1u);
  EXPECT_EQ(stats.streams, 0u);
  EXPECT_EQ(stats.stream_bytes, bytes);
}

TEST(HttpStream, BringsHistoryThenLiveEventsThenTheEnd) {
  HttpWorld world;
  const Task task = world.create_task();
  const Cursor first = world.publish(task.id, "WorkflowStarted");
  RawClient client(world.address);
  client.send(get(HttpWorld::stream_target(task)));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: text/event-stream; charset=utf-8\r\n"), std::string::npos);
  EXPECT_NE(client.read_until("event: stream.open\n").find("retry: "), std::string::npos);
  client.read_until("id: " + first.str() + "\nevent: WorkflowStarted\n");
  const Cursor live = world.publish(task.id, "WorkflowProgressUpdated", {{"percent", 50}});
  client.read_until("id: " + live.str() + "\nevent: WorkflowProgressUpdated\n");
  world.publish(task.id, "WorkflowCompleted", {{"final_response", "done"}});
  const std::string rest = client.read_all();
  EXPECT_NE(rest.find("event: WorkflowCompleted\n"), std::string::npos);
  EXPECT_NE(rest.find("event: stream.end\n"), std::string::npos);
}

}  // namespace
}  // namespace taskfeed
