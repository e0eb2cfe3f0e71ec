/// A task's events: pages of history, and publishing.
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_json;
using testing::expect_problem;
using testing::Told;

/// A task with `count` events of two types in turn; their cursors.
struct Published {
  Task task;
  std::vector<std::string> cursors;
};
Published with_events(ApiWorld& world, int count) {
  Published made{world.create("outside"), {}};
  for (int i = 0; i < count; ++i) {
    const std::string_view type = i % 2 == 0 ? "WorkflowProgressUpdated" : "own.type";
    made.cursors.push_back(world.publish(made.task.id, type, {{"percent", i}}).str());
  }
  return made;
}

std::vector<std::string> texts(const Json& array) {
  std::vector<std::string> all;
  for (const Json& each : array) all.push_back(each.get<std::string>());
  return all;
}

TEST(ApiEventsPage, HoldsTheEventsAndTheirCursors) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 3);
  const Told told = world.get(ApiWorld::path(task, "/events"));
  const Json json = expect_json(told, 200);
  EXPECT_EQ(told.keys(), (std::vector<std::string>{"task_id", "status", "events", "cursors", "next",
                                                   "first", "last", "anchor"}));
  EXPECT_EQ(json["task_id"], task.id.str());
  EXPECT_EQ(json["status"], "submitted");
  EXPECT_EQ(texts(json["cursors"]), cursors);
  EXPECT_EQ(json["first"], cursors.front());
  EXPECT_EQ(json["last"], cursors.back());
  EXPECT_TRUE(json["next"].is_null());
  EXPECT_EQ(json["anchor"], "start");
  EXPECT_EQ(told.field("Link"), "");
  const Json event = json["events"][1];
  EXPECT_EQ(event["event_type"], "own.type");
  EXPECT_EQ(event["task_id"], task.id.str());
  EXPECT_EQ(event["agent_id"], "outside");
  EXPECT_EQ(event["timestamp"], "2026-11-22T10:00:00.000Z");
  EXPECT_EQ(event["percent"], 1);
}

TEST(ApiEventsPage, OfATaskWithoutEventsIsEmpty) {
  ApiWorld world;
  const Json json = expect_json(world.get(ApiWorld::path(world.create(), "/events")), 200);
  EXPECT_EQ(json["events"], Json::array());
  EXPECT_EQ(json["cursors"], Json::array());
  EXPECT_TRUE(json["first"].is_null());
  EXPECT_EQ(json["last"], "0-0");
}

TEST(ApiEventsPage, IsOneEventALineWhereThatIsAccepted) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 2);
  const Told told = world.ask({.target = ApiWorld::path(task, "/events"),
                               .fields = {{"Accept", "text/html;q=0.1, application/x-ndjson"}}});
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.field("Content-Type"), "application/x-ndjson");
  const Json events = world.get(ApiWorld::path(task, "/events")).json()["events"];
  EXPECT_EQ(told.body, dump_json(events[0]) + "\n" + dump_json(events[1]) + "\n");
}

TEST(ApiEventsPage, InLinesNamesTheNextPageInItsLinkAlone) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 5);
  const std::vector<http::Field> lines{{"Accept", "application/x-ndjson"}};
  std::string target = ApiWorld::path(task, "/events?limit=2");
  std::string seen;
  for (const size_t last : {1u, 3u}) {
    const Told told = world.ask({.target = target, .fields = lines});
    seen += told.body;
    target = ApiWorld::path(task, "/events?after=" + cursors[last] + "&limit=2");
    EXPECT_EQ(told.field("Link"), "<" + target + ">; rel=\"next\"");
  }
  const Told end = world.ask({.target = target, .fields = lines});
  seen += end.body;
  EXPECT_EQ(end.field("Link"), "");
  std::string published;
  const auto all = world.tasks.events(task.id, {}).value();
  for (const StoredEvent& event : all.events) published += event.json + "\n";
  EXPECT_EQ(seen, published);
}

