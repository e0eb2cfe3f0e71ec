// execute: queues a task that was created, and may stay with it.
#include "attend.h"
#include "budget_args.h"
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"
#include "worker_hint.h"

namespace taskfeed::cmd {
namespace {

struct ExecuteOptions {
  std::string word;
  std::string query;
  bool streaming = false;
  BudgetArgs budget;
  bool follow = false;
  bool wait = false;
  bool cancel_on_interrupt = false;
  std::optional<TaskId> task;  // validate()'s.
};

void declare(ArgParser& parser, ExecuteOptions& options) {
  parser.argument("TASK", options.word, true, "a task id");
  parser.option("--query", options.query, "TEXT", "instead of the description; - reads stdin");
  parser.flag("--streaming", options.streaming, "publish events as they occur");
  declare_budget(parser, options.budget);
  declare_max_cost(parser, options.budget);
  parser.flag("-f,--follow", options.follow, "print its events until it ends");
  parser.flag("--wait", options.wait, "wait until it ends");
  parser.flag("--cancel-on-interrupt", options.cancel_on_interrupt, "Ctrl-C cancels the task");
}

Result<void> validate(ExecuteOptions& options) {
  Result<TaskId> task = TaskId::parse(options.word);
  if (!task) return task.error();
  options.task = *std::move(task);
  if (options.cancel_on_interrupt && !options.follow && !options.wait) {
    return {Errc::kInvalid, "--cancel-on-interrupt is for --follow and --wait; add one of them"};
  }
  if (auto checked = check_budget_args(options.budget); !checked) return checked;
  return check_utf8("--query", options.query);
}

ExitStatus run(const ExecuteOptions& options, Deps& deps) {
  Result<std::string> query =
      text_or_stdin(options.query, "the query", TaskLimits{}.description_bytes_max, deps);
  if (!query) return fail(deps, query.error());
  service::ExecuteRequest request{
      .query = *std::move(query), .streaming = {}, .budget = options.budget.value};
  if (options.streaming) request.streaming = true;

  if (options.follow || options.wait) {
    const ExitStatus status = execute_and_attend(
        *options.task, {std::move(request), options.follow, options.cancel_on_interrupt}, deps);
    if (options.follow || deps.interrupts.received() != 0) return status;
    const Result<Task> task = deps.tasks().get(*options.task);
    if (!task) return fail(deps, task.error());
    print_task(*task, deps);
    return status;
  }
  const Result<Task> task = deps.tasks().execute(*options.task, request);
  if (!task) return fail(deps, task.error());
  print_task(*task, deps);
  remark_missing_worker(deps);
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_execute(Invocation& invocation, Needs needs) {
  const Parts<ExecuteOptions> parts{
      {.name = "execute",
       .usage = "[OPTIONS] TASK",
       .summary = "Execute a task that was created. With --follow or --wait the exit status says\n"
                  "how it ended: 0 completed, 3 failed, 6 cancelled.",
       .examples = "  taskfeed execute -f TASK\n"
                   "  taskfeed execute --query \"check 1.3 instead\" TASK\n"},
      declare,
      validate,
      run,
      true};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
