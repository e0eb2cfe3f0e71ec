// state: where the workflow stands (get_current_state).
#include "inputs.h"
#include "subcommand.h"
#include "table.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

struct StateOptions {
  std::string word;
  std::optional<TaskId> task;  // validate()'s.
};

void declare(ArgParser& parser, StateOptions& options) {
  parser.argument("TASK", options.word, true, "a task id");
}

Result<void> validate(StateOptions& options) {
  Result<TaskId> task = TaskId::parse(options.word);
  if (!task) return task.error();
  options.task = *std::move(task);
  return {};
}

ExitStatus run(const StateOptions& options, Deps& deps) {
  const Result<Json> state = deps.tasks().state(*options.task);
  if (!state) return fail(deps, state.error());
  if (deps.json()) {
    print_json(*state, deps);
    return ExitStatus::kCompleted;
  }
  const Looks looks = deps.looks();
  size_t width = 0;
  for (const auto& [key, value] : state->items()) width = std::max(width, key.size() + 2);
  for (const auto& [key, value] : state->items()) {
    if (value.is_null()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
    deps.out.write(padded(indented(key, 0, looks), width) + indented(text, width, looks) + "\n");
  }
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_state(Invocation& invocation, Needs needs) {
  const Parts<StateOptions> parts{
      {.name = "state",
       .usage = "[OPTIONS] TASK",
       .summary = "Show the workflow's state as its events tell it (get_current_state).",
       .examples = {}},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
