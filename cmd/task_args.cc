#include "task_args.h"

#include "inputs.h"
#include "runner/json_place.h"
#include "runner/model_overrides.h"

namespace taskfeed::cmd {
namespace {

/// The file's parameters, under those of --param, --streaming and --budget.
Result<Json> all_parameters(const TaskArgs& args) {
  Json parameters = Json::object();
  if (args.params_file) {
    const Result<std::string> text =
        read_file(*args.params_file, TaskLimits{}.parameters_bytes_max);
    if (!text) return text.error();
    Result<Json> json = parse_json(*text);
    if (!json) {
      return Error{Errc::kInvalid,
                   *args.params_file + ":" +
                       std::to_string(runner::line_of_json_error(*text, json.error())) + ": " +
                       json.error().text};
    }
    if (!json->is_object()) {
      return Error{Errc::kInvalid, *args.params_file + ": parameters must be a JSON object"};
    }
    parameters = *std::move(json);
  }
  for (const auto& [name, value] : args.parameters.items()) parameters[name] = value;
  if (args.streaming) parameters["enable_streaming"] = true;
  if (!args.budget.value.is_null()) {
    parameters[std::string(runner::kBudgetParameter)] = args.budget.value;
  }
  return parameters;
}

}  // namespace

void declare_task_args(ArgParser& parser, TaskArgs& args) {
  parser.option("--agent", args.agent, "AGENT", "who executes it; default: the only agent");
  parser.list("--param", args.params, "NAME=VALUE", "a parameter, JSON or text; repeatable");
  parser.option("--params-file", args.params_file, "FILE", "parameters, as a JSON object");
  parser.flag("--streaming", args.streaming, "publish events as they occur");
  declare_budget(parser, args.budget);
  parser.list("--label", args.labels, "NAME=VALUE", "repeatable");
  parser.option("--user", args.user, "ID", "on whose behalf");
}

Result<void> check_task_args(TaskArgs& args) {
  if (args.agent) {
    Result<AgentId> agent = AgentId::parse(*args.agent);
    if (!agent) return {Errc::kInvalid, "--agent: " + agent.error().text};
    args.agent_id = *std::move(agent);
  }
  for (const std::string& param : args.params) {
    auto pair = name_and_value("--param", param);
    if (!pair) return pair.error();
    args.parameters[pair->first] = json_or_text(pair->second);
  }
  for (const std::string& label : args.labels) {
    auto pair = name_and_value("--label", label);
    if (!pair) return pair.error();
    args.label_map[pair->first] = std::move(pair->second);
  }
  if (auto checked = check_budget_args(args.budget); !checked) return checked;
  return check_utf8("--user", args.user);
}

Result<TaskSpec> task_spec(const TaskArgs& args, std::string description, Deps& deps) {
  Result<Json> parameters = all_parameters(args);
  if (!parameters) return parameters.error();
  const Result<AgentId> agent = agent_or_only_one(args.agent_id, deps.tasks());
  if (!agent) return agent.error();
  if (auto kept = check_budget_is_kept(args.budget, *agent, deps.tasks()); !kept) {
    return kept.error();
  }
  return TaskSpec{.agent = *agent,
                  .description = std::move(description),
                  .user_id = args.user,
                  .parameters = *std::move(parameters),
                  .labels = args.label_map};
}

}  // namespace taskfeed::cmd