TEST(ApiEventsPage, InLinesIsEmptyWhereThereAreNoEvents) {
  ApiWorld world;
  const Told told = world.ask({.target = ApiWorld::path(world.create(), "/events"),
                               .fields = {{"Accept", "application/x-ndjson"}}});
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, "");
  EXPECT_EQ(told.field("Content-Length"), "0");
}

TEST(ApiEventsPage, GoesOnWhereItsNextSays) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 7);
  std::string target = ApiWorld::path(task, "/events?limit=3");
  std::vector<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const Told told = world.get(target);
    const Json json = expect_json(told, 200);
    for (const std::string& cursor : texts(json["cursors"])) seen.push_back(cursor);
    if (json["next"].is_null()) break;
    target = ApiWorld::path(task, "/events?after=" + string_at(json, "next") + "&limit=3");
    EXPECT_EQ(told.field("Link"), "<" + target + ">; rel=\"next\"");
  }
  EXPECT_EQ(seen, cursors);
}

TEST(ApiEventsPage, LinksToTheNextOfTheSameQuestion) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 9);
  const Told told = world.get(
      ApiWorld::path(task, "/events?types=Workflow*,%c3%a4%26&exclude=own.%2A&before=8&limit=2"));
  EXPECT_EQ(told.field("Link"), "<" + ApiWorld::path(task, "/events?after=" + cursors[2]) +
                                    "&before=8&limit=2&types=Workflow%2A%2C%C3%A4%26"
                                    "&exclude=own.%2A>; rel=\"next\"");
  std::string link = told.field("Link");
  const Json next = world.get(link.substr(1, link.find('>') - 1)).json();
  EXPECT_EQ(texts(next["cursors"]), (std::vector<std::string>{cursors[4], cursors[6]}));
}

TEST(ApiEventsPage, StandsBetweenAfterAndBefore) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 6);
  const auto page = [&, &task = task](const std::string& query) {
    return texts(expect_json(world.get(ApiWorld::path(task, "/events?" + query)), 200)["cursors"]);
  };
  using Cursors = std::vector<std::string>;
  EXPECT_EQ(page("after=" + cursors[1]), Cursors(cursors.begin() + 2, cursors.end()));
  EXPECT_EQ(page("before=" + cursors[2]), Cursors(cursors.begin(), cursors.begin() + 2));
  EXPECT_EQ(page("before=3"), Cursors(cursors.begin(), cursors.begin() + 2));
  EXPECT_EQ(page("after=" + cursors[0] + "&before=" + cursors[3]),
            Cursors(cursors.begin() + 1, cursors.begin() + 3));
  EXPECT_EQ(page("after=0-0"), cursors);
  EXPECT_EQ(page("after="), cursors);
}

TEST(ApiEventsPage, IsFilteredByType) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 4);
  const auto count = [&, &task = task](const std::string& query) {
    return expect_json(world.get(ApiWorld::path(task, "/events?" + query)), 200)["events"].size();
  };
  EXPECT_EQ(count("types=own.type"), 2u);
  EXPECT_EQ(count("types=own.*,%20WorkflowProgress*"), 4u);
  EXPECT_EQ(count("exclude=own.type"), 2u);
  EXPECT_EQ(count("types=*&exclude=*"), 0u);
  EXPECT_EQ(count("types=nothing"), 0u);
}

TEST(ApiEventsPage, SaysWhatItsCursorMissed) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 4);
  const auto anchor = [&, &task = task](const std::string& after) {
    return string_at(expect_json(world.get(ApiWorld::path(task, "/events?after=" + after)), 200),
                     "anchor");
  };
  EXPECT_EQ(anchor(cursors[1]), "matches");
  EXPECT_EQ(anchor("2-1"), "mismatch");
  EXPECT_EQ(anchor("99-1"), "ahead");
  world.broker.trim_before(task.id, 4);
  EXPECT_EQ(anchor(cursors[0]), "trimmed");
}

