/// A connection over a socket, request by request.
#include "support/api_world.h"
#include "support/gated_tasks.h"
#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed {
namespace {

using testing::GatedTasks;
using testing::HttpOptions;
using testing::HttpWorld;
using testing::RawClient;

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}
std::string post(std::string_view target, std::string_view body, std::string_view fields = "") {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}
constexpr std::string_view kTasks = "/api/v1/agents/agent-1/tasks";

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(HttpConnection, AnswersOneRequestAfterTheOther) {
  HttpWorld world;
  RawClient client(world.address);
  for (int i = 0; i < 3; ++i) {
    client.send(get("/livez"));
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_FALSE(holds(answer.head, "Connection:"));
    client.send(post(kTasks, R"({"description":"d"})"));
    EXPECT_EQ(client.read_answer().status, 201);
  }
  EXPECT_EQ(world.stats().accepted, 1u);
  EXPECT_EQ(world.stats().requests, 6u);
}

TEST(HttpConnection, AnswersInTheOrderInWhichItWasAsked) {
  HttpWorld world;
  RawClient client(world.address);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += get("/nowhere/" + std::to_string(i)) + get("/livez");
  client.send(requests);
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 404);
    EXPECT_TRUE(holds(answer.body, "\"/nowhere/" + std::to_string(i) + "\"")) << answer.body;
    EXPECT_EQ(client.read_answer().status, 200);
  }
}

TEST(HttpConnection, GivesEachRequestAnIdOfItsOwn) {
  HttpWorld world;
  RawClient client(world.address);
  client.send(get("/nowhere") + get("/nowhere"));
  const auto id_of = [](const std::string& head) {
    return head.substr(head.find("X-Request-Id: ") + 14, 16);
  };
  const auto first = client.read_answer();
  const auto second = client.read_answer();
  EXPECT_NE(id_of(first.head), id_of(second.head));
  EXPECT_TRUE(holds(first.body, "\"request_id\":\"" + id_of(first.head) + "\"")) << first.body;
}

TEST(HttpConnection, EndsWhereTheClientAsksForIt) {
  HttpWorld world;
  RawClient client(world.address);
  client.send(get("/livez", "Connection: close\r\n"));
  EXPECT_TRUE(holds(client.read_answer().head, "Connection: close\r\n"));
  EXPECT_TRUE(client.sees_end());
}

