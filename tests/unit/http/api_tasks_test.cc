/// Tasks: create, list, show, and what becomes of a body that is wrong.
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_json;
using testing::expect_problem;
using testing::Told;

constexpr std::string_view kTasks = "/api/v1/agents/builder/tasks";

const std::vector<std::string> kTaskKeys{
    "id",           "agent_id",   "description", "user_id",          "parameters",
    "labels",       "status",     "query",       "enable_streaming", "budget",
    "result",       "error",      "created_at",  "started_at",       "completed_at",
    "execution_id", "total_cost", "waiting_for", "last_event_id"};

std::vector<std::string> pointers(const Told& told) {
  std::vector<std::string> all;
  const Json json = told.json();
  const Json* const errors = find(json, "errors");
  if (errors == nullptr) return all;
  for (const Json& each : *errors) {
    EXPECT_FALSE(string_at(each, "detail").empty());
    all.push_back(string_at(each, "pointer", "absent"));
  }
  return all;
}

TEST(ApiTaskCreate, AnswersTheTaskAndItsPlace) {
  ApiWorld world;
  const Told told = world.post(kTasks, R"({"description":"Grüße","user_id":"u-1",
    "task_parameters":{"depth":3,"enable_streaming":true},"labels":{"team":"a"}})");
  const Json json = expect_json(told, 201);
  EXPECT_EQ(told.keys(), kTaskKeys);
  EXPECT_EQ(json["agent_id"], "builder");
  EXPECT_EQ(json["description"], "Grüße");
  EXPECT_EQ(json["user_id"], "u-1");
  EXPECT_EQ(json["parameters"], (Json{{"depth", 3}, {"enable_streaming", true}}));
  EXPECT_EQ(json["labels"], (Json{{"team", "a"}}));
  EXPECT_EQ(json["status"], "submitted");
  EXPECT_EQ(json["created_at"], "2026-11-22T10:00:00.000Z");
  for (const std::string_view key :
       {"result", "error", "started_at", "completed_at", "execution_id", "last_event_id"}) {
    EXPECT_TRUE(json[std::string(key)].is_null()) << key;
  }
  EXPECT_EQ(told.field("Location"),
            "/api/v1/agents/builder/tasks/" + json["id"].get<std::string>());
  EXPECT_EQ(world.get(told.field("Location")).json(), json);
}

Ask keyed(std::string key, std::string body = R"({"description":"once"})") {
  return {.method = "POST",
          .target = std::string(kTasks),
          .body = std::move(body),
          .fields = {{"Idempotency-Key", std::move(key)}}};
}

TEST(ApiTaskCreate, HappensOnceForAnIdempotencyKey) {
  ApiWorld world;
  const Told first = world.ask(keyed("k-1"));
  const Json made = expect_json(first, 201);
  EXPECT_EQ(first.field("Idempotency-Replayed"), "");
  for (const std::string key : {"k-1", "\"k-1\""}) {
    const Told again = world.ask(keyed(key));
    EXPECT_EQ(expect_json(again, 200), made);
    EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
    EXPECT_EQ(again.field("Location"), first.field("Location"));
  }
  EXPECT_EQ(expect_json(world.get(kTasks), 200)["tasks"].size(), 1u);
}

TEST(ApiTaskCreate, RefusesAKeyOfOtherContentsAndWhatIsNoKey) {
  ApiWorld world;
  expect_json(world.ask(keyed("k-1")), 201);
  expect_problem(world.ask(keyed("k-1", R"({"description":"twice"})")), 422, "reused");
  expect_problem(world.ask(keyed("")), 400, "invalid");
  expect_problem(world.ask(keyed(std::string(256, 'k'))), 400, "invalid");
}

Ask streamed(std::string agent = "builder", std::string query = "") {
  return {.method = "POST",
          .target = "/api/v1/agents/" + agent + "/tasks" + query,
          .body = R"({"description":"live"})",
          .fields = {{"Accept", "text/event-stream"}}};
}

