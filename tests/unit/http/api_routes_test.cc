/// The table of routes: paths, methods, prefixes, content types, and errors of the service.
#include <algorithm>

#include "support/api_world.h"
#include "support/forwarding_tasks.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_problem;
using testing::Told;

/// Each route as a path of that task, under `prefix`.
struct Place {
  std::string_view method;
  std::string path;
};
std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}
std::vector<Place> places(const Task& task, std::string_view prefix) {
  std::vector<Place> all;
  for (const http::Route& route : http::routes()) {
    if (route.probe) continue;
    const std::string pattern(route.pattern);
    std::vector<std::string> paths{pattern};
    if (pattern.starts_with(http::kOfTask)) {
      paths.clear();
      for (const std::string_view root : http::kTaskRoots) {
        paths.push_back(std::string(root) + pattern.substr(http::kOfTask.size()));
      }
    }
    for (std::string& path : paths) {
      path = replaced(path, "{agent}", task.spec.agent.str());
      path = replaced(path, "{task}", task.id.str());
      all.push_back({route.method, std::string(prefix) + path});
    }
  }
  return all;
}

TEST(ApiRoutes, AreThoseOfTheProtocol) {
  std::vector<std::string> names;
  for (const http::Route& route : http::routes()) {
    names.push_back(std::string(route.method) + " " + std::string(route.pattern));
    EXPECT_FALSE(route.summary.empty());
  }
  const std::vector<std::string> expected{"GET /health",
                                          "GET /livez",
                                          "GET /readyz",
                                          "GET /version",
                                          "GET /metrics",
                                          "GET /openapi.json",
                                          "GET /agents",
                                          "POST /agents",
                                          "GET /agents/{agent}",
                                          "PUT /agents/{agent}",
                                          "DELETE /agents/{agent}",
                                          "GET /agents/{agent}/tasks",
                                          "POST /agents/{agent}/tasks",
                                          "GET /tasks",
                                          "GET /events/stream",
                                          "GET {task}",
                                          "DELETE {task}",
                                          "POST {task}/execute",
                                          "POST {task}/cancel",
                                          "POST {task}/pause",
                                          "POST {task}/resume",
                                          "POST {task}/approve",
                                          "POST {task}/input",
                                          "GET {task}/state",
                                          "GET {task}/result",
                                          "GET {task}/events",
                                          "POST {task}/events",
                                          "GET {task}/events/stream"};
  EXPECT_EQ(names, expected);
}

TEST(ApiRoutes, StandUnderBothPrefixesWithAndWithoutATrailingSlash) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view prefix : {"/api/v1", "/v1"}) {
    for (const Place& place : places(task, prefix)) {
      if (place.method != "GET") continue;
      SCOPED_TRACE(place.path);
      const Told bare = world.get(place.path);
      EXPECT_EQ(bare.status, 200);
      const Told slash = world.get(place.path + "/");
      EXPECT_EQ(slash.status, 200);
      EXPECT_EQ(slash.body, bare.body);
      EXPECT_EQ(slash.stream.has_value(), bare.stream.has_value());
    }
  }
}

TEST(ApiRoutes, AnswerAHeadAsTheirGetWithoutTheBody) {
  ApiWorld world;
  const Task task = world.create();
  for (const Place& place : places(task, "/api/v1")) {
    if (place.method != "GET") continue;
    SCOPED_TRACE(place.path);
    const Told got = world.get(place.path);
    const Told head = world.ask({.method = "HEAD", .target = place.path});
    EXPECT_EQ(head.status, got.status);
    EXPECT_EQ(head.field("Content-Type"), got.field("Content-Type"));
    EXPECT_EQ(head.field("Content-Length"), got.field("Content-Length"));
    EXPECT_EQ(head.body, "");
    EXPECT_FALSE(head.stream.has_value());
  }
}

