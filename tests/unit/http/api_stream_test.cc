/// GET …/events/stream as far as the decision: what is streamed, from where, or why not.
#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::Ask;
using testing::expect_problem;
using testing::Told;

Told stream(ApiWorld& world, const Task& task, std::string_view query = "",
            std::string_view last_event_id = "") {
  Ask ask{.target = ApiWorld::path(task, "/events/stream") + std::string(query)};
  if (!last_event_id.empty()) ask.fields.push_back({"Last-Event-ID", std::string(last_event_id)});
  return world.ask(ask);
}
hub::StreamOptions options(ApiWorld& world, std::string_view query,
                           std::string_view last_event_id = "") {
  const Told told = stream(world, world.create(), query, last_event_id);
  EXPECT_EQ(told.status, 200) << told.body;
  return told.stream ? told.stream->options : hub::StreamOptions{};
}

TEST(ApiStream, HasAHeadThatProxiesPassThrough) {
  ApiWorld world;
  const Task task = world.create();
  const Told told = stream(world, task);
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.field("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(told.field("Cache-Control"), "no-store, no-transform");
  EXPECT_EQ(told.field("X-Accel-Buffering"), "no");
  EXPECT_EQ(told.field("Content-Length"), "");
  EXPECT_EQ(told.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(told.field("Connection"), "close");
  EXPECT_EQ(told.body, "");
  ASSERT_TRUE(told.stream.has_value());
  EXPECT_TRUE(told.stream->chunked);
  EXPECT_EQ(told.stream->task, task.id);
  EXPECT_FALSE(told.stream->heartbeat_event);
}

TEST(ApiStream, BringsAllHistoryUnlessAskedOtherwise) {
  ApiWorld world;
  const hub::StreamOptions all = options(world, "");
  EXPECT_FALSE(all.after.has_value());
  EXPECT_TRUE(all.include_history);
  EXPECT_FALSE(all.history_newest.has_value());
  EXPECT_TRUE(all.filter.empty());
  EXPECT_TRUE(all.event_names);
  EXPECT_EQ(all.heartbeat_interval, std::chrono::seconds(15));
  EXPECT_FALSE(options(world, "?include_history=false").include_history);
  EXPECT_EQ(options(world, "?history=5").history_newest, std::optional<uint64_t>(5));
  EXPECT_FALSE(options(world, "?history=0").include_history);
  EXPECT_FALSE(options(world, "?history=5&include_history=0").include_history);
}

TEST(ApiStream, ResumesByTheHeaderBeforeAnyParameter) {
  ApiWorld world;
  const std::optional<Cursor> expected = Cursor{7, 9};
  EXPECT_EQ(options(world, "", "7-9").after, expected);
  EXPECT_EQ(options(world, "?last_event_id=1-1&lastEventId=2-2&after=3-3", "7-9").after, expected);
  EXPECT_EQ(options(world, "?lastEventId=2-2&after=3-3&last_event_id=7-9").after, expected);
  EXPECT_EQ(options(world, "?after=3-3&lastEventId=7-9").after, expected);
  EXPECT_EQ(options(world, "?after=7-9").after, expected);
  EXPECT_EQ(options(world, "?last_event_id=&after=7-9").after, expected);
  EXPECT_FALSE(options(world, "?after=").after.has_value());
}

TEST(ApiStream, RefusesACursorThatIsNone) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view cursor :
       {"x", "1", "1-", "-1", "1-1-1", "01-1", "1-01", "+1-1", "1 - 1", "1-4294967296",
        "18446744073709551616-1", "0198-0000-7000", "1-1;2-2", "\xff"}) {
    SCOPED_TRACE(cursor);
    expect_problem(stream(world, task, "", cursor), 400, "invalid");
    // A header that is wrong is not passed over for a parameter that is right.
    expect_problem(stream(world, task, "?after=1-1", cursor), 400, "invalid");
  }
  for (const std::string_view query :
       {"?after=x", "?last_event_id=1", "?lastEventId=-1-1", "?after=1-1%00", "?after=1-1%0a",
        "?after=%ff", "?after=1-1&last_event_id=x"}) {
    SCOPED_TRACE(query);
    expect_problem(stream(world, task, query), 400, "invalid");
  }
}

TEST(ApiStream, FiltersByType) {
  ApiWorld world;
  const hub::StreamOptions some = options(world, "?types=Workflow*,own&exclude=*Chunk");
  EXPECT_TRUE(some.filter.accepts("WorkflowStarted"));
  EXPECT_TRUE(some.filter.accepts("own"));
  EXPECT_FALSE(some.filter.accepts("WorkflowLLMCallChunk"));
  EXPECT_FALSE(some.filter.accepts("other"));
}

