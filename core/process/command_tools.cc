#include "process/command_tools.h"

#include "base/text.h"
#include "runner/placeholders.h"
#include "runner/tool_arguments.h"

namespace taskfeed::process {
namespace {

using runner::CommandTool;
using runner::ToolResult;

constexpr size_t kIdBytesMax = 256;
constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

ToolResult failed(std::string text) {
  ToolResult result;
  result.text = std::move(text);
  result.is_error = true;
  return result;
}

/// Elements whose argument is absent are left out.
std::vector<std::string> argv_of(const CommandTool& tool, const Json& arguments) {
  std::vector<std::string> argv;
  for (const std::string& element : tool.argv) {
    if (std::optional<std::string> text = runner::filled(element, arguments)) {
      argv.push_back(*std::move(text));
    }
  }
  return argv;
}

/// Bytes that are no UTF-8 have become longer: of a picture, the model is told no more than of a
/// text.
std::string bounded(std::string text, size_t bytes_max, bool& truncated) {
  constexpr size_t kMarkerBytesMax = 64;  // It may say already what is left out.
  if (text.size() <= bytes_max + kMarkerBytesMax) return text;
  std::string_view end = text;
  end.remove_prefix(text.size() - bytes_max);
  while (!end.empty() && (static_cast<unsigned char>(end.front()) & 0xC0) == 0x80) {
    end.remove_prefix(1);
  }
  truncated = true;
  return "[the beginning is left out]\n" + std::string(end);
}

/// What became of the program, before what it printed; empty where it did well.
std::string how_it_failed(const CommandTool& tool, const Ended& ended) {
  if (ended.why == Ended::Why::kTimeout) {
    return "the program did not end within " + format_duration(tool.timeout) + " and was stopped";
  }
  if (ended.why == Ended::Why::kStopped) return "the program was stopped";
  if (!ended.status) return "the program could not be stopped";
  if (ended.status->signal != 0) {
    return "the program was ended by " + loop::signal_name(ended.status->signal);
  }
  if (ended.status->code == 0) return {};
  return "the program exited with status " + std::to_string(ended.status->code);
}

ToolResult result_of(const CommandTool& tool, const Ended& ended, const StepOutput& output) {
  ToolResult result;
  if (ended.status && ended.status->signal == 0) result.exit_code = ended.status->code;
  const std::string failure = how_it_failed(tool, ended);
  result.is_error = !failure.empty();
  if (!result.is_error) {
    result.truncated = output.response_cut();
    result.text = bounded(output.response(), tool.output_bytes_max, result.truncated);
    return result;
  }
  // Both streams, in the order of writing: the reason stands in either.
  result.truncated = output.result_cut();
  const std::string printed = bounded(output.result(), tool.output_bytes_max, result.truncated);
  result.text = failure + (printed.empty() ? "" : "; it printed:\n" + printed);
  return result;
}

}  // namespace

CommandTools::CommandTools(std::vector<CommandTool> tools, ToolOwner owner, const Clock& clock,
                           Variables variables, SuperviseLimits limits)
    : tools_(std::move(tools)),
      owner_(std::move(owner)),
      clock_(clock),
      variables_(std::move(variables)),
      limits_(limits) {}

Result<std::vector<runner::Tool>> CommandTools::list(std::stop_token) {
  std::vector<runner::Tool> listed;
  for (const CommandTool& tool : tools_) {
    listed.push_back({.name = tool.name,
                      .description = tool.description,
                      .parameters = tool.parameters,
                      .server = {},
                      .approval = tool.approval,
                      .idempotent = tool.idempotent});
  }
  return listed;
}

ToolResult CommandTools::call(const runner::ToolCall& call, runner::OutputSink& output,
                              std::stop_token stop) {
  const CommandTool* const tool = find(call.name);
  if (tool == nullptr) return failed("there is no tool \"" + to_utf8(call.name) + "\"");
  if (const std::string wrong = runner::misfit(tool->parameters, call.arguments); !wrong.empty()) {
    return failed("the arguments do not fit: " + wrong);
  }
  const Result<std::vector<std::string>> variables = environment(*tool, call.id);
  if (!variables) return failed(variables.error().text);
  if (stop.stop_requested()) return failed("the program was not started: the task is stopped");
  Result<Child> child = loop::spawn(
      {argv_of(*tool, call.arguments), *variables, tool->cwd, tool->arguments_on_stdin});
  if (!child) return failed(to_utf8(child.error().text));

  StepOutputLimits shown;
  shown.result_bytes_max = tool->output_bytes_max;
  shown.response_bytes_max = tool->output_bytes_max;
  shown.lines_publish = false;
  StepOutput printed(call.id, shown, output);
  SuperviseLimits limits = limits_;
  limits.timeout = tool->timeout;
  const std::string input = tool->arguments_on_stdin ? dump_json(call.arguments) + "\n" : "";
  const Ended ended = supervise(*child, printed, limits, clock_, stop, input);
  if (!ended.status) child->abandon();
  return result_of(*tool, ended, printed);
}

const CommandTool* CommandTools::find(const std::string& name) const {
  for (const CommandTool& tool : tools_) {
    if (tool.name == name) return &tool;
  }
  return nullptr;
}

Result<std::vector<std::string>> CommandTools::environment(const CommandTool& tool,
                                                           const std::string& call_id) const {
  const auto or_else = [&](std::string_view name, std::string_view otherwise) {
    const std::string value = variables_(name);
    return value.empty() ? std::string(otherwise) : value;
  };
  std::map<std::string, std::string> values = tool.env;
  values.emplace("PATH", or_else("PATH", kDefaultPath));
  values.emplace("HOME", or_else("HOME", "/"));
  for (const std::string& name : tool.pass_env) {
    std::string value = variables_(name);
    if (value.empty()) {
      return Error{Errc::kInvalid, "the environment variable " + name +
                                       ", which this tool's program is to get, is not set where "
                                       "the worker runs"};
    }
    values[name] = std::move(value);
  }
  values["TASKFEED_TASK_ID"] = owner_.task.str();
  values["TASKFEED_AGENT_ID"] = owner_.agent.str();
  std::string id(utf8_prefix(call_id, kIdBytesMax));  // As the model's server wrote it.
  std::erase(id, '\0');
  values["TASKFEED_TOOL_CALL_ID"] = std::move(id);
  std::vector<std::string> entries;
  entries.reserve(values.size());
  for (const auto& [name, value] : values) entries.push_back(name + "=" + value);
  return entries;
}

}  // namespace taskfeed::process
