/// Clients that are slow or silent, by the test's clock. That the server has seen time pass is told
/// by a connection whose deadline is the nearest.
#include "support/clock.h"
#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed {
namespace {

using testing::HttpOptions;
using testing::HttpWorld;
using testing::ManualClock;
using testing::RawClient;

std::string post_head(size_t body_bytes) {
  return "POST /v1/agents/agent-1/tasks HTTP/1.1\r\nHost: localhost\r\n"
         "Content-Type: application/json\r\nContent-Length: " +
         std::to_string(body_bytes) + "\r\n\r\n";
}
const std::string kLive = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

class HttpTimeout : public ::testing::Test {
 protected:
  HttpTimeout() : world(options()) {}
  HttpOptions options() const {
    HttpOptions made;
    made.clock = &clock;
    return made;
  }
  /// At least ten seconds: a silent connection that is made first is closed after them.
  void pass(int seconds) {
    RawClient silent(world.address);
    const uint64_t accepted = ++accepted_;
    ASSERT_TRUE(world.wait_for([&](const auto& stats) { return stats.accepted == accepted; }));
    clock.advance(std::chrono::seconds(seconds));
    EXPECT_TRUE(silent.sees_end());
  }
  std::unique_ptr<RawClient> connect() {
    auto client = std::make_unique<RawClient>(world.address);
    ++accepted_;
    EXPECT_TRUE(world.wait_for([this](const auto& stats) { return stats.accepted == accepted_; }));
    return client;
  }

  ManualClock clock;
  HttpWorld world;

 private:
  uint64_t accepted_ = 0;
};

TEST_F(HttpTimeout, ConnectionsThatSayNothingAreClosed) {
  const auto client = connect();
  pass(11);
  EXPECT_EQ(client->read_all(), "");
}

TEST_F(HttpTimeout, HeadsAreThereWithinTenSeconds) {
  const auto client = connect();
  client->send("GET /livez HTTP/1.1\r\nHost: loc");
  pass(11);
  const auto answer = client->read_answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_NE(answer.head.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client->sees_end());
}

TEST_F(HttpTimeout, HeadsAreNotPutOffByComingInDribs) {
  const auto client = connect();
  client->send("GET / HTTP/1.1\r\nHost: localhost\r\n");
  std::vector<std::unique_ptr<RawClient>> others;
  for (int second = 0; second < 12; ++second) {
    client->send("X: y\r\n");
    others.push_back(connect());  // What was sent before has been read by then.
    clock.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(client->read_answer().status, 408);
}

TEST_F(HttpTimeout, BodiesComeWithAKibibyteASecond) {
  const auto slow = connect();
  const auto quick = connect();
  const std::string body = "{\"description\":\"" + std::string(60'000, 'x') + "\"}";
  slow->send(post_head(body.size()) + body.substr(0, 9'000));
  quick->send(post_head(body.size()) + body.substr(0, 50'000));
  pass(11);
  EXPECT_EQ(slow->read_answer().status, 408);
  EXPECT_TRUE(slow->sees_end());
  pass(11);
  quick->send(body.substr(50'000));
  EXPECT_EQ(quick->read_answer().status, 201);
}

TEST_F(HttpTimeout, ConnectionsMayBeIdleForAMinuteBetweenRequests) {
  const auto client = connect();
  client->send(kLive);
  EXPECT_EQ(client->read_answer().status, 200);
  pass(55);
  client->send(kLive);
  EXPECT_EQ(client->read_answer().status, 200);
  pass(62);
  EXPECT_EQ(client->read_all(), "");
}

TEST_F(HttpTimeout, TheSecondRequestHasTenSecondsFromItsFirstByte) {
  const auto client = connect();
  client->send(kLive);
  EXPECT_EQ(client->read_answer().status, 200);
  pass(30);
  client->send(kLive.substr(0, 20));
  pass(5 + 11);
  EXPECT_EQ(client->read_answer().status, 408);
}

TEST_F(HttpTimeout, WhoWasRefusedAndSendsOnIsWaitedForBriefly) {
  const auto client = connect();
  client->send("GET / HTTP/3.0\r\n");
  EXPECT_EQ(client->read_answer().status, 505);
  pass(11);
  EXPECT_TRUE(world.wait_for([](const auto& stats) { return stats.connections == 0; }));
}

}  // namespace
}  // namespace taskfeed
