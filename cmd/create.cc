// create: a task for an agent; with --execute it is queued as well.
#include "inputs.h"
#include "service/rules.h"
#include "subcommand.h"
#include "task_args.h"
#include "task_text.h"
#include "worker_hint.h"

namespace taskfeed::cmd {
namespace {

struct CreateOptions {
  TaskArgs task;
  std::string description;
  std::optional<std::string> idempotency_key;
  bool execute = false;
  bool id_only = false;
};

void declare(ArgParser& parser, CreateOptions& options) {
  parser.option("-d,--description", options.description, "TEXT", "the goal; - reads stdin");
  declare_task_args(parser, options.task);
  declare_max_cost(parser, options.task.budget);
  parser.option("--idempotency-key", options.idempotency_key, "KEY",
                "create it once: who repeats this with the same key gets the same task");
  parser.flag("--execute", options.execute, "execute it at once");
  parser.flag("--id-only", options.id_only, "print the task's id and nothing else");
}

Result<void> validate(CreateOptions& options) {
  if (auto checked = check_task_args(options.task); !checked) return checked;
  if (options.idempotency_key) {
    const Result<void> key = service::check_idempotency_key(*options.idempotency_key);
    if (!key) return Error{Errc::kInvalid, "--idempotency-key: " + key.error().text};
  }
  return check_utf8("--description", options.description);
}

void print_next_steps(const CreateOptions& options, const Task& task, Deps& deps) {
  if (options.execute && task.status == TaskStatus::kPending) {
    remark_missing_worker(deps);
  } else if (!options.execute && !options.id_only && !deps.json() && deps.err.is_terminal()) {
    remark(deps, "execute it with: taskfeed" + deps.backend->origin_options() + " execute -f " +
                     task.id.str());
  }
}

Result<Task> create(const CreateOptions& options, const TaskSpec& spec, Deps& deps) {
  if (!options.idempotency_key) return deps.tasks().create(spec);
  Result<service::Tasks::Created> created =
      deps.tasks().create_once(spec, *options.idempotency_key);
  if (!created) return created.error();
  if (created->replayed) {
    remark(deps, "the task of this key was there already: " + created->task.id.str());
  }
  return std::move(created->task);
}

ExitStatus run(const CreateOptions& options, Deps& deps) {
  Result<std::string> description = text_or_stdin(options.description, "the description",
                                                  TaskLimits{}.description_bytes_max, deps);
  if (!description) return fail(deps, description.error());
  const Result<TaskSpec> spec = task_spec(options.task, *std::move(description), deps);
  if (!spec) return fail(deps, spec.error());
  Result<Task> task = create(options, *spec, deps);
  if (!task) return fail(deps, task.error());
  // One that was there already may have been executed by whoever came first.
  if (options.execute && task->status == TaskStatus::kSubmitted) {
    const TaskId id = task->id;
    task = deps.tasks().execute(id, {});
    if (!task) {
      remark(deps, "the task " + id.str() + " was created, but not executed");
      return fail(deps, task.error());
    }
  }
  if (options.id_only) {
    deps.out.line(task->id.str());
  } else {
    print_task(*task, deps);
  }
  print_next_steps(options, *task, deps);
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_create(Invocation& invocation, Needs needs) {
  const Parts<CreateOptions> parts{
      {.name = "create",
       .usage = "[OPTIONS]",
       .summary = "Create a task for an agent.",
       .examples = "  taskfeed create --agent release-check -d \"check 1.2\"\n"
                   "  taskfeed create -d - --param depth=3 < goal.txt\n"},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
