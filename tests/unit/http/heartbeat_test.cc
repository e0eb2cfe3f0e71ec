/// Heartbeats of streams. Time is the test's; that the server has seen it pass is a fact to wait
/// for, like any other.
#include "support/clock.h"
#include "support/stream_client.h"

namespace taskfeed {
namespace {

using testing::HttpOptions;
using testing::HttpWorld;
using testing::ManualClock;
using testing::StreamClient;
using testing::StreamFrame;
using Words = StreamClient::Words;

const std::string kComment = ": hb\n\n";

class HttpHeartbeat : public ::testing::Test {
 protected:
  HttpHeartbeat() : world(options()), task(world.create_task()) {}
  HttpOptions options() const {
    HttpOptions made;
    made.clock = &clock;
    return made;
  }
  void pass(int seconds) { clock.advance(std::chrono::seconds(seconds)); }

  ManualClock clock;
  HttpWorld world;
  Task task;
};

TEST_F(HttpHeartbeat, IsACommentAfterFifteenSecondsOfSilence) {
  StreamClient client(world, task);
  EXPECT_EQ(client.next().data()["heartbeat_ms"], 15'000);
  for (int i = 0; i < 3; ++i) {
    pass(16);
    EXPECT_EQ(client.next().bytes, kComment);
  }
}

TEST_F(HttpHeartbeat, ComesAsOftenAsAsked) {
  StreamClient client(world, task, {.query = "?heartbeat=5"});
  EXPECT_EQ(client.next().data()["heartbeat_ms"], 5'000);
  pass(6);
  EXPECT_EQ(client.next().bytes, kComment);
}

TEST_F(HttpHeartbeat, IsANamedEventWhereThatIsAsked) {
  StreamClient client(world, task, {.query = "?heartbeat_event=1"});
  client.next();
  pass(16);
  EXPECT_EQ(client.next().bytes, "event: heartbeat\ndata: {}\n\n");
}

TEST_F(HttpHeartbeat, IsPutOffByEveryEvent) {
  StreamClient pace(world, task, {.query = "?heartbeat=5"});
  StreamClient client(world, task);
  pace.next();
  EXPECT_EQ(client.next(1), (Words{"open complete"}));
  for (int seq = 1; seq <= 4; ++seq) {
    pass(13);
    EXPECT_EQ(pace.next().bytes, kComment);  // The server has seen the time pass.
    world.publish(task.id, "note");
    EXPECT_EQ(pace.next(1), (Words{std::to_string(seq)}));
    EXPECT_EQ(client.next(1), (Words{std::to_string(seq)}));
  }
}

TEST_F(HttpHeartbeat, LeavesTheCursorWhereItIs) {
  world.publish(task.id, "note");
  StreamClient client(world, task);
  EXPECT_EQ(client.next(2), (Words{"open complete", "1"}));
  const std::string before = client.last_id;
  pass(16);
  const StreamFrame heartbeat = client.next();
  EXPECT_FALSE(heartbeat.line("id").has_value());
  EXPECT_EQ(client.last_id, before);
}

}  // namespace
}  // namespace taskfeed
