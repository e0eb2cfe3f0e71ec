// run: creates, executes and follows a task; after `--`, a program instead.
#include <algorithm>

#include "attend.h"
#include "inputs.h"
#include "run_program.h"
#include "subcommand.h"
#include "task_args.h"

namespace taskfeed::cmd {
namespace {

struct RunOptions {
  std::vector<std::string> words;
  TaskArgs task;
  bool cancel_on_interrupt = false;
  std::vector<std::string> argv;  // After --, taken off before the parser looks.
  bool is_program = false;
};

void declare(ArgParser& parser, RunOptions& options) {
  parser.arguments("TEXT", options.words, false, "the goal, for an agent; - reads stdin");
  declare_task_args(parser, options.task);
  declare_max_cost(parser, options.task.budget);
  parser.flag("--cancel-on-interrupt", options.cancel_on_interrupt, "Ctrl-C cancels the task");
}

Result<void> validate(RunOptions& options) {
  if (auto checked = check_task_args(options.task); !checked) return checked;
  if (options.is_program) {
    if (options.argv.empty()) {
      return {Errc::kInvalid, "after -- stands a program: taskfeed run -- make test"};
    }
    if (!options.words.empty()) {
      return {Errc::kInvalid, "give a goal for an agent or a program after --, not both"};
    }
    const TaskArgs& task = options.task;
    if (task.agent_id || !task.params.empty() || task.params_file || task.streaming ||
        !task.budget.value.is_null() || options.cancel_on_interrupt) {
      return {Errc::kInvalid,
              "a program after -- has no agent and no parameters; of these options it takes "
              "--label and --user"};
    }
    return {};
  }
  if (options.words.empty()) {
    return {Errc::kInvalid,
            "run needs a goal for an agent, or a program after --: taskfeed run -- make test"};
  }
  for (const std::string& word : options.words) {
    if (auto checked = check_utf8("the goal", word); !checked) return checked;
  }
  return {};
}

ExitStatus run(const RunOptions& options, Deps& deps) {
  if (options.is_program) {
    return run_program({options.argv, options.task.user, options.task.label_map}, deps);
  }
  std::string goal;
  for (const std::string& word : options.words) goal += (goal.empty() ? "" : " ") + word;
  Result<std::string> text =
      text_or_stdin(goal, "the goal", TaskLimits{}.description_bytes_max, deps);
  if (!text) return fail(deps, text.error());
  const Result<TaskSpec> spec = task_spec(options.task, *std::move(text), deps);
  if (!spec) return fail(deps, spec.error());
  const Result<Task> task = deps.tasks().create(*spec);
  if (!task) return fail(deps, task.error());
  if (deps.err.is_terminal()) remark(deps, "task " + task->id.str());
  return execute_and_attend(
      task->id, {.request = {}, .cancel_on_interrupt = options.cancel_on_interrupt}, deps);
}

}  // namespace

ExitStatus enter_run(Invocation& invocation, Needs needs) {
  static constexpr std::string_view kEnd = "--";
  RunOptions options;
  std::vector<std::string>& args = invocation.args;
  const auto end = std::find(args.begin(), args.end(), kEnd);
  if (end != args.end()) {
    options.is_program = true;
    options.argv.assign(end + 1, args.end());
    args.erase(end, args.end());
  }
  const Parts<RunOptions> parts{
      {.name = "run",
       .usage = "[OPTIONS] TEXT...\n       taskfeed run [OPTIONS] -- PROGRAM [ARGUMENT...]",
       .summary = "Create, execute and follow a task; or run a program here, its output as the\n"
                  "events of a task. The exit status is the task's: 0 completed, 3 failed,\n"
                  "6 cancelled.",
       .examples = "  taskfeed run -- make test\n"
                   "  taskfeed run --agent release-check \"check 1.2\"\n"},
      declare,
      validate,
      run,
      true,
      true,
      // A program has no agent.
      [](const RunOptions& given, std::string_view key) {
        return !given.is_program || key != "agent";
      }};
  return enter(parts, invocation, needs, std::move(options));
}

}  // namespace taskfeed::cmd
