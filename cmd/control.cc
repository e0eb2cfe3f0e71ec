// cancel, pause and resume: three names for one request.
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kReasonBytesMax = 4 * 1024;

struct ControlOptions {
  std::vector<std::string> words;
  std::string reason;
  std::vector<TaskId> tasks;  // validate()'s.
};

void declare(ArgParser& parser, ControlOptions& options) {
  parser.arguments("TASK", options.words, true, "one or several task ids");
  parser.option("--reason", options.reason, "TEXT", "why; stands in the event");
}

Result<void> validate(ControlOptions& options) {
  Result<std::vector<TaskId>> tasks = task_ids(options.words);
  if (!tasks) return tasks.error();
  options.tasks = *std::move(tasks);
  if (options.reason.size() > kReasonBytesMax) {
    return {Errc::kTooLarge,
            "--reason is longer than " + std::to_string(kReasonBytesMax) + " bytes"};
  }
  return check_utf8("--reason", options.reason);
}

TaskStatus status_after(broker::SignalKind kind) {
  switch (kind) {
    case broker::SignalKind::kCancel:
      return TaskStatus::kCancelled;
    case broker::SignalKind::kPause:
      return TaskStatus::kPaused;
    case broker::SignalKind::kResume:
    case broker::SignalKind::kApprove:
    case broker::SignalKind::kRefuse:
    case broker::SignalKind::kInput:
      return TaskStatus::kRunning;
  }
  return TaskStatus::kRunning;
}

/// All are asked, whatever becomes of the first.
ExitStatus control(broker::SignalKind kind, const ControlOptions& options, Deps& deps) {
  ExitStatus status = ExitStatus::kCompleted;
  for (const TaskId& id : options.tasks) {
    const Result<Task> task = deps.tasks().control(
        id, {.kind = kind, .by = user_name(deps.environment), .reason = options.reason});
    if (!task) {
      const ExitStatus failed = fail(deps, task.error());
      if (status == ExitStatus::kCompleted) status = failed;
      continue;
    }
    print_task(*task, deps);
    if (task->status != status_after(kind) && !is_terminal(task->status)) {
      remark(deps, "asked to " + std::string(to_string(kind)) + "; its worker will see to it");
    }
  }
  return status;
}

template <broker::SignalKind kind>
ExitStatus run(const ControlOptions& options, Deps& deps) {
  return control(kind, options, deps);
}

template <broker::SignalKind kind>
ExitStatus enter_control(Invocation& invocation, Needs needs, std::string summary) {
  const std::string name(to_string(kind));
  const Parts<ControlOptions> parts{
      {.name = name, .usage = "[OPTIONS] TASK...", .summary = std::move(summary), .examples = {}},
      declare,
      validate,
      run<kind>};
  return enter(parts, invocation, needs);
}

}  // namespace

ExitStatus enter_cancel(Invocation& invocation, Needs needs) {
  return enter_control<broker::SignalKind::kCancel>(
      invocation, needs, "Cancel tasks. A program under way is ended, with all that it started.");
}

ExitStatus enter_pause(Invocation& invocation, Needs needs) {
  return enter_control<broker::SignalKind::kPause>(
      invocation, needs, "Pause tasks: the activity under way ends first.");
}

ExitStatus enter_resume(Invocation& invocation, Needs needs) {
  return enter_control<broker::SignalKind::kResume>(invocation, needs, "Let paused tasks go on.");
}

}  // namespace taskfeed::cmd
