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
