/// Many connections at once, within one process: this end's sockets and the server's.
#include <sys/resource.h>

#include "support/clock.h"
#include "support/stream_client.h"

namespace taskfeed {
namespace {

using testing::HttpOptions;
using testing::HttpWorld;
using testing::ManualClock;
using testing::RawClient;
using testing::StreamClient;
using Crowd = std::vector<std::unique_ptr<RawClient>>;

const std::string kHealth = "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string kAgents = "GET /v1/agents HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Both ends of so many connections fit into this process.
size_t crowd_of(size_t wanted) {
  rlimit files{};
  TF_ASSERT(getrlimit(RLIMIT_NOFILE, &files) == 0);
  files.rlim_cur = files.rlim_max;
  TF_ASSERT(setrlimit(RLIMIT_NOFILE, &files) == 0);
  return std::min<size_t>(wanted, (files.rlim_cur - 128) / 2);
}

Crowd connect(const HttpWorld& world, size_t count) {
  Crowd crowd;
  for (; count > 0; --count) crowd.push_back(std::make_unique<RawClient>(world.address));
  return crowd;
}

void expect_health(const HttpWorld& world) {
  RawClient client(world.address);
  for (int i = 0; i < 20; ++i) {
    client.send(kHealth);
    ASSERT_EQ(client.read_answer().status, 200);
  }
}

TEST(HttpCrowd, OfIdleAndSlowConnectionsDoesNotDisturbHealth) {
  HttpWorld world;
  const size_t size = crowd_of(1'000);
  const std::string post =
      "POST /v1/agents/agent-1/tasks HTTP/1.1\r\nHost: localhost\r\n"
      "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  // Silent; within the head; within the body.
  const Crowd crowd = connect(world, size);
  for (size_t at = 0; at < crowd.size(); ++at) {
    if (at % 3 == 1) crowd[at]->send(kHealth.substr(0, at % kHealth.size()));
    if (at % 3 == 2) crowd[at]->send(post.substr(0, post.size() - 1));
  }
  ASSERT_TRUE(world.wait_for([&](const auto& stats) { return stats.connections == size; }));
  expect_health(world);
  // Another byte from each, while health is asked for.
  std::thread asking([&] { expect_health(world); });
  for (size_t at = 0; at < crowd.size(); ++at) {
    if (at % 3 == 1) crowd[at]->send(kHealth.substr(at % kHealth.size(), 1));
  }
  asking.join();
  // Nobody was forgotten.
  for (size_t at = 0; at < crowd.size(); ++at) {
    if (at % 3 == 0) crowd[at]->send(kHealth);
    if (at % 3 == 1)
      crowd[at]->send(kHealth.substr(std::min(at % kHealth.size() + 1, kHealth.size())));
    if (at % 3 == 2) crowd[at]->send("}");
    EXPECT_EQ(crowd[at]->read_answer().status, at % 3 == 2 ? 201 : 200) << at;
  }
  EXPECT_EQ(world.stats().refused, 0u);
}

TEST(HttpCrowd, OfStreamsGetsOneEventEachAndDoesNotDisturbHealth) {
  HttpWorld world;
  const Task task = world.create_task();
  const size_t size = crowd_of(1'000);
  std::vector<std::unique_ptr<StreamClient>> crowd;
  for (size_t at = 0; at < size; ++at) {
    crowd.push_back(std::make_unique<StreamClient>(world, task));
  }
  EXPECT_EQ(world.stats().streams, size);
  expect_health(world);
  world.publish(task.id, "note");
  for (const auto& client : crowd) {
    ASSERT_EQ(client->next(2), (StreamClient::Words{"open complete", "1"}));
  }
  crowd.clear();
  EXPECT_TRUE(world.wait_for([](const auto& stats) { return stats.connections == 0; }));
}

/// Time stands still: nobody waits long enough to be evicted unless the test says so.
class HttpCrowdLimit : public ::testing::Test {
 protected:
  HttpCrowdLimit() : world(options()), task(world.create_task()) {}
  HttpOptions options() const {
    HttpOptions made;
    made.server.connections_max = 8;
    made.clock = &clock;
    return made;
  }
  /// Never idle, so never evicted.
  void fill_with_streams() {
    for (int i = 0; i < 8; ++i) streams.push_back(std::make_unique<StreamClient>(world, task));
  }

  ManualClock clock;
  HttpWorld world;
  Task task;
  std::vector<std::unique_ptr<StreamClient>> streams;
};

TEST_F(HttpCrowdLimit, TurnsAwayAllButProbes) {
  fill_with_streams();
  RawClient call(world.address);
  call.send(kAgents);
  const auto refused = call.read_answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.head.find("Retry-After: "), std::string::npos);
  EXPECT_TRUE(call.sees_end());
  call.close();
  expect_health(world);
  streams.pop_back();
  ASSERT_TRUE(world.wait_for([](const auto& stats) { return stats.connections == 7; }));
  RawClient again(world.address);
  again.send(kAgents);
  EXPECT_EQ(again.read_answer().status, 200);
}

TEST_F(HttpCrowdLimit, TurnsAwayUnreadWhatIsFarBeyondIt) {
  fill_with_streams();
  const Crowd probes = connect(world, 64);  // As many more are let in, for probes.
  ASSERT_TRUE(world.wait_for([](const auto& stats) { return stats.connections == 72; }));
  RawClient last(world.address);
  const auto answer = last.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.head.find("Retry-After: "), std::string::npos);
  EXPECT_TRUE(last.sees_end());
  EXPECT_EQ(world.stats().turned_away, 1u);
}

TEST_F(HttpCrowdLimit, MakesRoomByClosingWhoHasWaitedLongest) {
  StreamClient pace(world, task, {.query = "?heartbeat=5"});
  pace.next();
  const Crowd idle = connect(world, 7);
  ASSERT_TRUE(world.wait_for([](const auto& stats) { return stats.connections == 8; }));
  clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(pace.next().bytes, ": hb\n\n");  // The server has seen the time pass.
  RawClient next(world.address);
  next.send(kAgents);
  EXPECT_EQ(next.read_answer().status, 200);
  EXPECT_TRUE(idle[0]->sees_end());
  idle[1]->send(kAgents);
  EXPECT_EQ(idle[1]->read_answer().status, 200);
  EXPECT_EQ(world.stats().connections, 8u);
}

}  // namespace
}  // namespace taskfeed