TEST(ApiStream, TakesHeartbeatsFromFiveToSixtySeconds) {
  ApiWorld world;
  EXPECT_EQ(options(world, "?heartbeat=5").heartbeat_interval, std::chrono::seconds(5));
  EXPECT_EQ(options(world, "?heartbeat=60").heartbeat_interval, std::chrono::seconds(60));
  const Told named = stream(world, world.create(), "?heartbeat_event=1");
  ASSERT_TRUE(named.stream.has_value());
  EXPECT_TRUE(named.stream->heartbeat_event);
}

TEST(ApiStream, SendsUnnamedEventsWhereNamesAreOff) {
  ApiWorld world;
  EXPECT_FALSE(options(world, "?event_names=off").event_names);
  EXPECT_TRUE(options(world, "?event_names=on").event_names);
}

TEST(ApiStream, NestsThePayloadWhereAsked) {
  ApiWorld world;
  EXPECT_FALSE(options(world, "").nested);
  EXPECT_FALSE(options(world, "?envelope=flat").nested);
  EXPECT_TRUE(options(world, "?envelope=nested").nested);
}

TEST(ApiStream, TakesSinceAsATimeSecondsOrAnAge) {
  ApiWorld world;
  const WallTime now = world.clock.wall();
  EXPECT_FALSE(options(world, "").since.has_value());
  EXPECT_EQ(options(world, "?since=10m").since, now - std::chrono::minutes(10));
  EXPECT_EQ(options(world, "?since=1795341600").since, WallTime(std::chrono::seconds(1795341600)));
  const WallTime named = parse_rfc3339("2026-11-22T09:00:00Z").value();
  EXPECT_EQ(options(world, "?since=2026-11-22T09:00:00Z").since, named);
  EXPECT_EQ(options(world, "?since=2026-11-22T09:00:00Z", "7-9").since, named);
}

TEST(ApiStream, AnAgeIsForTheFirstConnectionAlone) {
  ApiWorld world;
  // It would be another time by now, and hide what came while the reader was away.
  EXPECT_FALSE(options(world, "?since=10m", "7-9").since.has_value());
}

TEST(ApiStream, RefusesParametersThatAreNone) {
  ApiWorld world;
  const Task task = world.create();
  for (const std::string_view query :
       {"?heartbeat=4", "?heartbeat=61", "?heartbeat=15s", "?heartbeat=", "?history=-1",
        "?history=all", "?history=1000001", "?include_history=maybe",
        "?include_history=", "?event_names=x", "?heartbeat_event=2", "?envelope=deep", "?envelope=",
        "?since=", "?since=soon", "?since=%ff", "?since=10m%00", "?types=%ff", "?exclude=%80"}) {
    SCOPED_TRACE(query);
    expect_problem(stream(world, task, query), 400, "invalid");
  }
}

TEST(ApiStream, Is204WhereAnEndedTaskWasReadToItsEnd) {
  ApiWorld world;
  const Task task = world.ended();
  const std::string last = task.last_event->str();
  for (const Told& told : {stream(world, task, "", last), stream(world, task, "?after=" + last)}) {
    EXPECT_EQ(told.status, 204);
    EXPECT_EQ(told.body, "");
    EXPECT_EQ(told.field("Content-Length"), "");
    EXPECT_EQ(told.field("Content-Type"), "");
    EXPECT_FALSE(told.stream.has_value());
    EXPECT_FALSE(told.close);
  }
}

TEST(ApiStream, IsThereForAnEndedTaskThatWasNotReadToItsEnd) {
  ApiWorld world;
  const Task task = world.ended();
  const Cursor last = *task.last_event;
  EXPECT_TRUE(stream(world, task).stream.has_value());
  EXPECT_TRUE(stream(world, task, "?include_history=false").stream.has_value());
  // Another event than the last one that stood at its seq; and one that never was.
  EXPECT_TRUE(stream(world, task, "", Cursor{last.seq, last.tag + 1}.str()).stream.has_value());
  EXPECT_TRUE(stream(world, task, "", Cursor{last.seq + 1, 1}.str()).stream.has_value());
}

TEST(ApiStream, IsThereForATaskThatRunsAndWasReadSoFar) {
  ApiWorld world;
  const Task task = world.create("outside");
  const Cursor last = world.publish(task.id, "WorkflowStarted");
  EXPECT_TRUE(stream(world, task, "", last.str()).stream.has_value());
}

}  // namespace
}  // namespace taskfeed
