// create: a task for an agent; with --execute it is queued as well.
#include "inputs.h"
#include "subcommand.h"
#include "task_text.h"

namespace taskfeed::cmd {
namespace {

struct Options {
  std::string agent, description, user;
  std::vector<std::string> params, labels;
  std::optional<std::string> params_file;
  bool streaming = false;
  bool execute = false;
  bool id_only = false;

  // validate()'s.
  std::optional<AgentId> agent_id;
  Json parameters = Json::object();
  std::map<std::string, std::string> label_map;
};

void declare(ArgParser& parser, Options& options) {
  parser.option("--agent", options.agent, "AGENT", "who executes it; default: the only agent");
  parser.option("-d,--description", options.description, "TEXT", "the goal; - reads stdin");
  parser.list("--param", options.params, "NAME=VALUE", "a parameter, JSON or text; repeatable");
  parser.option("--params-file", options.params_file, "FILE", "parameters, as a JSON object");
  parser.flag("--streaming", options.streaming, "publish events as they occur");
  parser.list("--label", options.labels, "NAME=VALUE", "repeatable");
  parser.option("--user", options.user, "ID", "on whose behalf");
  parser.flag("--execute", options.execute, "execute it at once");
  parser.flag("--id-only", options.id_only, "print the task's id and nothing else");
}

Result<void> validate(Options& options) {
  if (!options.agent.empty()) {
    Result<AgentId> agent = AgentId::parse(options.agent);
    if (!agent) return {Errc::kInvalid, "--agent: " + agent.error().text};
    options.agent_id = *std::move(agent);
  }
  for (const auto& [name, value] :
       {std::pair{"the description", &options.description}, std::pair{"--user", &options.user}}) {
    if (auto checked = check_utf8(name, *value); !checked) return checked;
  }
  for (const std::string& param : options.params) {
    auto pair = name_and_value("--param", param);
    if (!pair) return pair.error();
    options.parameters[pair->first] = json_or_text(pair->second);
  }
  for (const std::string& label : options.labels) {
    auto pair = name_and_value("--label", label);
    if (!pair) return pair.error();
    options.label_map[pair->first] = std::move(pair->second);
  }
  return {};
}

/// The file's parameters, under those of --param and --streaming.
Result<Json> all_parameters(const Options& options) {
  Json parameters = Json::object();
  if (options.params_file) {
    const Result<std::string> text =
        read_file(*options.params_file, TaskLimits{}.parameters_bytes_max);
    if (!text) return text.error();
    Result<Json> json = parse_json(*text);
    if (!json) {
      return Error{Errc::kInvalid, *options.params_file + ":" +
                                       line_of_json_error(*text, json.error()) + ": " +
                                       json.error().text};
    }
    if (!json->is_object()) {
      return Error{Errc::kInvalid, *options.params_file + ": parameters must be a JSON object"};
    }
    parameters = *std::move(json);
  }
  for (const auto& [name, value] : options.parameters.items()) parameters[name] = value;
  if (options.streaming) parameters["enable_streaming"] = true;
  return parameters;
}

ExitStatus run(const Options& options, Deps& deps) {
  Result<Json> parameters = all_parameters(options);
  if (!parameters) return fail(deps, parameters.error());
  Result<std::string> description = text_or_stdin(options.description, "the description",
                                                  TaskLimits{}.description_bytes_max, deps);
  if (!description) return fail(deps, description.error());
  const Result<AgentId> agent = agent_or_only_one(options.agent_id, deps.tasks());
  if (!agent) return fail(deps, agent.error());
  Result<Task> task = deps.tasks().create({.agent = *agent,
                                           .description = *std::move(description),
                                           .user_id = options.user,
                                           .parameters = *std::move(parameters),
                                           .labels = options.label_map});
  if (!task) return fail(deps, task.error());
  if (options.execute) {
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
    if (!options.execute && !deps.json() && deps.err.is_terminal()) {
      remark(deps, "execute it with: taskfeed" + deps.backend->origin_options() + " execute -f " +
                       task->id.str());
    }
  }
  if (options.execute && deps.backend->lacks_worker()) {
    remark(deps, "it waits for a worker: start `taskfeed worker` or `taskfeed serve`");
  }
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_create(Invocation& invocation, Needs needs) {
  const Parts<Options> parts{
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
