/// The options that say what task to create: those of `create` and `run`.
///
/// Threads  Values; main thread.
/// Errors   Each names the option or the file.
/// Owns     Its text.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "arg_parser.h"
#include "budget_args.h"
#include "deps.h"

namespace taskfeed::cmd {

struct TaskArgs {
  std::optional<std::string> agent;
  std::string user;
  std::vector<std::string> params, labels;
  std::optional<std::string> params_file;
  bool streaming = false;
  BudgetArgs budget;

  // check_task_args()'s.
  std::optional<AgentId> agent_id;
  Json parameters = Json::object();
  std::map<std::string, std::string> label_map;
};

void declare_task_args(ArgParser& parser, TaskArgs& args);
Result<void> check_task_args(TaskArgs& args);
/// Reads the file of parameters, and asks which agents there are where none is named.
Result<TaskSpec> task_spec(const TaskArgs& args, std::string description, Deps& deps);

}  // namespace taskfeed::cmd
