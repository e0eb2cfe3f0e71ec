#include "cmd/exit_status.h"

#include <array>

#include <gtest/gtest.h>

namespace taskfeed::cmd {
namespace {

TEST(ExitStatusTable, AnswersEveryErrorAsTheManualSays) {
  struct Row {
    Errc code;
    int status;
  };
  constexpr std::array kTable{
      Row{Errc::kInvalid, 2},   Row{Errc::kNotFound, 5},     Row{Errc::kConflict, 1},
      Row{Errc::kReused, 1},    Row{Errc::kEnded, 1},        Row{Errc::kFenced, 1},
      Row{Errc::kForbidden, 4}, Row{Errc::kUnauthorised, 4}, Row{Errc::kTooLarge, 2},
      Row{Errc::kFull, 1},      Row{Errc::kUnavailable, 9},  Row{Errc::kTimeout, 9},
      Row{Errc::kInternal, 1}};
  for (const Row& row : kTable) {
    EXPECT_EQ(static_cast<int>(exit_status_of(row.code)), row.status) << to_string(row.code);
  }
}

TEST(ExitStatusTable, AnswersEveryEndOfATask) {
  EXPECT_EQ(static_cast<int>(exit_status_of(TaskStatus::kCompleted, "")), 0);
  EXPECT_EQ(static_cast<int>(exit_status_of(TaskStatus::kFailed, "step_failed")), 3);
  EXPECT_EQ(static_cast<int>(exit_status_of(TaskStatus::kFailed, "budget_exceeded")), 7);
  EXPECT_EQ(static_cast<int>(exit_status_of(TaskStatus::kCancelled, "")), 6);
}

}  // namespace
}  // namespace taskfeed::cmd
