// result: the final response, and nothing else (get_final_response).
#include "follow.h"
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

struct ResultOptions {
  std::string word;
  bool wait = false;
  std::optional<TaskId> task;  // validate()'s.
};

void declare(ArgParser& parser, ResultOptions& options) {
  parser.argument("TASK", options.word, true, "a task id");
  parser.flag("--wait", options.wait, "wait until the task ends");
}

Result<void> validate(ResultOptions& options) {
  Result<TaskId> task = TaskId::parse(options.word);
  if (!task) return task.error();
  options.task = *std::move(task);
  return {};
}

Json as_json(const TaskId& task, const service::FinalResponse& result) {
  Json json = Json::object();
  json["task_id"] = task.str();
  json["status"] = to_string(result.status);
  json["final_response"] =
      result.status == TaskStatus::kCompleted ? Json(result.response) : Json(nullptr);
  json["error"] = nullptr;
  if (result.error) {
    json["error"] = Json{{"kind", result.error->kind}, {"message", result.error->message}};
  }
  json["total_cost"] = dollars_to_json(result.total_cost);
  return json;
}

ExitStatus run(const ResultOptions& options, Deps& deps) {
  if (options.wait) {
    FollowRequest request{.tasks = {*options.task}};
    request.newest = 0;
    request.print = false;
    request.resume_line = false;
    const ExitStatus status = follow(request, deps);
    if (status == ExitStatus::kTimeout) remark(deps, "--timeout ran out");
    const bool ended = status == ExitStatus::kCompleted || status == ExitStatus::kTaskFailed ||
                       status == ExitStatus::kCancelled || status == ExitStatus::kBudget;
    if (!ended) return status;
  }
  const Result<service::FinalResponse> result = deps.tasks().result(*options.task);
  if (!result) return fail(deps, result.error());
  if (deps.json()) {
    print_json(as_json(*options.task, *result), deps);
  } else if (result->status == TaskStatus::kCompleted) {
    print_response(result->response, deps);
  }
  const std::string task = "the task " + options.task->str();
  if (!is_terminal(result->status)) {
    return fail(deps, {Errc::kConflict, task + " is " + std::string(to_string(result->status)) +
                                            "; --wait waits for its end"});
  }
  if (result->error) {
    deps.out.flush();
    remark(deps, task + " failed: " + result->error->kind + ": " + result->error->message);
  } else if (result->status == TaskStatus::kCancelled) {
    remark(deps, task + " was cancelled");
  }
  return exit_status_of(result->status, result->error ? result->error->kind : "");
}

}  // namespace

ExitStatus enter_result(Invocation& invocation, Needs needs) {
  const Parts<ResultOptions> parts{
      {.name = "result",
       .usage = "[OPTIONS] TASK",
       .summary = "Print a task's final response and nothing else (get_final_response). The exit\n"
                  "status is the task's: 0 completed, 3 failed, 6 cancelled; 1 while it runs.",
       .examples = "  taskfeed result --wait TASK > answer.txt\n"},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd
