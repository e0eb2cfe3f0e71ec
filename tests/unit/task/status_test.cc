/// The life of a task, against a table that was written down a second time, as words.
#include "task/status.h"

#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "event/event_type.h"

namespace taskfeed {
namespace {

/// All arrows, "from input to", as the guide's picture and the comments of status.h have them. A
/// pair that is missing here has no arrow.
constexpr std::string_view kArrows[] = {
    "submitted execute pending",
    // Whoever executes elsewhere asks nobody here first.
    "submitted started running",
    "submitted completed completed",
    "submitted failed failed",
    "submitted cancelled cancelled",
    "pending started running",
    "pending paused paused",
    "pending completed completed",
    "pending failed failed",
    "pending cancelled cancelled",
    "running started running",
    "running paused paused",
    "running resumed running",
    "running completed completed",
    "running failed failed",
    "running cancelled cancelled",
    "paused paused paused",
    "paused resumed running",
    "paused completed completed",
    "paused failed failed",
    "paused cancelled cancelled",
};

std::string arrow(TaskStatus from, TaskInput input, TaskStatus to) {
  return std::string(to_string(from)) + " " + std::string(to_string(input)) + " " +
         std::string(to_string(to));
}

TEST(TaskTable, EveryStateAnswersEveryInput) {
  std::set<std::string> expected(std::begin(kArrows), std::end(kArrows));
  ASSERT_EQ(expected.size(), std::size(kArrows)) << "an arrow is written twice";
  for (const TaskStatus from : kTaskStatuses) {
    for (const TaskInput input : kTaskInputs) {
      const std::optional<TaskStatus> to = transition(from, input);
      if (!to) continue;
      EXPECT_EQ(expected.erase(arrow(from, input, *to)), 1u)
          << "nobody asked for: " << arrow(from, input, *to);
    }
  }
  for (const std::string& missing : expected) ADD_FAILURE() << "no such arrow: " << missing;
}

TEST(TaskTable, LetsNothingLeaveATerminalStatus) {
  size_t terminal = 0;
  for (const TaskStatus status : kTaskStatuses) {
    if (!is_terminal(status)) continue;
    ++terminal;
    for (const TaskInput input : kTaskInputs) {
      EXPECT_FALSE(transition(status, input)) << to_string(status) << " " << to_string(input);
    }
  }
  EXPECT_EQ(terminal, 3u);
}

TEST(TaskTable, LeadsFromSubmittedToEveryStatus) {
  std::set<TaskStatus> reached{TaskStatus::kSubmitted};
  for (size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const TaskStatus from : std::set<TaskStatus>(reached)) {
      for (const TaskInput input : kTaskInputs) {
        if (const auto to = transition(from, input)) reached.insert(*to);
      }
    }
  }
  EXPECT_EQ(reached.size(), kTaskStatuses.size());
}

TEST(TaskTable, EndsAnyTaskThatHasNotEnded) {
  for (const TaskStatus from : kTaskStatuses) {
    if (is_terminal(from)) continue;
    EXPECT_EQ(transition(from, TaskInput::kCompleted), TaskStatus::kCompleted);
    EXPECT_EQ(transition(from, TaskInput::kFailed), TaskStatus::kFailed);
    EXPECT_EQ(transition(from, TaskInput::kCancelled), TaskStatus::kCancelled);
  }
}

TEST(TaskTable, TakesAFactThatIsAlreadyTrue) {
  EXPECT_EQ(transition(TaskStatus::kRunning, TaskInput::kStarted), TaskStatus::kRunning);
  EXPECT_EQ(transition(TaskStatus::kRunning, TaskInput::kResumed), TaskStatus::kRunning);
  EXPECT_EQ(transition(TaskStatus::kPaused, TaskInput::kPaused), TaskStatus::kPaused);
}

TEST(TaskTable, ExecutesATaskOnce) {
  for (const TaskStatus status : kTaskStatuses) {
    EXPECT_EQ(transition(status, TaskInput::kExecute).has_value(),
              status == TaskStatus::kSubmitted);
  }
}

TEST(TaskStatus, IsReadAsItIsWritten) {
  std::set<std::string_view> names;
  for (const TaskStatus status : kTaskStatuses) {
    EXPECT_EQ(parse_status(to_string(status)), status);
    names.insert(to_string(status));
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"submitted", "pending", "running", "paused",
                                               "completed", "failed", "cancelled"}));
  for (const std::string_view text : {"", "Running", "running ", "canceled", "done"}) {
    EXPECT_FALSE(parse_status(text)) << text;
  }
}

TEST(TaskInputs, AreTheLifecycleEventsAndNoOthers) {
  const std::map<std::string_view, TaskInput> expected{
      {"WorkflowStarted", TaskInput::kStarted}, {"WorkflowPaused", TaskInput::kPaused},
      {"WorkflowResumed", TaskInput::kResumed}, {"WorkflowCompleted", TaskInput::kCompleted},
      {"WorkflowFailed", TaskInput::kFailed},   {"WorkflowCancelled", TaskInput::kCancelled}};
  for (const std::string_view type : types::kAll) {
    const auto found = expected.find(type);
    const std::optional<TaskInput> input = input_of(type);
    EXPECT_EQ(input, found == expected.end() ? std::nullopt : std::optional(found->second)) << type;
    // What a lease guards is exactly what moves a status.
    EXPECT_EQ(is_lifecycle(type), input.has_value()) << type;
    EXPECT_EQ(is_terminal(type), input && is_terminal(*transition(TaskStatus::kRunning, *input)))
        << type;
  }
  for (const std::string_view foreign : {"", "workflowstarted", "WorkflowStarted2", "Note"}) {
    EXPECT_FALSE(input_of(foreign)) << foreign;
  }
}

}  // namespace
}  // namespace taskfeed