TEST(ApiTaskCreate, ExecutesAndStreamsForWhoAcceptsAStream) {
  ApiWorld world;
  const Told told = world.ask(streamed());
  EXPECT_EQ(told.status, 201);
  EXPECT_EQ(told.field("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(told.field("Content-Location"), told.field("Location") + "/events/stream");
  ASSERT_TRUE(told.stream.has_value());
  EXPECT_TRUE(told.stream->options.include_history);
  const Task task = world.tasks.get(told.stream->task).value();
  EXPECT_EQ(task.status, TaskStatus::kPending);
  EXPECT_EQ(told.field("Location"), ApiWorld::path(task));
}

TEST(ApiTaskCreate, JoinsTheStreamOfTheKeysTask) {
  ApiWorld world;
  Ask ask = streamed();
  ask.fields.push_back({"Idempotency-Key", "k-1"});
  const Told first = world.ask(ask);
  const Told again = world.ask(ask);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.field("Idempotency-Replayed"), "true");
  ASSERT_TRUE(first.stream && again.stream);
  EXPECT_EQ(again.stream->task, first.stream->task);
}

TEST(ApiTaskCreate, StreamsATaskThatItsOwnProgramExecutes) {
  ApiWorld world;
  const Told told = world.ask(streamed("outside"));
  ASSERT_TRUE(told.stream.has_value());
  EXPECT_EQ(world.tasks.get(told.stream->task)->status, TaskStatus::kSubmitted);
}

TEST(ApiTaskCreate, CreatesNothingForAStreamThatIsAskedForWrongly) {
  ApiWorld world;
  expect_problem(world.ask(streamed("builder", "?heartbeat=1")), 400, "invalid");
  expect_problem(world.ask(streamed("nobody")), 404, "not_found");
  EXPECT_TRUE(expect_json(world.get("/api/v1/tasks"), 200)["tasks"].empty());
}

TEST(ApiTaskCreate, TakesAnEmptyBodyForAnEmptyObject) {
  ApiWorld world;
  EXPECT_EQ(expect_json(world.post(kTasks), 201)["description"], "");
  EXPECT_EQ(expect_json(world.post(kTasks, " \r\n\t"), 201)["description"], "");
  EXPECT_EQ(expect_json(world.post(kTasks, R"({"description":null})"), 201)["description"], "");
}

TEST(ApiTaskCreate, KnowsParametersByTwoNames) {
  ApiWorld world;
  const Json expected = {{"a", 1}};
  EXPECT_EQ(world.post(kTasks, R"({"parameters":{"a":1}})").json()["parameters"], expected);
  EXPECT_EQ(world.post(kTasks, R"({"task_parameters":{"a":1}})").json()["parameters"], expected);
  const Told both = world.post(kTasks, R"({"parameters":{},"task_parameters":{}})");
  expect_problem(both, 400, "invalid");
  EXPECT_EQ(pointers(both), (std::vector<std::string>{"/parameters"}));
}

TEST(ApiTaskCreate, TakesStreamingBesideTheParameters) {
  ApiWorld world;
  EXPECT_EQ(world.post(kTasks, R"({"enable_streaming":true})").json()["parameters"],
            (Json{{"enable_streaming", true}}));
  const Told twice =
      world.post(kTasks, R"({"enable_streaming":true,"parameters":{"enable_streaming":false}})");
  expect_problem(twice, 400, "invalid");
  EXPECT_EQ(pointers(twice), (std::vector<std::string>{"/enable_streaming"}));
}

TEST(ApiTaskCreate, NamesEveryMemberThatIsWrong) {
  ApiWorld world;
  const Told told = world.post(kTasks, R"({"description":7,"user_id":{},"parameters":[],
    "enable_streaming":"yes","labels":{"a":1},"a/b~c":1})");
  expect_problem(told, 400, "invalid");
  EXPECT_EQ(pointers(told), (std::vector<std::string>{"/description", "/user_id", "/parameters",
                                                      "/enable_streaming", "/labels", "/a~1b~0c"}));
  EXPECT_EQ(world.get("/api/v1/tasks").json()["tasks"].size(), 0u);
}

TEST(ApiTaskCreate, NamesNoMoreThanSixteenMembers) {
  ApiWorld world;
  std::string body = "{";
  for (int i = 0; i < 100; ++i) body += "\"x" + std::to_string(i) + "\":0,";
  body.back() = '}';
  const Told told = world.post(kTasks, body);
  expect_problem(told, 400, "invalid");
  EXPECT_EQ(pointers(told).size(), 16u);
}

TEST(ApiTaskCreate, RefusesWhatIsOverALimit) {
  ApiWorld world;
  const auto body = [](std::string_view key, size_t bytes) {
    return "{\"" + std::string(key) + "\":\"" + std::string(bytes, 'x') + "\"}";
  };
  EXPECT_EQ(world.post(kTasks, body("description", 64 * 1024)).status, 201);
  expect_problem(world.post(kTasks, body("description", 64 * 1024 + 1)), 413, "too_large");
  EXPECT_EQ(world.post(kTasks, body("user_id", 256)).status, 201);
  expect_problem(world.post(kTasks, body("user_id", 257)), 413, "too_large");
  expect_problem(world.post(kTasks, "{\"parameters\":" + body("x", 256 * 1024) + "}"), 413,
                 "too_large");
  expect_problem(world.post(kTasks, R"({"labels":{"taskfeed.bridged":"x"}})"), 400, "invalid");
  expect_problem(world.post(kTasks, R"({"labels":{"":"x"}})"), 400, "invalid");
}