TEST(ApiEventsPage, RefusesParametersThatAreNone) {
  ApiWorld world;
  const auto [task, cursors] = with_events(world, 1);
  for (const std::string_view query :
       {"after=nonsense", "after=1", "after=-1-1", "after=1-1-1", "after=01-1",
        "after=1-4294967296", "after=%ff", "after=1-1%00", "before=0", "before=x", "before=1-x",
        "limit=0", "limit=1001", "limit=", "types=%ff", "exclude=%ff"}) {
    SCOPED_TRACE(query);
    expect_problem(world.get(ApiWorld::path(task, "/events?" + std::string(query))), 400,
                   "invalid");
  }
}

TEST(ApiPublish, AppendsOneEvent) {
  ApiWorld world;
  const Task task = world.create("outside");
  const Told told = world.post(ApiWorld::path(task, "/events"),
                               R"({"event_type":"WorkflowProgressUpdated","percent":40})");
  const Json json = expect_json(told, 201);
  EXPECT_EQ(told.keys(), (std::vector<std::string>{"task_id", "cursors"}));
  EXPECT_EQ(json["task_id"], task.id.str());
  ASSERT_EQ(json["cursors"].size(), 1u);
  const Json page = world.get(ApiWorld::path(task, "/events")).json();
  EXPECT_EQ(page["cursors"], json["cursors"]);
  EXPECT_EQ(page["events"][0]["percent"], 40);
}

TEST(ApiPublish, AppendsLinesInTheirOrder) {
  ApiWorld world;
  const Task task = world.create("outside");
  const Told told = world.ask(
      {.method = "POST",
       .target = ApiWorld::path(task, "/events"),
       .body = "{\"event_type\":\"a\"}\r\n\n  \n{\"event_type\":\"b\"}\n{\"event_type\":\"c\"}",
       .content_type = "application/x-ndjson"});
  EXPECT_EQ(expect_json(told, 201)["cursors"].size(), 3u);
  const Json events = world.get(ApiWorld::path(task, "/events")).json()["events"];
  EXPECT_EQ(events[0]["event_type"], "a");
  EXPECT_EQ(events[1]["event_type"], "b");
  EXPECT_EQ(events[2]["event_type"], "c");
}

TEST(ApiPublish, AppendsAllLinesOrNone) {
  ApiWorld world;
  const Task task = world.create("outside");
  const Told told = world.ask({.method = "POST",
                               .target = ApiWorld::path(task, "/events"),
                               .body = "{\"event_type\":\"a\"}\n{\"event_type\":\"b\"",
                               .content_type = "application/x-ndjson"});
  expect_problem(told, 400, "invalid");
  EXPECT_NE(string_at(told.json(), "detail").find("line 2"), std::string::npos);
  const Told wrong = world.ask({.method = "POST",
                                .target = ApiWorld::path(task, "/events"),
                                .body = "{\"event_type\":\"a\"}\n{\"event_type\":\"b c\"}",
                                .content_type = "application/x-ndjson"});
  expect_problem(wrong, 400, "invalid");
  EXPECT_NE(string_at(wrong.json(), "detail").find("event 2"), std::string::npos);
  EXPECT_EQ(world.get(ApiWorld::path(task, "/events")).json()["events"].size(), 0u);
}

TEST(ApiPublish, IsTheSameEventAgainUnderTheSameId) {
  ApiWorld world;
  const Task task = world.create("outside");
  const std::string_view body =
      R"({"event_id":"01980000-0000-7000-8000-000000000007","event_type":"a"})";
  const Json first = expect_json(world.post(ApiWorld::path(task, "/events"), body), 201);
  EXPECT_EQ(expect_json(world.post(ApiWorld::path(task, "/events"), body), 201), first);
  EXPECT_EQ(first["cursors"][0], "1-7");
  EXPECT_EQ(world.get(ApiWorld::path(task, "/events")).json()["events"].size(), 1u);
}

