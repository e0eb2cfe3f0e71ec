#include "exit_status.h"

#include <array>

namespace taskfeed::cmd {
namespace {

constexpr std::array kMeanings{
    ExitMeaning{ExitStatus::kCompleted, "done; of a task that was waited for: completed"},
    ExitMeaning{ExitStatus::kOther,
                "another error, such as a request that the task's status forbids"},
    ExitMeaning{ExitStatus::kUsage, "usage or configuration: an option, argument or key is wrong"},
    ExitMeaning{ExitStatus::kTaskFailed, "the task failed"},
    ExitMeaning{ExitStatus::kUnauthorised, "not authorised"},
    ExitMeaning{ExitStatus::kNotFound, "no such task or agent"},
    ExitMeaning{ExitStatus::kCancelled, "the task was cancelled"},
    ExitMeaning{ExitStatus::kBudget, "the task exceeded its budget"},
    ExitMeaning{ExitStatus::kGap, "events were lost, with --fail-on-gap"},
    ExitMeaning{ExitStatus::kUnreachable, "the daemon or Redis cannot be reached"},
    ExitMeaning{ExitStatus::kTimeout, "--timeout ran out"},
    ExitMeaning{ExitStatus::kHungUp, "ended by SIGHUP"},
    ExitMeaning{ExitStatus::kInterrupted, "ended by SIGINT, which is Ctrl-C"},
    ExitMeaning{ExitStatus::kPipe, "the reader of standard output left"},
    ExitMeaning{ExitStatus::kTerminated, "ended by SIGTERM"}};

}  // namespace

std::span<const ExitMeaning> exit_meanings() {
  return kMeanings;
}

ExitStatus exit_status_of(Errc code) {
  switch (code) {
    case Errc::kInvalid:
      return ExitStatus::kUsage;
    case Errc::kNotFound:
      return ExitStatus::kNotFound;
    case Errc::kConflict:
      return ExitStatus::kOther;
    case Errc::kReused:
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