struct BadBody {
  std::string_view fact;
  std::string body;
};

std::vector<BadBody> bad_bodies() {
  using std::string_literals::operator""s;
  return {{"cut off", R"({"description":"a)"},
          {"a trailing comma", R"({"description":"a",})"},
          {"trailing text", R"({} {})"},
          {"a bare word", "description"},
          {"single quotes", R"({'description':'a'})"},
          {"a comment", R"({/**/})"},
          {"a byte order mark twice", "\xef\xbb\xbf\xef\xbb\xbf{}"},
          {"a number that has no value", R"({"parameters":{"x":1e400}})"},
          {"NaN", R"({"parameters":{"x":NaN}})"},
          {"a leading nought", R"({"parameters":{"x":01}})"},
          {"a raw control character", "{\"description\":\"a\x01\"}"},
          {"a NUL", "{\"description\":\"a\0\"}"s},
          {"bytes that are not UTF-8", "{\"description\":\"\xff\xfe\"}"},
          {"an overlong encoding", "{\"description\":\"\xc0\xaf\"}"},
          {"an encoded surrogate", "{\"description\":\"\xed\xa0\x80\"}"},
          {"UTF-16", "{\0}\0"s},
          {"arrays of a hundred thousand depths", std::string(100'000, '[')},
          {"objects deeper than 64",
           [] {
             std::string deep;
             for (int i = 0; i < 80; ++i) deep += R"({"parameters":)";
             return deep + "{}" + std::string(80, '}');
           }()},
          {"an array", "[]"},
          {"a number", "7"},
          {"a text", R"("text")"},
          {"null", "null"}};
}

TEST(ApiBodies, ThatAreNoJsonObjectAreRefusedByEveryRouteThatReadsOne) {
  ApiWorld world;
  const Task task = world.create();
  for (const BadBody& bad : bad_bodies()) {
    SCOPED_TRACE(bad.fact);
    for (const std::string& target :
         {std::string(kTasks), std::string("/api/v1/agents"), ApiWorld::path(task, "/execute"),
          ApiWorld::path(task, "/cancel"), ApiWorld::path(task, "/pause"),
          ApiWorld::path(task, "/resume"), ApiWorld::path(task, "/events")}) {
      SCOPED_TRACE(target);
      expect_problem(world.post(target, bad.body), 400, "invalid");
    }
  }
  EXPECT_EQ(world.tasks.get(task.id).value(), task);
}

TEST(ApiBodies, GiveAMemberThatStandsTwiceItsLastValue) {
  ApiWorld world;
  EXPECT_EQ(world.post(kTasks, R"({"description":"a","description":"b"})").json()["description"],
            "b");
}

TEST(ApiBodies, MayEscapeALoneSurrogateAndABackspace) {
  ApiWorld world;
  const Json json = world.post(kTasks, R"({"description":"a\ud800b\u0008\u0000"})").json();
  EXPECT_EQ(json["description"], std::string("a\xef\xbf\xbd"
                                             "b\b\0",
                                             7));
}

TEST(ApiTaskShow, FindsATaskUnderItsAgentAndByItselfAlone) {
  ApiWorld world;
  const Task task = world.create();
  const Json json = expect_json(world.get(ApiWorld::path(task)), 200);
  EXPECT_EQ(json["id"], task.id.str());
  for (const std::string& target : {"/v1/tasks/" + task.id.str(), "/api/v1/tasks/" + task.id.str(),
                                    "/v1/agents/builder/tasks/" + task.id.str()}) {
    EXPECT_EQ(world.get(target).json(), json) << target;
  }
}

TEST(ApiTaskShow, FindsNoTaskUnderAnotherAgent) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view agent : {"outside", "nobody", "run"}) {
    for (const std::string_view below : {"", "/state", "/result", "/events", "/events/stream"}) {
      const std::string target =
          "/api/v1/agents/" + std::string(agent) + "/tasks/" + task.id.str() + std::string(below);
      expect_problem(world.get(target), 404, "not_found");
    }
    expect_problem(
        world.post("/api/v1/agents/" + std::string(agent) + "/tasks/" + task.id.str() + "/cancel"),
        404, "not_found");
  }
  EXPECT_EQ(world.tasks.get(task.id)->status, TaskStatus::kSubmitted);
}

TEST(ApiTaskShow, FindsNoTaskUnderAnIdThatNoneHas) {
  ApiWorld world;
  world.create();
  for (const std::string_view id : {"nothing", "..", "%00", "a%20b", "%ff", "0198", "*"}) {
    SCOPED_TRACE(id);
    for (const std::string_view root : {"/api/v1/tasks/", "/v1/agents/builder/tasks/"}) {
      const std::string path = std::string(root) + std::string(id);
      for (const std::string_view below : {"", "/state", "/result", "/events", "/events/stream"}) {
        expect_problem(world.get(path + std::string(below)), 404, "not_found");
      }
      for (const std::string_view below : {"/execute", "/cancel", "/pause", "/resume"}) {
        expect_problem(world.post(path + std::string(below)), 404, "not_found");
      }
      expect_problem(world.post(path + "/events", R"({"event_type":"a"})"), 404, "not_found");
    }
  }
}

TEST(ApiTaskList, IsNewestFirst) {
  ApiWorld world;
  const Task first = world.create();
  world.clock.advance(Milliseconds(5));
  const Task second = world.create("outside");
  const Told told = world.get("/api/v1/tasks");
  const Json json = expect_json(told, 200);
  EXPECT_EQ(told.keys(), (std::vector<std::string>{"tasks", "cursor"}));
  ASSERT_EQ(json["tasks"].size(), 2u);
  EXPECT_EQ(json["tasks"][0]["id"], second.id.str());
  EXPECT_EQ(json["tasks"][1]["id"], first.id.str());
  EXPECT_TRUE(json["cursor"].is_null());
  EXPECT_EQ(json["tasks"][1], world.get(ApiWorld::path(first)).json());
}

TEST(ApiTaskList, IsOfOneAgentUnderThatAgent) {
  ApiWorld world;
  world.create("builder");
  const Task other = world.create("outside");
  const Json json = expect_json(world.get("/v1/agents/outside/tasks/"), 200);
  ASSERT_EQ(json["tasks"].size(), 1u);
  EXPECT_EQ(json["tasks"][0]["id"], other.id.str());
}

TEST(ApiTaskList, IsOfOneStatusWhereThatIsAsked) {
  ApiWorld world;
  world.create();
  const Task pending = world.execute(world.create().id);
  const Json json = expect_json(world.get("/api/v1/tasks?status=pending"), 200);
  ASSERT_EQ(json["tasks"].size(), 1u);
  EXPECT_EQ(json["tasks"][0]["id"], pending.id.str());
  EXPECT_EQ(world.get("/api/v1/tasks?status=").json()["tasks"].size(), 2u);
  expect_problem(world.get("/api/v1/tasks?status=PENDING"), 400, "invalid");
  expect_problem(world.get("/api/v1/tasks?status=%ff"), 400, "invalid");
}

TEST(ApiTaskList, ComesInPagesThatMissAndRepeatNothing) {
  ApiWorld world;
  std::vector<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    world.clock.advance(Milliseconds(1));
    expected.insert(expected.begin(), world.create().id.str());
  }
  std::vector<std::string> seen;
  std::string cursor;
  do {
    const Json json = expect_json(world.get("/api/v1/tasks?limit=3&cursor=" + cursor), 200);
    EXPECT_LE(json["tasks"].size(), 3u);
    for (const Json& task : json["tasks"]) seen.push_back(string_at(task, "id"));
    cursor = string_at(json, "cursor");
  } while (!cursor.empty() && seen.size() < 10);
  EXPECT_EQ(seen, expected);
}

TEST(ApiTaskList, RefusesALimitAndACursorThatAreNone) {
  ApiWorld world;
  for (const std::string_view limit :
       {"0", "501", "-1", "+1", "1.5", "ten", "", "%ff", "99999999999999999999"}) {
    expect_problem(world.get("/api/v1/tasks?limit=" + std::string(limit)), 400, "invalid");
  }
  EXPECT_EQ(world.get("/api/v1/tasks?limit=500").status, 200);
  expect_problem(world.get("/api/v1/tasks?cursor=nonsense"), 400, "invalid");
  expect_problem(world.get("/api/v1/tasks?cursor=%ff%00"), 400, "invalid");
}

}  // namespace
}  // namespace taskfeed
