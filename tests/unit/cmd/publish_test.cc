#include <gtest/gtest.h>

#include "cmd_world.h"

namespace taskfeed::cmd {
namespace {

using testing::CmdWorld;

struct PublishWorld : CmdWorld {
  PublishWorld() {
    backend.apply_agent("a-1");
    task.emplace(backend.create_task("a-1"));
  }
  std::vector<StoredEvent> events() { return backend.events(*task); }
  std::optional<TaskId> task;
};

TEST(Publish, AddsAnEventAndPrintsItsCursor) {
  PublishWorld world;
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "Note", R"({"a":1})"}),
            ExitStatus::kCompleted);
  ASSERT_EQ(world.events().size(), 1u);
  EXPECT_EQ(world.events().front().type, "Note");
  EXPECT_EQ(world.out.text, world.events().front().cursor.str() + "\n");
}

TEST(Publish, ReadsThePayloadFromStdin) {
  PublishWorld world;
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "Note", "-"}, "{\"a\":\n1}"),
            ExitStatus::kCompleted);
  EXPECT_EQ(int_at(parse_json(world.events().front().json).value(), "a"), 1);
}

TEST(Publish, RefusesWhatIsNotUtf8) {
  PublishWorld world;
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "Note", "{\"a\":\"\xff\"}"}),
            ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("the payload is not UTF-8"), std::string::npos) << world.err.text;
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "-"},
                       "{\"event_type\":\"Good\"}\n{\"event_type\":\"Bad\xff\"}\n"),
            ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("line 2 is not UTF-8"), std::string::npos) << world.err.text;
  ASSERT_EQ(world.events().size(), 1u);
  EXPECT_EQ(world.events().front().type, "Good");
}

TEST(Publish, PublishesWhatStandsBeforeATypeThatIsNone) {
  PublishWorld world;
  const std::string lines = R"({"event_type":"Good"}
{"event_type":"a\u0007b"}
{"event_type":"Late"}
)";
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "-"}, lines), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("line 2 is refused: "), std::string::npos) << world.err.text;
  ASSERT_EQ(world.events().size(), 1u);
  EXPECT_EQ(world.events().front().type, "Good");
}

TEST(Publish, AddsAnEventThatNamesItsIdOnce) {
  PublishWorld world;
  const std::string json = R"({"event_id":"0198aaaa-0000-7000-8000-000000000007"})";
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "Note", json}), ExitStatus::kCompleted);
  const std::string first = world.out.text;
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "Note", json}), ExitStatus::kCompleted);
  EXPECT_EQ(world.out.text, first);
  EXPECT_EQ(world.events().size(), 1u);
}

TEST(PublishNdjson, AddsEveryLineInOrder) {
  PublishWorld world;
  std::string lines;
  for (int at = 0; at < 500; ++at) {
    lines += R"({"event_type":"T)" + std::to_string(at) + "\"}\n";
    if (at % 7 == 0) lines += "\n";
  }
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "-"}, lines), ExitStatus::kCompleted);
  const auto events = world.backend.events(*world.task);
  ASSERT_EQ(events.size(), 500u);
  for (size_t at = 0; at < events.size(); ++at) {
    EXPECT_EQ(events[at].type, "T" + std::to_string(at));
  }
}

TEST(PublishNdjson, StopsAtTheFirstBadLineAndNamesIt) {
  PublishWorld world;
  const std::string lines = "{\"event_type\":\"A\"}\n{\"event_type\":\"B\"}\nnonsense\n";
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "-"}, lines), ExitStatus::kUsage);
  EXPECT_EQ(world.events().size(), 2u);
  EXPECT_NE(world.err.text.find("2 events were published before this"), std::string::npos);
  EXPECT_NE(world.err.text.find("line 3 is not JSON"), std::string::npos) << world.err.text;
}

TEST(PublishNdjson, SaysWhichLineHasNoType) {
  PublishWorld world;
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "-"}, "{}\n"), ExitStatus::kUsage);
  EXPECT_NE(world.err.text.find("line 1 has no event_type"), std::string::npos) << world.err.text;
}

TEST(PublishBadInput, IsToldBeforeAnythingIsOpened) {
  struct Row {
    std::vector<std::string> args;
    std::string_view says;
  };
  const Row rows[] = {
      {{"t-1"}, "TYPE is missing"},
      {{"t-1", "a b"}, "a b"},
      {{"t-1", "stream.open"}, "stream.open"},
      {{"t-1", "Note", "[1]"}, "the payload must be a JSON object"},
      {{"t-1", "Note", "{"}, "the payload is not JSON"},
      {{"t-1", "-", "{}"}, "there is no JSON argument"},
      {{"t 1", "Note"}, "task id"},
  };
  for (const Row& row : rows) {
    PublishWorld world;
    EXPECT_EQ(world.call(enter_publish, row.args), ExitStatus::kUsage) << row.says;
    EXPECT_NE(world.err.text.find(row.says), std::string::npos) << world.err.text;
    EXPECT_EQ(world.opened, 0);
  }
}

TEST(PublishRefused, AfterTheEndOfTheTask) {
  PublishWorld world;
  EXPECT_EQ(world.call(enter_cancel, {world.task->str()}), ExitStatus::kCompleted);
  EXPECT_EQ(world.call(enter_publish, {world.task->str(), "Note"}), ExitStatus::kOther);
  EXPECT_EQ(world.events().size(), 1u);
}

}  // namespace
}  // namespace taskfeed::cmd
