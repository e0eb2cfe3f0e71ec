#include <gtest/gtest.h>

#include "cmd_world.h"

namespace taskfeed::cmd {
namespace {

using testing::CmdWorld;

TEST(Cancel, EndsATaskThatNoWorkerHoldsAndNamesWhoAsked) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  const TaskId task = world.backend.create_task("a-1");
  EXPECT_EQ(world.call(enter_cancel, {task.str(), "--reason", "enough"}), ExitStatus::kCompleted);
  EXPECT_EQ(world.backend.service.get(task)->status, TaskStatus::kCancelled);
  const auto events = world.backend.events(task);
  ASSERT_EQ(events.size(), 1u);
  const Json json = parse_json(events.front().json).value();
  EXPECT_EQ(string_at(json, "by"), "ada");
  EXPECT_EQ(string_at(json, "reason"), "enough");
}

TEST(Cancel, AsksAllAndAnswersForTheFirstThatRefused) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  const TaskId task = world.backend.create_task("a-1");
  EXPECT_EQ(world.call(enter_cancel, {"unknown", task.str()}), ExitStatus::kNotFound);
  EXPECT_EQ(world.backend.service.get(task)->status, TaskStatus::kCancelled);
}

TEST(Pause, IsRefusedInOneSentenceBeforeTheTaskRuns) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  const TaskId task = world.backend.create_task("a-1");
  EXPECT_EQ(world.call(enter_pause, {task.str()}), ExitStatus::kOther);
  EXPECT_EQ(world.err.text,
            "taskfeed: the task " + task.str() + " is submitted: execute it before you pause it\n");
  EXPECT_EQ(world.out.text, "");
}

TEST(Control, NeedsATaskAndRefusesWhatCannotBeOne) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_cancel, {}), ExitStatus::kUsage);
  EXPECT_EQ(world.call(enter_resume, {""}), ExitStatus::kUsage);
  EXPECT_EQ(world.call(enter_pause, {"not a task"}), ExitStatus::kUsage);
  EXPECT_EQ(world.opened, 0);
}

}  // namespace
}  // namespace taskfeed::cmd
