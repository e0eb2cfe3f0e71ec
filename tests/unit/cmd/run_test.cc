#include <gtest/gtest.h>

#include "cmd_world.h"
#include "event/event_type.h"

namespace taskfeed::cmd {
namespace {

using testing::CmdWorld;

std::vector<std::string> types_of(CmdWorld& world) {
  const auto listing = world.backend.service.list({}).value();
  std::vector<std::string> types;
  for (const auto& event : world.backend.events(listing.tasks.front().id)) {
    types.push_back(event.type);
  }
  return types;
}

Task only_task(CmdWorld& world) {
  return world.backend.service.get(world.backend.service.list({})->tasks.front().id).value();
}

TEST(RunProgram, PublishesItsLifeAsATask) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_run, {"--", "sh", "-c", "echo hello"}), ExitStatus::kCompleted);
  EXPECT_EQ(
      types_of(world),
      (std::vector<std::string>{"WorkflowStarted", "WorkflowStepStarted", "WorkflowToolCallStarted",
                                "WorkflowToolCallOutput", "WorkflowToolCallCompleted",
                                "WorkflowStepCompleted", "WorkflowCompleted"}));
  const Task task = only_task(world);
  EXPECT_EQ(task.status, TaskStatus::kCompleted);
  EXPECT_EQ(task.result, "hello");
  EXPECT_EQ(task.spec.description, "sh -c 'echo hello'");
}

TEST(RunProgram, PrintsExactlyWhatWasStored) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_run, {"--json", "--", "sh", "-c", "echo one; echo two >&2"}),
            ExitStatus::kCompleted);
  std::string stored;
  const auto events = world.backend.events(only_task(world).id);
  for (const StoredEvent& event : events) stored += event.json + "\n";
  EXPECT_EQ(world.out.text, stored);
}

TEST(RunProgram, ThatFailsFailsTheTask) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_run, {"--", "sh", "-c", "exit 7"}), ExitStatus::kTaskFailed);
  EXPECT_EQ(only_task(world).status, TaskStatus::kFailed);
  EXPECT_EQ(only_task(world).error->kind, "step_failed");
}

TEST(RunProgram, ThatDoesNotExistFailsTheTask) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_run, {"--", "/no/such/program"}), ExitStatus::kTaskFailed);
  EXPECT_EQ(only_task(world).error->kind, "spawn_failed");
}

TEST(RunProgram, IsEndedAfterTheTimeout) {
  CmdWorld world;
  EXPECT_EQ(world.call(enter_run, {"--timeout", "50ms", "--", "sleep", "600"}),
            ExitStatus::kTimeout);
  EXPECT_EQ(only_task(world).status, TaskStatus::kFailed);
  EXPECT_EQ(only_task(world).error->kind, "timeout");
}

TEST(RunProgram, EndsWhenSomebodyCancelsItsTask) {
  CmdWorld world;
  // The program itself sees to it: its first line is the sign that the task runs.
  world.backend.broker.observe([&world, done = false](const TaskId& task,
                                                      const StoredEvent& event) mutable {
    if (done || event.type != types::kToolCallOutput) return;
    done = true;
    std::thread([&world, task] {
      (void)world.backend.service.control(task, {.kind = broker::SignalKind::kCancel, .by = "bob"});
    }).detach();
  });
  EXPECT_EQ(world.call(enter_run, {"--", "sh", "-c", "while :; do echo x; sleep 0.05; done"}),
            ExitStatus::kCancelled);
  EXPECT_EQ(only_task(world).status, TaskStatus::kCancelled);
}

TEST(RunAgent, CreatesExecutesAndFollowsWithAWorkerOfItsOwnWhereNobodyElseWorks) {
  CmdWorld world;
  world.backend.apply_agent("a-1");
  world.backend.alone = true;
  // The worker's part: the task ends before the stream is opened.
  world.backend.make_stream = [&world]() -> std::unique_ptr<StreamSource> {
    const TaskId task = world.backend.service.list({})->tasks.front().id;
    EXPECT_TRUE(world.backend.service.publish(task, {{.type = std::string(types::kStarted)}}).ok());
    EXPECT_TRUE(world.backend.service.publish(task, {{.type = std::string(types::kFailed)}}).ok());
    return std::make_unique<testing::SnapshotStream>(world.backend.broker);
  };
  EXPECT_EQ(world.call(enter_run, {"check", "1.2"}), ExitStatus::kTaskFailed);
  EXPECT_EQ(world.backend.workers_started, std::vector{only_task(world).id});
  EXPECT_EQ(only_task(world).spec.description, "check 1.2");
  EXPECT_EQ(std::count(world.out.text.begin(), world.out.text.end(), '\n'), 2) << world.out.text;
}

TEST(RunBadInput, IsToldBeforeAnythingIsOpened) {
  struct Row {
    std::vector<std::string> args;
    std::string_view says;
  };
  const Row rows[] = {
      {{}, "run needs a goal"},
      {{"--"}, "after -- stands a program"},
      {{"text", "--", "make"}, "not both"},
      {{"--agent", "a", "--", "make"}, "a program after -- has no agent"},
      {{"\xff"}, "the goal is not UTF-8"},
  };
  for (const Row& row : rows) {
    CmdWorld world;
    EXPECT_EQ(world.call(enter_run, row.args), ExitStatus::kUsage) << row.says;
    EXPECT_NE(world.err.text.find(row.says), std::string::npos) << world.err.text;
    EXPECT_EQ(world.opened, 0);
  }
}

}  // namespace
}  // namespace taskfeed::cmd
