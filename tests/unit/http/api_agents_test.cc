/// Agents: list, create, show, put, delete.
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_json;
using testing::expect_problem;
using testing::Told;

constexpr std::string_view kExternal = R"({"id":"mine","description":"d","runner":"external"})";

Told put(ApiWorld& world, std::string_view target, std::string_view body) {
  return world.ask({.method = "PUT", .target = std::string(target), .body = std::string(body)});
}
Told remove(ApiWorld& world, std::string_view target) {
  return world.ask({.method = "DELETE", .target = std::string(target)});
}

TEST(ApiAgents, AreListed) {
  ApiWorld world;
  const Json json = expect_json(world.get("/api/v1/agents"), 200);
  ASSERT_EQ(json["agents"].size(), 2u);
  EXPECT_EQ(json["agents"][0]["id"], "builder");
  EXPECT_EQ(json["agents"][1]["id"], "outside");
  EXPECT_EQ(json.size(), 1u);
}

TEST(ApiAgents, ThatCannotBeReadAreToldBesideTheOthers) {
  ApiWorld world;
  ASSERT_TRUE(world.broker.put_agent({testing::agent("broken"), "{"}).ok());
  const Json json = expect_json(world.get("/api/v1/agents"), 200);
  EXPECT_EQ(json["agents"].size(), 2u);
  ASSERT_EQ(json["unreadable"].size(), 1u);
  EXPECT_EQ(json["unreadable"][0]["id"], "broken");
  EXPECT_NE(string_at(json["unreadable"][0], "detail").find("cannot be read"), std::string::npos);
}

TEST(ApiAgents, AreShownOneByOne) {
  ApiWorld world;
  const Told told = world.get("/api/v1/agents/builder");
  const Json json = expect_json(told, 200);
  EXPECT_EQ(told.keys(), (std::vector<std::string>{"id", "description", "runner",
                                                   "enable_streaming", "steps", "retry"}));
  EXPECT_EQ(json["runner"], "command");
  EXPECT_EQ(json["steps"][0]["run"], Json::array({"true"}));
}

TEST(ApiAgents, AreNotFoundUnderANameThatNoneHas) {
  ApiWorld world;
  for (const std::string_view id :
       {"nobody", "Builder", "builder.", "b%20uilder", "..", "%2e%2e", "builder%0a", "%ff",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    SCOPED_TRACE(id);
    const std::string path = "/api/v1/agents/" + std::string(id);
    expect_problem(world.get(path), 404, "not_found");
    expect_problem(remove(world, path), 404, "not_found");
    expect_problem(world.get(path + "/tasks"), 404, "not_found");
    expect_problem(world.post(path + "/tasks", "{}"), 404, "not_found");
  }
}

TEST(ApiAgents, AreCreatedOnce) {
  ApiWorld world;
  const Told told = world.post("/api/v1/agents", kExternal);
  const Json json = expect_json(told, 201);
  EXPECT_EQ(told.field("Location"), "/api/v1/agents/mine");
  EXPECT_EQ(json["id"], "mine");
  EXPECT_EQ(world.get(told.field("Location")).json(), json);
  expect_problem(world.post("/api/v1/agents", kExternal), 409, "conflict");
}

TEST(ApiAgents, OfAnOperatorAreNotReplacedByARequest) {
  ApiWorld world;
  const std::string before = world.get("/api/v1/agents/builder").body;
  expect_problem(world.post("/api/v1/agents", R"({"id":"builder","runner":"external"})"), 409,
                 "conflict");
  expect_problem(put(world, "/api/v1/agents/builder", R"({"runner":"external"})"), 403,
                 "forbidden");
  EXPECT_EQ(world.get("/api/v1/agents/builder").body, before);
}

TEST(ApiAgents, NameNoProgramsInARequest) {
  ApiWorld world;
  const std::string_view body =
      R"({"id":"shell","runner":"command","steps":[{"name":"s","run":["sh","-c","id"]}]})";
  expect_problem(world.post("/api/v1/agents", body), 403, "forbidden");
  expect_problem(put(world, "/api/v1/agents/shell", body), 403, "forbidden");
  expect_problem(world.get("/api/v1/agents/shell"), 404, "not_found");
}

TEST(ApiAgents, AreRefusedWhereTheirJsonIsWrong) {
  ApiWorld world;
  for (const std::string_view body :
       {"", "{}", "[]", "null", "1", R"("text")", R"({"id":""})", R"({"id":7})",
        R"({"id":"a b","runner":"external"})", R"({"id":"a","runner":"unknown"})",
        R"({"id":"a","runner":"external","unknown":1})",
        R"({"id":"a","runner":"external","enable_streaming":"yes"})",
        R"({"id":"../../etc","runner":"external"})"}) {
    SCOPED_TRACE(body);
    expect_problem(world.post("/api/v1/agents", body), 400, "invalid");
  }
}

TEST(ApiAgents, ArePutFirstAndAgain) {
  ApiWorld world;
  const std::string_view path = "/api/v1/agents/mine";
  EXPECT_EQ(expect_json(put(world, path, R"({"runner":"external"})"), 201)["id"], "mine");
  const Json json =
      expect_json(put(world, path, R"({"id":"mine","runner":"external","description":"e"})"), 200);
  EXPECT_EQ(json["description"], "e");
  EXPECT_EQ(world.get(path).json(), json);
}

TEST(ApiAgents, ArePutUnderTheNameOfTheirPath) {
  ApiWorld world;
  expect_problem(put(world, "/api/v1/agents/mine", R"({"id":"other","runner":"external"})"), 400,
                 "invalid");
  expect_problem(put(world, "/api/v1/agents/a%20b", R"({"runner":"external"})"), 404, "not_found");
}

TEST(ApiAgents, AreDeletedOnce) {
  ApiWorld world;
  const Told told = remove(world, "/api/v1/agents/outside");
  EXPECT_EQ(told.status, 204);
  EXPECT_EQ(told.body, "");
  EXPECT_EQ(told.field("Content-Length"), "");
  EXPECT_EQ(told.field("Content-Type"), "");
  expect_problem(remove(world, "/api/v1/agents/outside"), 404, "not_found");
  expect_problem(world.get("/api/v1/agents/outside"), 404, "not_found");
}

TEST(ApiAgents, ThatAreBuiltInAreNobodysToChange) {
  ApiWorld world;
  for (const std::string_view id : {"run", "bridge"}) {
    const std::string path = "/api/v1/agents/" + std::string(id);
    EXPECT_EQ(world.get(path).status, 200);
    expect_problem(remove(world, path), 400, "invalid");
    EXPECT_NE(put(world, path, R"({"runner":"external"})").status / 100, 2);
  }
}

}  // namespace
}  // namespace taskfeed