TEST(ApiRoutes, RefuseOtherMethodsAndNameThoseThatArePossible) {
  ApiWorld world;
  const Task task = world.create();
  const std::vector<Place> all = places(task, "/api/v1");
  for (const Place& place : all) {
    SCOPED_TRACE(place.path);
    std::vector<std::string> possible;
    for (const Place& each : all) {
      if (each.path == place.path) possible.emplace_back(each.method);
    }
    const std::string allow = world.ask({.method = "OPTIONS", .target = place.path}).field("Allow");
    for (const std::string_view method : {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE"}) {
      const bool known = std::find(possible.begin(), possible.end(), method) != possible.end();
      EXPECT_EQ(("," + replaced(allow, ", HEAD", "") + ",").find(std::string(method)) !=
                    std::string::npos,
                known)
          << method << " in " << allow;
      if (known) continue;
      const Told told = world.ask({.method = std::string(method), .target = place.path});
      expect_problem(told, 405, "method_not_allowed");
      EXPECT_EQ(told.field("Allow"), allow);
    }
  }
}

TEST(ApiRoutes, AnswerOptionsWithoutABody) {
  ApiWorld world;
  const Told one = world.ask({.method = "OPTIONS", .target = "/api/v1/agents"});
  EXPECT_EQ(one.status, 204);
  EXPECT_EQ(one.field("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(one.body, "");
  EXPECT_EQ(one.field("Content-Length"), "");
  const Told all = world.ask({.method = "OPTIONS", .target = "*"});
  EXPECT_EQ(all.status, 204);
  EXPECT_EQ(all.field("Allow"), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
}

TEST(ApiRoutes, RefuseAMethodThatIsUnknownToHttp) {
  ApiWorld world;
  for (const std::string_view method : {"get", "FOO", "PROPFIND", "G-T"}) {
    const Told told = world.ask({.method = std::string(method), .target = "/health"});
    expect_problem(told, 501, "not_implemented");
  }
}

TEST(ApiRoutes, FindNothingElsewhere) {
  ApiWorld world;
  const Task task = world.create();
  const std::string path = ApiWorld::path(task);
  for (const std::string& target : {std::string("/"),
                                    std::string("//"),
                                    std::string("/api"),
                                    std::string("/api/v1"),
                                    std::string("/api/v1/"),
                                    std::string("/api/v2/agents"),
                                    std::string("/agents"),
                                    std::string("/API/v1/agents"),
                                    std::string("/api/v1/Agents"),
                                    std::string("/api/v1//agents"),
                                    std::string("//api/v1/agents"),
                                    std::string("/api/v1/agents//"),
                                    std::string("/api/v1/agents//tasks"),
                                    std::string("/api/v1/../health"),
                                    std::string("/../../etc/passwd"),
                                    std::string("/api/v1/agents/../../../health"),
                                    std::string("/%2e%2e/health"),
                                    std::string("/favicon.ico"),
                                    std::string("/index.html"),
                                    std::string("/metrics.txt"),
                                    path + "/events/stream/more",
                                    path + "//events",
                                    path + "/unknown",
                                    path + ";x=y"}) {
    SCOPED_TRACE(target);
    expect_problem(world.get(target), 404, "not_found");
  }
}

TEST(ApiRoutes, TakeNoEncodedSeparators) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view path :
       {"/api%2fv1/agents", "/api/v1%2Fagents", "/api%5cv1/agents", "/api/v1/agents%00",
        "/health%2f", "/%2fhealth", "/api/v1/agents/%2e%2e%2fhealth"}) {
    SCOPED_TRACE(path);
    expect_problem(world.get(path), 404, "not_found");
  }
  // In the query they are text.
  EXPECT_EQ(world.get("/api/v1/agents?x=%2f%5c%00").status, 200);
}

TEST(ApiRoutes, ReadAPathThatIsEncodedWithoutNeed) {
  ApiWorld world;
  EXPECT_EQ(world.get("/%61pi/v1/%61gents/build%65r").status, 200);
}

TEST(ApiRoutes, ShowNoBytesOfAPathThatAreNotUtf8) {
  ApiWorld world;
  const Told told = world.get("/%ff%0d%0aX-Evil:%20yes");
  expect_problem(told, 404, "not_found");
  EXPECT_EQ(told.field("X-Evil"), "");
  EXPECT_NE(string_at(told.json(), "instance").find("\r\nX-Evil: yes"), std::string::npos);
}

TEST(ApiRoutes, IgnoreUnknownParameters) {
  ApiWorld world;
  EXPECT_EQ(world.get("/api/v1/agents?_=1795341600&x[]=y&=&&").status, 200);
}

TEST(ApiBody, MustBeJsonByItsContentType) {
  ApiWorld world;
  for (const std::string_view type :
       {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/jsonx", "application/json-seq", "application/x-ndjson", "json"}) {
    SCOPED_TRACE(type);
    const Ask ask{.method = "POST",
                  .target = "/api/v1/agents/builder/tasks",
                  .body = R"({"description":"d"})",
                  .content_type = std::string(type)};
    expect_problem(world.ask(ask), 415, "unsupported_media_type");
  }
  for (const std::string_view type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json ;charset=UTF-8"}) {
    SCOPED_TRACE(type);
    const Ask ask{.method = "POST",
                  .target = "/api/v1/agents/builder/tasks",
                  .body = R"({"description":"d"})",
                  .content_type = std::string(type)};
    EXPECT_EQ(world.ask(ask).status, 201);
  }
}

TEST(ApiBody, IsRefusedBeforeItComesWhereItCannotBeTaken) {
  ApiWorld world;
  const auto status = [&world](std::string_view method, std::string_view target,
                               std::string_view type) {
    const auto told = world.ask_before_body({.method = std::string(method),
                                             .target = std::string(target),
                                             .body = "{}",
                                             .content_type = std::string(type)});
    if (!told) return 0;
    EXPECT_TRUE(told->close) << target;
    return told->status;
  };
  EXPECT_EQ(status("POST", "/nowhere", "application/json"), 404);
  EXPECT_EQ(status("PUT", "/health", "application/json"), 405);
  EXPECT_EQ(status("POST", "/api/v1/agents", "text/plain"), 415);
  EXPECT_EQ(status("GET", "/health", "application/json"), 0);
  EXPECT_EQ(status("GET", "/health", "text/plain"), 0);
  EXPECT_EQ(status("POST", "/api/v1/agents", "application/json"), 0);
}

/// The list of agents is answered with an error.
class RefusingTasks final : public testing::ForwardingTasks {
 public:
  using ForwardingTasks::ForwardingTasks;
  Result<service::AgentListing> agents() override { return Error{code, "a reason"}; }
  Errc code = Errc::kInternal;
};

TEST(ApiErrors, AreTheStatusThatTheyMean) {
  ApiWorld behind;
  RefusingTasks tasks(behind.tasks);
  ApiWorld world(&tasks);
  struct Meaning {
    Errc code;
    int status;
    std::string_view word;
    bool passing;
  };
  for (const Meaning& meaning :
       {Meaning{Errc::kInvalid, 400, "invalid", false},
        Meaning{Errc::kNotFound, 404, "not_found", false},
        Meaning{Errc::kConflict, 409, "conflict", false},
        Meaning{Errc::kReused, 422, "reused", false}, Meaning{Errc::kEnded, 409, "ended", false},
        Meaning{Errc::kFenced, 409, "fenced", false},
        Meaning{Errc::kForbidden, 403, "forbidden", false},
        Meaning{Errc::kUnauthorised, 401, "unauthorised", false},
        Meaning{Errc::kTooLarge, 413, "too_large", false}, Meaning{Errc::kFull, 503, "full", true},
        Meaning{Errc::kUnavailable, 503, "unavailable", true},
        Meaning{Errc::kTimeout, 504, "timeout", true},
        Meaning{Errc::kInternal, 500, "internal", false}}) {
    SCOPED_TRACE(meaning.word);
    tasks.code = meaning.code;
    const Told told = world.get("/api/v1/agents");
    expect_problem(told, meaning.status, meaning.word);
    EXPECT_EQ(told.field("Retry-After"), meaning.passing ? "2" : "");
    EXPECT_EQ(string_at(told.json(), "instance"), "/api/v1/agents");
  }
}

TEST(ApiOrigin, OfAnotherSiteIsRefusedWhereverItCalls) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string& target :
       {std::string("/health"), ApiWorld::path(task, "/events/stream"), std::string("/nowhere")}) {
    for (const std::string_view origin :
         {"https://evil.example", "null", "http://localhost", "http://localhost:8001",
          "http://localhost:8000.evil.example", "http://evil.example/localhost:8000"}) {
      SCOPED_TRACE(origin);
      const Told told = world.ask({.target = target, .fields = {{"Origin", std::string(origin)}}});
      expect_problem(told, 403, "forbidden");
      EXPECT_EQ(told.field("Access-Control-Allow-Origin"), "");
    }
  }
}

TEST(ApiOrigin, OfTheServerItselfMayCall) {
  ApiWorld world;
  for (const std::string_view origin : {"http://localhost:8000", "https://LOCALHOST:8000"}) {
    const Told told = world.ask({.target = "/health", .fields = {{"Origin", std::string(origin)}}});
    EXPECT_EQ(told.status, 200);
    EXPECT_EQ(told.field("Access-Control-Allow-Origin"), "");
  }
}

TEST(ApiOrigin, ThatIsListedMayCallAndReadItsErrors) {
  ApiWorld world;
  world.access->origins = {"https://app.example"};
  const std::vector<http::Field> fields{{"Origin", "https://app.example"}};
  for (const std::string_view target : {"/health", "/nowhere"}) {
    const Told told = world.ask({.target = std::string(target), .fields = fields});
    EXPECT_EQ(told.field("Access-Control-Allow-Origin"), "https://app.example");
    EXPECT_EQ(told.field("Access-Control-Allow-Credentials"), "");
    EXPECT_EQ(told.field("Vary"), "Origin");
  }
  const Told other =
      world.ask({.target = "/health", .fields = {{"Origin", "https://app.example:1"}}});
  EXPECT_EQ(other.status, 403);
}

TEST(ApiOrigin, IsAskedForByAPreflight) {
  ApiWorld world;
  world.access->origins = {"https://app.example"};
  const Told told = world.ask(
      {.method = "OPTIONS",
       .target = "/api/v1/agents",
       .fields = {{"Origin", "https://app.example"}, {"Access-Control-Request-Method", "POST"}}});
  EXPECT_EQ(told.status, 204);
  EXPECT_EQ(told.field("Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(told.field("Access-Control-Allow-Methods"), "GET, HEAD, POST, PUT, DELETE, OPTIONS");
  EXPECT_EQ(told.field("Access-Control-Allow-Headers"),
            "Authorization, Content-Type, Idempotency-Key, Last-Event-ID");
  EXPECT_EQ(told.field("Access-Control-Max-Age"), "600");
}

}  // namespace
}  // namespace taskfeed
