/// GET /events/stream as far as the decision: which tasks, from where, or why not.
#include "broker/registry.h"
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_problem;
using testing::Told;

Told ask(ApiWorld& world, std::string_view query = "", std::string_view last_event_id = "") {
  Ask ask{.target = "/api/v1/events/stream" + std::string(query)};
  if (!last_event_id.empty()) ask.fields.push_back({"Last-Event-ID", std::string(last_event_id)});
  return world.ask(ask);
}
hub::ManyOptions options(ApiWorld& world, std::string_view query = "",
                         std::string_view last_event_id = "") {
  const Told told = ask(world, query, last_event_id);
  EXPECT_EQ(told.status, 200) << told.body;
  if (!told.stream || !told.stream->many) return {};
  return *told.stream->many;
}

TEST(ApiMany, BeginsNowWithTheOpenTasksOfAllAgents) {
  ApiWorld world;
  const Task open = world.create("outside");
  const Cursor last = world.publish(open.id, "WorkflowStarted");
  const Task fresh = world.create("builder");
  world.ended();
  const hub::ManyOptions all = options(world);
  EXPECT_EQ(all.replay, sse::Replay::kLive);
  EXPECT_FALSE(all.lost);
  EXPECT_EQ(all.from.registry.seq, 3u);
  EXPECT_EQ(all.from.open, (std::map<TaskId, Cursor>{{open.id, last}, {fresh.id, {}}}));
  EXPECT_EQ(all.from.mark, TaskSelection().mark());
}

TEST(ApiMany, TakesAgentsByOneCommonListOrSeveral) {
  ApiWorld world;
  const Task one = world.create("outside");
  const Task two = world.create("builder");
  EXPECT_EQ(options(world, "?agent=builder").from.open.size(), 1u);
  EXPECT_TRUE(options(world, "?agent=builder").from.open.contains(two.id));
  EXPECT_EQ(options(world, "?agent=builder,outside").from.open.size(), 2u);
  EXPECT_EQ(options(world, "?agent=builder&agent=outside").from.open.size(), 2u);
  expect_problem(ask(world, "?agent=nobody"), 404, "not_found");
  expect_problem(ask(world, "?agent=a%20b"), 400, "invalid");
}

TEST(ApiMany, ReadsNamedTasksFromTheirBeginning) {
  ApiWorld world;
  const Task ended = world.ended();
  const Task open = world.create("outside");
  world.publish(open.id, "WorkflowStarted");
  const std::string query = "?task=" + ended.id.str() + "&task=" + open.id.str();
  const hub::ManyOptions both = options(world, query);
  EXPECT_EQ(both.replay, sse::Replay::kComplete);
  EXPECT_EQ(both.from.open, (std::map<TaskId, Cursor>{{ended.id, {}}, {open.id, {}}}));
  EXPECT_EQ(options(world, query + "&include_history=false").from.open.size(), 1u);
  expect_problem(ask(world, "?task=nobody"), 404, "not_found");
  expect_problem(ask(world, "?agent=outside&task=" + open.id.str()), 400, "invalid");
}

TEST(ApiMany, ReadsTheWholeHistoryWhereItIsAskedFor) {
  ApiWorld world;
  world.ended();
  for (const std::string_view query :
       {"?include_history=true", "?since=10m", "?since=2020-01-01T00:00:00Z"}) {
    const hub::ManyOptions all = options(world, query);
    EXPECT_EQ(all.replay, sse::Replay::kComplete) << query;
    EXPECT_EQ(all.from.registry, Cursor{}) << query;
  }
  EXPECT_TRUE(options(world, "?since=10m").since.has_value());
  EXPECT_EQ(options(world, "?since=10m&include_history=off").from.registry.seq, 1u);
  expect_problem(ask(world, "?history=5"), 400, "invalid");
}