TEST(HttpConnection, EndsAfterAnHttp10RequestUnlessAskedOtherwise) {
  HttpWorld world;
  RawClient client(world.address);
  client.send("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(holds(client.read_answer().head, "Connection: keep-alive\r\n"));
  client.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(holds(client.read_answer().head, "Connection: close\r\n"));
  EXPECT_TRUE(client.sees_end());
}

TEST(HttpConnection, AnswersAClientThatHasSaidAllItWanted) {
  HttpWorld world;
  RawClient client(world.address);
  client.send(post(kTasks, "{}"));
  client.half_close();
  EXPECT_EQ(client.read_answer().status, 201);
  EXPECT_TRUE(client.sees_end());
}

TEST(HttpConnection, EndsQuietlyWhereAClientLeavesInTheMiddle) {
  HttpWorld world;
  for (const std::string_view part : {"", "GE", "GET / HTTP/1.1\r\nHo",
                                      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
                                      "\r\n{"}) {
    RawClient closes(world.address);
    RawClient resets(world.address);
    closes.send(part);
    resets.send(part);
    closes.close();
    resets.reset();
  }
  EXPECT_TRUE(world.wait_for(
      [](const auto& stats) { return stats.accepted == 8 && stats.connections == 0; }));
}

TEST(HttpConnection, RefusesWhatCannotBeFramedAndEnds) {
  HttpWorld world;
  for (const auto& [bytes, status] :
       {std::pair("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        std::pair("GET / HTTP/1.1\r\n\r\n", 400), std::pair("\x16\x03\x01", 400),
        std::pair("GET / HTTP/2.0\r\n", 505),
        std::pair("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999\r\n\r\n", 413),
        std::pair("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                  501)}) {
    RawClient client(world.address);
    client.send(std::string(bytes) + get("/hidden"));
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, status) << bytes;
    EXPECT_TRUE(holds(answer.head, "Content-Type: application/problem+json\r\n")) << answer.head;
    EXPECT_TRUE(holds(answer.head, "Connection: close\r\n")) << answer.head;
    EXPECT_EQ(client.read_all(), "");
  }
  EXPECT_EQ(world.stats().refused, 6u);
  EXPECT_EQ(world.stats().requests, 0u);
}

/// RFC 9110, 9.3.1: content of a GET has no meaning, and is no reason to close.
TEST(HttpConnection, TakesTheContentOfAGetAndGoesOn) {
  HttpWorld world;
  RawClient client(world.address);
  client.send(get("/livez", "Content-Length: 5\r\n") + "GET /" + get("/version"));
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(holds(client.read_answer().body, "taskfeed"));
  client.send(get("/v1/agents", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{\"a\":");
  EXPECT_EQ(client.read_answer().status, 200);
  client.send(get("/livez", "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n0\r\n\r\n");
  const auto last = client.read_answer();
  EXPECT_EQ(last.status, 200);
  EXPECT_FALSE(holds(last.head, "Connection:"));
  EXPECT_EQ(world.stats().accepted, 1u);
}

TEST(HttpConnection, TakesNoMoreContentOfAGetThanOfOthers) {
  HttpWorld world;
  RawClient client(world.address);
  client.send(get("/livez", "Content-Length: 5000000\r\n"));
  EXPECT_EQ(client.read_answer().status, 413);
  EXPECT_TRUE(client.sees_end());
}

TEST(HttpConnection, AnswersARefusalAlsoToAClientThatSendsOn) {
  HttpWorld world;
  RawClient client(world.address);
  client.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\n");
  client.send(std::string(256 * 1024, 'x'));
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(client.send(std::string(256 * 1024, 'x')));
  EXPECT_TRUE(client.sees_end());
}

TEST(HttpConnection, NamesNoHostOnALocalSocket) {
  HttpOptions options;
  options.listen = "unix:" + ::testing::TempDir() + "taskfeed-http-" + std::to_string(getpid());
  HttpWorld world(options);
  RawClient client(world.address);
  client.send("GET /livez HTTP/1.1\r\nHost: anything.example\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST(HttpContinue, IsSentBeforeABodyThatWillBeTaken) {
  HttpWorld world;
  RawClient client(world.address);
  const std::string request = post(kTasks, "{}", "Expect: 100-continue\r\n");
  client.send(request.substr(0, request.size() - 2));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  EXPECT_EQ(client.read_answer().status, 201);
  client.send(get("/livez"));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST(HttpContinue, IsNotSentBeforeABodyThatWillNotBeTaken) {
  HttpWorld world;
  for (const auto& [target, status] : {std::pair("/nowhere", 404), std::pair("/health", 405)}) {
    RawClient client(world.address);
    const std::string request = post(target, "{}", "Expect: 100-continue\r\n");
    client.send(request.substr(0, request.size() - 2));
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, status);
    EXPECT_TRUE(holds(answer.head, "Connection: close\r\n"));
    EXPECT_TRUE(client.sees_end());
  }
}

class HttpUnderWay : public ::testing::Test {
 protected:
  void start(HttpOptions options = {}) {
    options.tasks = &gated;
    world.emplace(options);
  }
  void TearDown() override { gated.open(); }

  testing::ApiWorld behind;
  GatedTasks gated{behind.tasks};
  std::optional<HttpWorld> world;
};

TEST_F(HttpUnderWay, CallsThatWaitDoNotHoldUpProbes) {
  start();
  std::vector<std::unique_ptr<RawClient>> callers;
  for (int i = 0; i < 20; ++i) {
    callers.push_back(std::make_unique<RawClient>(world->address));
    callers.back()->send(get("/v1/agents"));
  }
  gated.wait_for(2);  // Each of the two threads for calls.
  for (const std::string_view probe : {"/health", "/livez", "/readyz", "/version"}) {
    RawClient client(world->address);
    client.send(get(probe));
    EXPECT_EQ(client.read_answer().status, 200);
  }
  gated.open();
  for (const auto& caller : callers) EXPECT_EQ(caller->read_answer().status, 200);
}

TEST_F(HttpUnderWay, CallsBeyondTheQueueAreTurnedAway) {
  start({.pool = {.threads = 1, .calls_queued_max = 1}});
  RawClient running(world->address);
  running.send(get("/v1/agents"));
  gated.wait_for(1);
  RawClient queued(world->address);
  queued.send(get("/v1/agents"));
  ASSERT_TRUE(world->wait_for([](const auto& stats) { return stats.requests == 2; }));
  RawClient third(world->address);
  third.send(get("/v1/agents"));
  const auto answer = third.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(holds(answer.head, "Retry-After: "));
  gated.open();
  EXPECT_EQ(running.read_answer().status, 200);
  EXPECT_EQ(queued.read_answer().status, 200);
}

TEST_F(HttpUnderWay, WhatIsSentAheadIsAnsweredInItsTurn) {
  start();
  RawClient client(world->address);
  std::string requests = get("/v1/agents");
  constexpr int kAhead = 5'000;  // Far more than read_ahead_bytes_max.
  for (int i = 0; i < kAhead; ++i) requests += get("/livez");
  std::thread sender([&] { client.send(requests); });
  gated.wait_for(1);
  gated.open();
  for (int i = 0; i <= kAhead; ++i) ASSERT_EQ(client.read_answer().status, 200) << i;
  sender.join();
}

TEST_F(HttpUnderWay, AClientThatLeavesMeanwhileIsForgotten) {
  start();
  {
    RawClient client(world->address);
    client.send(get("/v1/agents"));
    gated.wait_for(1);
    client.reset();
  }
  EXPECT_TRUE(world->wait_for([](const auto& stats) { return stats.connections == 0; }));
  gated.open();
  RawClient client(world->address);
  client.send(get("/v1/agents"));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpUnderWay, IsAnsweredWhileTheDaemonStopsAndThenEnds) {
  start();
  RawClient idle(world->address);
  idle.send(get("/livez"));
  EXPECT_EQ(idle.read_answer().status, 200);
  RawClient asking(world->address);
  asking.send(get("/v1/agents"));
  gated.wait_for(1);
  world->on_loop([this] { world->server->drain(Milliseconds(60'000)); });
  EXPECT_TRUE(idle.sees_end());
  EXPECT_FALSE(world->on_loop([this] { return world->server->idle(); }));
  gated.open();
  const auto answer = asking.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(holds(answer.head, "Connection: close\r\n"));
  EXPECT_TRUE(asking.sees_end());
  EXPECT_TRUE(world->on_loop([this] { return world->server->idle(); }));
}

TEST_F(HttpUnderWay, OfHttp10IsAnsweredWithOneConnectionField) {
  start();
  RawClient asking(world->address);
  asking.send("GET /v1/agents HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  gated.wait_for(1);
  world->on_loop([this] { world->server->drain(Milliseconds(60'000)); });
  gated.open();
  const auto answer = asking.read_answer();
  EXPECT_TRUE(answer.head.ends_with("\r\nConnection: close\r\n\r\n")) << answer.head;
  EXPECT_FALSE(holds(answer.head, "keep-alive")) << answer.head;
  EXPECT_TRUE(holds(answer.body, "\"agents\"")) << answer.body;
}

TEST_F(HttpUnderWay, IsCutOffWhereTheGraceIsOver) {
  start();
  RawClient asking(world->address);
  asking.send(get("/v1/agents"));
  gated.wait_for(1);
  world->on_loop([this] { world->server->drain(Milliseconds(1)); });
  EXPECT_EQ(asking.read_all(), "");
  EXPECT_TRUE(world->on_loop([this] { return world->server->idle(); }));
}

}  // namespace
}  // namespace taskfeed
