/// The exit statuses, which scripts rely on: taskfeed(1), "Exit status".
///
/// Threads  Values; pure functions.
/// Errors   None: the map from Errc is total.
/// Owns     Nothing.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "task/task.h"

namespace taskfeed::cmd {

enum class ExitStatus : int {
  kCompleted = 0,
  kOther = 1,
  kUsage = 2,  ///< Usage or configuration.
  kTaskFailed = 3,
  kUnauthorised = 4,
  kNotFound = 5,
  kCancelled = 6,
  kBudget = 7,
  kGap = 8,  ///< With --fail-on-gap.
  kUnreachable = 9,
  kTimeout = 124,      ///< --timeout ran out; timeout(1)'s number.
  kHungUp = 129,       ///< 128 + SIGHUP
  kInterrupted = 130,  ///< 128 + SIGINT
  kPipe = 141,         ///< 128 + SIGPIPE: the reader of stdout left.
  kTerminated = 143,   ///< 128 + SIGTERM
};

/// Every one of them, and what it means, for `taskfeed help exit-status`.
struct ExitMeaning {
  ExitStatus status;
  std::string_view text;
};
std::span<const ExitMeaning> exit_meanings();

ExitStatus exit_status_of(Errc code);
/// How a finished task ended: kCompleted, kTaskFailed, kCancelled or kBudget.
ExitStatus exit_status_of(TaskStatus status, std::string_view failure_kind);

/// TaskFailure::kind of a task that went over its budget.
inline constexpr std::string_view kBudgetFailure = "budget_exceeded";

}  // namespace taskfeed::cmd
