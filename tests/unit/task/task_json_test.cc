/// The document of a task, there and back, and what is said about one that is wrong.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "support/ids.h"
#include "task/task.h"

namespace taskfeed {
namespace {

using testing::uuid_with_tag;

Task fresh_task() {
  return Task{.id = testing::task("t1"),
              .spec = {.agent = testing::agent("a1"),
                       .description = "say hello",
                       .user_id = "u1",
                       .parameters = Json{{"depth", 3}, {"tags", Json::array({"x", nullptr})}},
                       .labels = {{"team", "blue"}}},
              .created_at = WallTime(Milliseconds(1'795'341'600'123))};
}

Task finished_task() {
  Task task = fresh_task();
  task.status = TaskStatus::kFailed;
  task.execution = uuid_with_tag(5);
  task.query = "hello?";
  task.streaming = false;
  task.budget = Json{{"usd", 0.5}};
  task.started_at = task.created_at + Milliseconds(10);
  task.completed_at = task.created_at + Milliseconds(2'000);
  task.result = "";
  task.error = TaskFailure{"step_failed", "exit 1"};
  task.total_cost = 4'100'000;
  task.last_event = Cursor{17, 42};
  return task;
}

TEST(TaskJson, OfAFreshTaskHasNullForWhatIsNotThere) {
  EXPECT_EQ(
      dump_json(task_to_json(fresh_task())),
      R"({"id":"t1","agent_id":"a1","description":"say hello","user_id":"u1",)"
      R"("parameters":{"depth":3,"tags":["x",null]},"labels":{"team":"blue"},)"
      R"("status":"submitted","query":"","enable_streaming":null,"budget":null,)"
      R"("result":null,"error":null,"created_at":"2026-11-22T10:00:00.123Z","started_at":null,)"
      R"("completed_at":null,"execution_id":null,"total_cost":0.0,"waiting_for":[],)"
      R"("last_event_id":null})");
}

TEST(TaskJson, IsReadBackAsItWasWritten) {
  EXPECT_EQ(task_from_json(task_to_json(fresh_task())).value(), fresh_task());
  EXPECT_EQ(task_from_json(task_to_json(finished_task())).value(), finished_task());
}

TEST(TaskJson, NeedsNoMoreThanIdAgentTimeAndStatus) {
  const Json json = parse_json(R"({"id":"t1","agent_id":"a1","status":"running",)"
                               R"("created_at":"2026-11-22T11:00:00+01:00","new_key":{}})")
                        .value();
  const Task task = task_from_json(json).value();
  EXPECT_EQ(task.status, TaskStatus::kRunning);
  EXPECT_EQ(task.created_at, WallTime(Milliseconds(1'795'341'600'000)));
  EXPECT_EQ(task.spec.parameters, Json::object());
  EXPECT_FALSE(task.streaming || task.result || task.error || task.last_event);
}

struct Wrong {
  std::string_view key;
  std::string_view value;
  std::string_view named;  ///< Stands in the error.
};

class TaskJsonErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(TaskJsonErrors, NameTheKeyThatIsWrong) {
  Json json = task_to_json(finished_task());
  json[GetParam().key] = parse_json(GetParam().value).value();
  const Result<Task> task = task_from_json(json);
  ASSERT_FALSE(task.ok()) << dump_json(json);
  EXPECT_EQ(task.error().code, Errc::kInvalid);
  EXPECT_NE(task.error().text.find(GetParam().named), std::string::npos) << task.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    AllKeys, TaskJsonErrors,
    ::testing::Values(
        Wrong{"id", R"("a b")", "task id"}, Wrong{"id", "7", "task id"},
        Wrong{"agent_id", R"("")", "agent id"}, Wrong{"agent_id", "null", "agent id"},
        Wrong{"parameters", "[]", "\"parameters\""}, Wrong{"labels", R"("x")", "\"labels\""},
        Wrong{"labels", R"({"a":1})", "\"labels\""},
        Wrong{"created_at", R"("yesterday")", "\"created_at\""},
        Wrong{"created_at", "null", "\"created_at\""}, Wrong{"status", R"("done")", "\"status\""},
        Wrong{"status", "3", "\"status\""}, Wrong{"started_at", "5", "\"started_at\""},
        Wrong{"started_at", R"("now")", "\"started_at\""},
        Wrong{"completed_at", R"("2026-13-01T00:00:00Z")", "\"completed_at\""},
        Wrong{"execution_id", R"("x")", "\"execution_id\""},
        Wrong{"last_event_id", R"("17")", "\"last_event_id\""},
        Wrong{"last_event_id", "17", "\"last_event_id\""}));

TEST(TaskJsonErrors, RefuseWhatIsNoObject) {
  for (const Json& json : {Json(nullptr), Json::array(), Json("t1"), Json(1)}) {
    EXPECT_EQ(task_from_json(json).error().code, Errc::kInvalid) << json;
  }
}

RC_GTEST_PROP(TaskProperties, AnyTaskIsReadBackAsItWasWritten, ()) {
  const auto text = [] { return to_utf8(*rc::gen::arbitrary<std::string>()); };
  const auto sometimes = [] { return *rc::gen::arbitrary<bool>(); };
  Task task = fresh_task();
  task.status =
      *rc::gen::elementOf(std::vector<TaskStatus>(kTaskStatuses.begin(), kTaskStatuses.end()));
  task.spec.description = text();
  task.spec.user_id = text();
  task.spec.labels[text()] = text();
  task.query = text();
  if (sometimes()) task.streaming = sometimes();
  if (sometimes()) task.budget = Json{{"steps", *rc::gen::inRange(1, 1'000)}};
  if (sometimes()) task.result = text();
  if (sometimes()) task.error = TaskFailure{text(), text()};
  if (sometimes()) task.started_at = task.created_at + Milliseconds(*rc::gen::arbitrary<int32_t>());
  if (sometimes()) task.execution = uuid_with_tag(*rc::gen::arbitrary<uint32_t>());
  if (sometimes()) {
    task.last_event =
        Cursor{*rc::gen::inRange<uint64_t>(1, UINT64_MAX), *rc::gen::arbitrary<uint32_t>()};
  }
  task.total_cost = *rc::gen::inRange<NanoDollars>(0, 4'000'000'000'000'000);
  const Json json = parse_json(dump_json(task_to_json(task))).value();
  RC_ASSERT(task_from_json(json).value() == task);
}

}  // namespace
}  // namespace taskfeed
