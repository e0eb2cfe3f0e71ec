/// One stream over many tasks, over a socket.
#include "event/many_cursor.h"
#include "support/stream_client.h"

namespace taskfeed {
namespace {

using testing::HttpWorld;
using testing::RawClient;
using testing::StreamFrame;

class ManyClient {
 public:
  ManyClient(const HttpWorld& world, const std::string& query, const std::string& id = "")
      : client_(world.address) {
    client_.send("GET /api/v1/events/stream" + query + " HTTP/1.0\r\nHost: localhost\r\n" +
                 (id.empty() ? "" : "Last-Event-ID: " + id + "\r\n") + "\r\n");
    head = client_.read_until("\r\n\r\n");
  }
  /// "open live", "T 3", "gap", "T completed", "end"; ids alone are noted and passed over.
  std::string next() {
    for (;;) {
      const StreamFrame frame{client_.read_until("\n\n")};
      if (const auto id = frame.line("id")) last_id = *id;
      if (!frame.line("data")) continue;
      const std::string event = frame.line("event").value_or("");
      const Json data = frame.data();
      if (event == "stream.open") return "open " + string_at(data, "replay");
      if (event == "stream.gap") return "gap " + string_at(data, "reason");
      if (event == "stream.end") return "end";
      if (event == "stream.task_end") {
        return string_at(data, "task_id") + " " + string_at(data, "status");
      }
      const std::string cursor = frame.line("cursor").value_or("-");
      return string_at(data, "task_id") + " " + cursor.substr(0, cursor.find('-'));
    }
  }
  /// Until the connection ends.
  std::string rest() {
    std::string bytes = client_.read_all();
    for (size_t at = bytes.find("id: m1"); at != std::string::npos;
         at = bytes.find("id: m1", at + 1)) {
      last_id = bytes.substr(at + 4, bytes.find('\n', at) - at - 4);
    }
    return bytes;
  }

  std::string head;
  std::string last_id;

 private:
  RawClient client_;
};

class ManyOverASocket : public ::testing::Test {
 protected:
  Task create() {
    const Task task = world.create_task();
    world.loop->post([] {});  // A turn, in which the feed is pumped.
    return task;
  }
  void say(const Task& task) { world.publish(task.id, "WorkflowProgressUpdated"); }
  void complete(const Task& task) { world.publish(task.id, "WorkflowCompleted"); }

  HttpWorld world;
};

TEST_F(ManyOverASocket, NewTasksAreHeardFromTheirFirstEventAndEndsDoNotEndIt) {
  const Task one = create();
  ManyClient client(world, "");
  EXPECT_TRUE(client.head.starts_with("HTTP/1.1 200 OK\r\n")) << client.head;
  EXPECT_EQ(client.next(), "open live");
  say(one);
  EXPECT_EQ(client.next(), one.id.str() + " 1");
  const Task two = create();
  complete(two);
  EXPECT_EQ(client.next(), two.id.str() + " 1");
  EXPECT_EQ(client.next(), two.id.str() + " completed");
  say(one);
  EXPECT_EQ(client.next(), one.id.str() + " 2");
  EXPECT_EQ(world.stats().streams, 1u);
}

TEST_F(ManyOverASocket, AReaderThatIsSentAwayComesBackWithoutAHoleOrARepeat) {
  const Task one = create();
  ManyClient client(world, "");
  EXPECT_EQ(client.next(), "open live");
  say(one);
  EXPECT_EQ(client.next(), one.id.str() + " 1");
  world.on_loop([this] { world.server->drain(Milliseconds(5'000)); });
  const std::string farewell = client.rest();
  EXPECT_NE(farewell.find("retry: "), std::string::npos);
  const ManyCursor place = ManyCursor::parse(client.last_id).value();
  EXPECT_EQ(place.open.at(one.id).seq, 1u) << "its last id is said when it is let go";
}

TEST_F(ManyOverASocket, NamedTasksEndItAndWhoHasThemIsToldNotToComeBack) {
  const Task one = create();
  say(one);
  complete(one);
  const std::string query = "?task=" + one.id.str();
  ManyClient client(world, query);
  EXPECT_EQ(client.next(), "open complete");
  EXPECT_EQ(client.next(), one.id.str() + " 1");
  EXPECT_EQ(client.next(), one.id.str() + " 2");
  EXPECT_EQ(client.next(), one.id.str() + " completed");
  EXPECT_EQ(client.next(), "end");
  client.rest();
  ManyClient again(world, query, client.last_id);
  EXPECT_TRUE(again.head.starts_with("HTTP/1.1 204 ")) << again.head;
}

TEST_F(ManyOverASocket, AReaderThatLeavesIsForgotten) {
  {
    ManyClient client(world, "");
    EXPECT_EQ(client.next(), "open live");
    EXPECT_EQ(world.on_loop([this] { return world.hub.stats().subscriptions; }), 1u);
  }
  EXPECT_TRUE(world.wait_for([](const http::ServerStats& stats) { return stats.streams == 0; }));
  EXPECT_EQ(world.on_loop([this] { return world.hub.stats().subscriptions; }), 0u);
}

}  // namespace
}  // namespace taskfeed
