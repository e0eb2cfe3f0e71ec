/// What stands at the root: /health, /livez, /readyz, /version, /metrics and /openapi.json.
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_json;
using testing::expect_problem;
using testing::Told;

constexpr std::array<std::string_view, 6> kProbes{"/health",  "/livez",   "/readyz",
                                                  "/version", "/metrics", "/openapi.json"};

TEST(ApiHealth, SaysWhatItChecked) {
  ApiWorld world;
  world.health.report.queue_length = 7;
  world.health.report.workers_alive = 2;
  world.health.report.streams = 5;
  const Json json = expect_json(world.get("/health"), 200);
  const Json expected = {{"status", "ok"},
                         {"version", "1.2.3"},
                         {"draining", false},
                         {"checks",
                          {{"redis", {{"status", "ok"}}},
                           {"queue", {{"length", 7}}},
                           {"workers", {{"alive", 2}}},
                           {"streams", {{"open", 5}}}}}};
  EXPECT_EQ(json, expected) << json;
}

TEST(ApiHealth, Is503WhileRedisIsAway) {
  ApiWorld world;
  world.health.reachable = false;
  world.health.report.redis_detail = "connection refused";
  const Json json = expect_json(world.get("/health"), 503);
  EXPECT_EQ(json["status"], "unavailable");
  EXPECT_EQ(json["checks"]["redis"],
            (Json{{"status", "unreachable"}, {"detail", "connection refused"}}));
}

TEST(ApiHealth, IsOkWhileTheDaemonDrains) {
  ApiWorld world;
  world.health.draining = true;
  const Json json = expect_json(world.get("/health"), 200);
  EXPECT_EQ(json["draining"], true);
}

TEST(ApiHealth, CountsWhatTheBridgeHeard) {
  ApiWorld world;
  world.health.report.bridge = http::BridgeReport{
      .listening = true, .counts = {{"heard", 3}, {"stored", 2}}, .unreadable = {{"not_json", 1}}};
  const Json json = expect_json(world.get("/health"), 200);
  const Json expected = {
      {"status", "ok"}, {"heard", 3}, {"stored", 2}, {"unreadable_by_reason", {{"not_json", 1}}}};
  EXPECT_EQ(json["checks"]["bridge"], expected) << json;
}

TEST(ApiHealth, Is503WhileTheBridgeDoesNotListenThoughRequestsAreServed) {
  ApiWorld world;
  world.health.report.bridge = http::BridgeReport{};
  const Json json = expect_json(world.get("/health"), 503);
  EXPECT_EQ(json["checks"]["bridge"]["status"], "not listening");
  expect_json(world.get("/readyz"), 200);
}

TEST(ApiReadyz, Is503WithoutRedisAndWhileTheDaemonDrains) {
  ApiWorld world;
  EXPECT_EQ(expect_json(world.get("/readyz"), 200)["status"], "ok");
  world.health.draining = true;
  EXPECT_EQ(expect_json(world.get("/readyz"), 503)["status"], "unavailable");
  world.health.draining = false;
  world.health.reachable = false;
  EXPECT_EQ(expect_json(world.get("/readyz"), 503)["status"], "unavailable");
}

TEST(ApiLivez, DependsOnNothing) {
  ApiWorld world;
  world.health.draining = true;
  world.health.reachable = false;
  EXPECT_EQ(expect_json(world.get("/livez"), 200), (Json{{"status", "ok"}}));
}

TEST(ApiVersion, NamesTheProgramAndItsVersion) {
  ApiWorld world;
  EXPECT_EQ(expect_json(world.get("/version"), 200),
            (Json{{"name", "taskfeed"}, {"version", "1.2.3"}}));
}

TEST(ApiMetrics, AreTextInTheFormatOfPrometheus) {
  ApiWorld world;
  world.health.reachable = false;
  const Told told = world.get("/metrics");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(told.body, world.health.metrics());
}

TEST(ApiProbes, StandAtTheRootAlone) {
  ApiWorld world;
  for (const std::string_view probe : kProbes) {
    expect_problem(world.get("/api/v1" + std::string(probe)), 404, "not_found");
    expect_problem(world.get("/v1" + std::string(probe)), 404, "not_found");
    expect_problem(world.get(std::string(probe) + "/more"), 404, "not_found");
  }
}

TEST(ApiProbes, TakeATrailingSlashAndAnyQuery) {
  ApiWorld world;
  for (const std::string_view probe : kProbes) {
    const Told bare = world.get(probe);
    EXPECT_EQ(world.get(std::string(probe) + "/").body, bare.body);
    EXPECT_EQ(world.get(std::string(probe) + "?cache=1&x").body, bare.body);
    EXPECT_EQ(world.get(std::string(probe) + "/?x=%ff").body, bare.body);
  }
}

TEST(ApiProbes, HaveALaneOfTheirOwnHoweverTheyAreWritten) {
  for (const std::string_view probe : kProbes) {
    for (const std::string_view after : {"", "/", "?a=b", "/?a=b"}) {
      EXPECT_TRUE(http::is_probe(std::string(probe) + std::string(after))) << probe << after;
    }
  }
  for (const std::string_view other :
       {"/", "*", "", "/healthy", "/health//", "/api/v1/agents", "/v1/health", "?/health"}) {
    EXPECT_FALSE(http::is_probe(other)) << other;
  }
}

TEST(ApiProbes, AreReadOnly) {
  ApiWorld world;
  for (const std::string_view probe : kProbes) {
    for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH"}) {
      const Told told = world.ask({.method = std::string(method), .target = std::string(probe)});
      expect_problem(told, 405, "method_not_allowed");
      EXPECT_EQ(told.field("Allow"), "GET, HEAD, OPTIONS");
    }
  }
}

TEST(ApiProbes, AnswerAHeadAsTheirGetWithoutTheBody) {
  ApiWorld world;
  for (const std::string_view probe : kProbes) {
    const Told got = world.get(probe);
    const Told head = world.ask({.method = "HEAD", .target = std::string(probe)});
    EXPECT_EQ(head.status, got.status);
    EXPECT_EQ(head.field("Content-Length"), got.field("Content-Length"));
    EXPECT_EQ(head.field("Content-Type"), got.field("Content-Type"));
    EXPECT_EQ(head.body, "");
  }
}

}  // namespace
}  // namespace taskfeed
