// get: all that is known of tasks.
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

struct GetOptions {
  std::vector<std::string> words;
  std::vector<TaskId> tasks;  // validate()'s.
};

void declare(ArgParser& parser, GetOptions& options) {
  parser.arguments("TASK", options.words, true, "one or several task ids");
}

Result<void> validate(GetOptions& options) {
  Result<std::vector<TaskId>> tasks = task_ids(options.words);
  if (!tasks) return tasks.error();
  options.tasks = *std::move(tasks);
  return {};
}

ExitStatus run(const GetOptions& options, Deps& deps) {
  ExitStatus status = ExitStatus::kCompleted;
  bool first = true;
  for (const TaskId& id : options.tasks) {
    const Result<Task> task = deps.tasks().get(id);
    if (!task) {
      status = fail(deps, task.error());
      continue;
    }
    if (deps.json()) {
      print_json(task_to_json(*task), deps);
    } else {
      deps.out.write((first ? "" : "\n") + task_details(*task, deps.looks()));
      deps.out.flush();
    }
    first = false;
  }
  return status;
}

}  // namespace

ExitStatus enter_get(Invocation& invocation, Needs needs) {
  const Parts<GetOptions> parts{
      {.name = "get", .usage = "[OPTIONS] TASK...", .summary = "Show tasks.", .examples = {}},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