TEST(ApiMany, GoesOnFromTheIdThatTheReaderHad) {
  ApiWorld world;
  const Task open = world.create("outside");
  const Cursor first = world.publish(open.id, "WorkflowStarted");
  world.publish(open.id, "WorkflowProgressUpdated");
  const ManyCursor place{
      .mark = TaskSelection().mark(), .registry = {1, 1}, .open = {{open.id, first}}};
  EXPECT_EQ(options(world, "", place.str()).from, place);
  EXPECT_EQ(options(world, "", place.str()).replay, sse::Replay::kComplete);
  for (const std::string_view name : {"after", "last_event_id", "lastEventId"}) {
    EXPECT_EQ(options(world, "?" + std::string(name) + "=" + place.str()).from, place) << name;
  }
  EXPECT_EQ(options(world, "?include_history=1&since=1h", place.str()).from, place);
}

TEST(ApiMany, RefusesAnIdThatIsNoneOrOfOtherTasks) {
  ApiWorld world;
  const ManyCursor all{.mark = TaskSelection().mark(), .registry = {1, 1}, .open = {}};
  for (const std::string_view wrong : {"7-12", "m1", "m1.00000000.1-1.x", "nonsense"}) {
    expect_problem(ask(world, "", wrong), 400, "invalid");
    expect_problem(ask(world, "?after=" + std::string(wrong)), 400, "invalid");
  }
  const Told other = ask(world, "?agent=outside", all.str());
  expect_problem(other, 400, "invalid");
  EXPECT_NE(other.body.find("other tasks"), std::string::npos);
}

TEST(ApiMany, BeginsAnewAndSaysSoWhereTheReaderHadNoPlace) {
  ApiWorld world;
  const Task open = world.create("outside");
  ManyCursor lost;
  lost.mark = TaskSelection().mark();
  lost.lost = true;
  const hub::ManyOptions begun = options(world, "", lost.str());
  EXPECT_TRUE(begun.lost);
  EXPECT_EQ(begun.replay, sse::Replay::kLive);
  EXPECT_TRUE(begun.from.open.contains(open.id));
}

TEST(ApiMany, EndsReadersThatHaveAllOfTheNamedTasks) {
  ApiWorld world;
  const Task ended = world.ended();
  const TaskSelection selection{.agents = {}, .tasks = {ended.id}};
  ManyCursor place{.mark = selection.mark(), .registry = {}, .open = {}};
  EXPECT_EQ(ask(world, "?task=" + ended.id.str(), place.str()).status, 204);
  place.open.emplace(ended.id, Cursor{1, 1});
  EXPECT_EQ(ask(world, "?task=" + ended.id.str(), place.str()).status, 200);
}

TEST(ApiMany, TellsOfTasksThatAreKeptNoLonger) {
  ApiWorld world;
  const TaskId gone = testing::task("gone");
  const ManyCursor place{.mark = TaskSelection().mark(),
                         .registry = {},
                         .open = {{gone, {5, 5}}, {testing::task("to-come"), {}}}};
  const hub::ManyOptions begun = options(world, "", place.str());
  EXPECT_EQ(begun.forgotten, (std::map<TaskId, Cursor>{{gone, {5, 5}}}));
  EXPECT_TRUE(begun.from.open.contains(testing::task("to-come")));
}

TEST(ApiMany, TakesTheFormsOfOneTasksStream) {
  ApiWorld world;
  const hub::ManyOptions asked =
      options(world, "?types=a,b*&exclude=bc&event_names=off&envelope=nested&heartbeat=7");
  EXPECT_TRUE(asked.filter.accepts("bx"));
  EXPECT_FALSE(asked.filter.accepts("bc"));
  EXPECT_FALSE(asked.event_names);
  EXPECT_TRUE(asked.nested);
  EXPECT_EQ(asked.heartbeat_interval, std::chrono::seconds(7));
  expect_problem(ask(world, "?heartbeat=1"), 400, "invalid");
  expect_problem(ask(world, "?event_names=perhaps"), 400, "invalid");
}

}  // namespace
}  // namespace taskfeed