/// What could end a frame of the stream, or forge one, does not get in.
TEST(ApiPublish, RefusesATypeThatCouldNotStandInAFrame) {
  ApiWorld world;
  const Task task = world.create("outside");
  for (const std::string_view type :
       {"", "a b", "a\\nb", "a\\rb", "a\\u0000b", "a\\tb", "a\\u007fb", "a\\u0085b", "\\u2028",
        "a\\n\\ndata: x", "stream.end", "stream.open", "heartbeat"}) {
    SCOPED_TRACE(type);
    expect_problem(world.post(ApiWorld::path(task, "/events"),
                              "{\"event_type\":\"" + std::string(type) + "\"}"),
                   400, "invalid");
  }
  expect_problem(world.post(ApiWorld::path(task, "/events"),
                            "{\"event_type\":\"" + std::string(129, 'x') + "\"}"),
                 400, "invalid");
  EXPECT_EQ(world.get(ApiWorld::path(task, "/events")).json()["events"].size(), 0u);
}

TEST(ApiPublish, RefusesAnEventThatIsNone) {
  ApiWorld world;
  const Task task = world.create("outside");
  for (const std::string_view body :
       {"", "{}", "[]", R"([{"event_type":"a"}])", R"({"event_type":7})", R"({"percent":1})",
        R"({"event_type":"a","event_id":"7"})", R"({"event_type":"a","event_id":7})",
        R"({"event_type":"a","timestamp":"yesterday"})",
        R"({"event_type":"a","task_id":"another"})", R"({"event_type":"a","agent_id":"a b"})"}) {
    SCOPED_TRACE(body);
    expect_problem(world.post(ApiWorld::path(task, "/events"), body), 400, "invalid");
  }
}

TEST(ApiPublish, RefusesAnEventOverItsLimitAndTooManyAtOnce) {
  ApiWorld world;
  const Task task = world.create("outside");
  const std::string large = R"({"event_type":"a","text":")" + std::string(256 * 1024, 'x') + "\"}";
  expect_problem(world.post(ApiWorld::path(task, "/events"), large), 413, "too_large");
  std::string lines;
  for (int i = 0; i < 1'000; ++i) lines += "{\"event_type\":\"a\"}\n";
  const auto publish = [&](const std::string& body) {
    return world.ask({.method = "POST",
                      .target = ApiWorld::path(task, "/events"),
                      .body = body,
                      .content_type = "application/x-ndjson"});
  };
  expect_problem(publish(lines + "{\"event_type\":\"a\"}\n"), 413, "too_large");
  EXPECT_EQ(expect_json(publish(lines), 201)["cursors"].size(), 1'000u);
}

TEST(ApiPublish, AddsNothingAfterTheEnd) {
  ApiWorld world;
  const Task task = world.ended();
  expect_problem(world.post(ApiWorld::path(task, "/events"), R"({"event_type":"a"})"), 409,
                 "ended");
}

TEST(ApiPublish, Is503WithRetryAfterWhileNothingCanBeStored) {
  ApiWorld world;
  const Task task = world.create("outside");
  world.broker.set_full(true);
  const Told told = world.post(ApiWorld::path(task, "/events"), R"({"event_type":"a"})");
  expect_problem(told, 503, "full");
  EXPECT_EQ(told.field("Retry-After"), "2");
}

TEST(ApiPublish, LeavesALifecycleToTheWorkerThatHoldsTheLease) {
  ApiWorld world;
  const Task task = world.execute(world.create().id);
  ASSERT_TRUE(world.broker.claim(task.id, testing::worker("w-1"), Milliseconds(15'000)).ok());
  expect_problem(
      world.post(ApiWorld::path(task, "/events"), R"({"event_type":"WorkflowCompleted"})"), 409,
      "conflict");
  EXPECT_EQ(world.post(ApiWorld::path(task, "/events"), R"({"event_type":"note"})").status, 201);
}

}  // namespace
}  // namespace taskfeed
