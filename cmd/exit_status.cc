#include "exit_status.h"

namespace taskfeed::cmd {

ExitStatus exit_status_of(Errc code) {
  switch (code) {
    case Errc::kInvalid:
      return ExitStatus::kUsage;
    case Errc::kNotFound:
      return ExitStatus::kNotFound;
    case Errc::kConflict:
      return ExitStatus::kOther;
    case Errc::kEnded:
      return ExitStatus::kOther;
    case Errc::kFenced:
      return ExitStatus::kOther;
    case Errc::kForbidden:
      return ExitStatus::kUnauthorised;
    case Errc::kUnauthorised:
      return ExitStatus::kUnauthorised;
    case Errc::kTooLarge:
      return ExitStatus::kUsage;
    case Errc::kFull:
      return ExitStatus::kOther;
    case Errc::kUnavailable:
      return ExitStatus::kUnreachable;
    case Errc::kTimeout:
      return ExitStatus::kUnreachable;
    case Errc::kInternal:
      return ExitStatus::kOther;
  }
  return ExitStatus::kOther;
}

ExitStatus exit_status_of(TaskStatus status, std::string_view failure_kind) {
  switch (status) {
    case TaskStatus::kCompleted:
      return ExitStatus::kCompleted;
    case TaskStatus::kFailed:
      return failure_kind == kBudgetFailure ? ExitStatus::kBudget : ExitStatus::kTaskFailed;
    case TaskStatus::kCancelled:
      return ExitStatus::kCancelled;
    case TaskStatus::kSubmitted:
    case TaskStatus::kPending:
    case TaskStatus::kRunning:
    case TaskStatus::kPaused:
      break;
  }
  return ExitStatus::kCompleted;
}

}  // namespace taskfeed::cmd
