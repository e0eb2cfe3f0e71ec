#include "bridge/names.h"

#include <gtest/gtest.h>

namespace taskfeed::bridge {
namespace {

TEST(ForeignTypes, EveryKnownNameIsFoundWithoutItsWordAndWithThePrefix) {
  for (const std::string_view type : types::kAll) {
    const std::string ours(type);
    const std::string bare = ours.substr(std::string_view("Workflow").size());
    EXPECT_EQ(known_type(ours), ours);
    EXPECT_EQ(known_type("workflow." + ours), ours);
    EXPECT_EQ(known_type("workflow." + bare), ours);
    EXPECT_EQ(known_type(bare), is_lifecycle(type) ? bare : ours);
  }
}

TEST(ForeignTypes, OtherWordsForTheSameAreKnown) {
  for (const std::string prefix : {"", "workflow."}) {
    EXPECT_EQ(known_type(prefix + "IterationStarted"), types::kStepStarted);
    EXPECT_EQ(known_type(prefix + "IterationCompleted"), types::kStepCompleted);
    EXPECT_EQ(known_type(prefix + "HumanApprovalRequested"), types::kApprovalRequested);
    EXPECT_EQ(known_type(prefix + "WorkflowCanceled"), types::kCancelled);
  }
  EXPECT_EQ(known_type("workflow.Canceled"), types::kCancelled);
}

TEST(ForeignTypes, OthersStayWhatTheyAre) {
  for (const std::string type : {"ToolCallFailed", "workflow.ToolCallFailed", "Canceled",
                                 "llm_call_started", "workflow.", "", "order.shipped"}) {
    EXPECT_EQ(known_type(type), type);
  }
}

std::string task_in(std::string_view pattern, std::string_view channel,
                    std::string_view type = "x") {
  const auto task = task_of_channel(pattern, channel, EventType::parse(type).value());
  return task ? task->str() : "-";
}

TEST(ChannelNames, TheLastStarStandsForTheTask) {
  EXPECT_EQ(task_in("workflow.*", "workflow.t1"), "t1");
  EXPECT_EQ(task_in("*", "t1"), "t1");
  EXPECT_EQ(task_in("agents/*/tasks/*", "agents/a1/tasks/t1"), "t1");
  EXPECT_EQ(task_in("task:*:events", "task:t1:events"), "t1");
  EXPECT_EQ(task_in("workflow.*", "workflow.task.t1"), "t1");
}

TEST(ChannelNames, WithoutAStarOrAnIdThereIsNoTask) {
  EXPECT_EQ(task_in("workflow.t1", "workflow.t1"), "-");
  EXPECT_EQ(task_in("workflow.*", "workflow."), "-");
  EXPECT_EQ(task_in("workflow.*", "workflow.a b"), "-");
  EXPECT_EQ(task_in("workflow.*", "workflow.{t1}"), "-");
  EXPECT_EQ(task_in("*:events", "t1:other"), "-");
}

TEST(ChannelNames, ATypesNameIsNoTask) {
  EXPECT_EQ(task_in("workflow.*", "workflow.LLMCallStarted"), "-");
  EXPECT_EQ(task_in("workflow.*", "workflow.Completed"), "-");
  EXPECT_EQ(task_in("workflow.*", "workflow.ToolCallFailed", "workflow.ToolCallFailed"), "-");
  EXPECT_EQ(task_in("workflow.*", "workflow.ToolCallFailed", "ToolCallFailed"), "-");
}

}  // namespace
}  // namespace taskfeed::bridge
