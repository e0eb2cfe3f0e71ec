// wait: until tasks have ended; the exit status says how.
#include "follow.h"
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

struct WaitOptions {
  std::vector<std::string> words;
  std::vector<TaskId> tasks;  // validate()'s.
};

void declare(ArgParser& parser, WaitOptions& options) {
  parser.arguments("TASK", options.words, true, "one or several task ids");
}

Result<void> validate(WaitOptions& options) {
  Result<std::vector<TaskId>> tasks = task_ids(options.words);
  if (!tasks) return tasks.error();
  options.tasks = *std::move(tasks);
  return {};
}

ExitStatus run(const WaitOptions& options, Deps& deps) {
  FollowRequest request{.tasks = options.tasks};
  request.newest = 0;
  request.print = false;
  request.resume_line = false;
  const ExitStatus status = follow(request, deps);
  if (deps.interrupts.received() != 0) return status;
  switch (status) {
    case ExitStatus::kCompleted:
    case ExitStatus::kTaskFailed:
    case ExitStatus::kCancelled:
    case ExitStatus::kBudget:
    case ExitStatus::kTimeout:
      break;
    default:
      return status;  // follow() has said why.
  }
  for (const TaskId& id : options.tasks) {
    const Result<Task> task = deps.tasks().get(id);
    if (!task) return fail(deps, task.error());
    print_task(*task, deps);
  }
  if (status == ExitStatus::kTimeout) remark(deps, "--timeout ran out");
  return status;
}

}  // namespace

ExitStatus enter_wait(Invocation& invocation, Needs needs) {
  const Parts<WaitOptions> parts{
      {.name = "wait",
       .usage = "[OPTIONS] TASK...",
       .summary =
           "Wait until tasks have ended. The exit status is that of the first, in the order\n"
           "given, that did not complete: 3 failed, 6 cancelled; 124 after --timeout.",
       .examples = "  taskfeed wait --timeout 10m TASK && echo done\n"},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
