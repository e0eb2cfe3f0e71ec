// Reads and writes [[agent.tools]]: the programs that a model may call.
#include <algorithm>
#include <array>
#include <set>

#include "runner/model_config.h"
#include "runner/placeholders.h"
#include "runner/tools.h"

namespace taskfeed::runner {
namespace {

using namespace std::literals;

constexpr int64_t kOutputBytesMost = ModelLimits{}.tool_output_bytes_max;
constexpr size_t kVariablesMax = 64;

Result<void> read_tool_name(const Json& json, const std::string& place, std::string& into) {
  into = string_at(json, "name");
  if (is_tool_name(into)) return {};
  return wrong(place + "name", "must be letters, digits, - or _, at most 64");
}

/// A yes or a no, as a flag or in the words that MCP servers' tools have.
Result<void> read_choice(const Json& json, const std::string& place, std::string_view key,
                         bool& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (*found == true || *found == "always") {
    into = true;
  } else if (*found == false || *found == "never") {
    into = false;
  } else {
    return wrong(place + std::string(key), "must be true (\"always\") or false (\"never\")");
  }
  return {};
}

Result<void> read_required(const Json& schema, const std::string& place) {
  const Json* const required = find(schema, "required");
  if (required == nullptr) return {};
  if (!required->is_array()) return wrong(place + "required", "must be a list of names");
  for (const Json& each : *required) {
    if (!each.is_string()) return wrong(place + "required", "must be a list of names");
    const auto& name = each.get_ref<const std::string&>();
    if (find(schema["properties"], name) != nullptr) continue;
    return wrong(place + "required", "has \"" + name + "\", which is none of the properties");
  }
  return {};
}

Result<void> read_schema(const Json& json, const std::string& place, Json& into) {
  if (auto read = read_object(json, place, "parameters", ModelLimits{}.schema_bytes_max, into);
      !read) {
    return read;
  }
  const std::string inside = place + "parameters.";
  if (find(into, "type") == nullptr) into["type"] = "object";
  if (into["type"] != "object") {
    return wrong(inside + "type", "must be \"object\": arguments have names");
  }
  Json& properties = into["properties"];
  if (properties.is_null()) properties = Json::object();
  if (!properties.is_object()) return wrong(inside + "properties", "must be a table");
  for (const auto& [name, property] : properties.items()) {
    if (property.is_object()) continue;
    return wrong(inside + "properties." + name, "must be a table, as { type = \"string\" }");
  }
  return read_required(into, inside);
}

/// The text of `sh -c`, in which a model's argument would be read as commands.
bool is_shell_text(const std::vector<std::string>& argv, size_t at) {
  constexpr std::array kShells{"sh"sv, "bash"sv, "dash"sv, "ash"sv, "ksh"sv, "zsh"sv, "fish"sv};
  const std::string_view program = argv.front();
  const std::string_view name = program.substr(program.rfind('/') + 1);
  if (at < 2 || std::find(kShells.begin(), kShells.end(), name) == kShells.end()) return false;
  const std::string& before = argv[at - 1];
  return before.size() > 1 && before[0] == '-' && before[1] != '-' && before.back() == 'c';
}

/// The program is the operator's choice, and each argument in it is one that the model knows of.
Result<void> check_placeholders(const CommandTool& tool, const std::string& place) {
  if (!placeholders_in(tool.argv.front()).empty()) {
    return wrong(place + "run[0]", "is the program itself, which no argument chooses");
  }
  for (size_t at = 1; at < tool.argv.size(); ++at) {
    for (const std::string& name : placeholders_in(tool.argv[at])) {
      // A model that is to write whole commands is another matter.
      if (is_shell_text(tool.argv, at) && tool.argv[at] != "{" + name + "}") {
        return wrong(place + "run[" + std::to_string(at) + "]",
                     "has {" + name + "} in a shell's text, where it may become any command; " +
                         "write \"$1\" there, and \"sh\", \"{" + name + "}\" after it");
      }
      if (find(tool.parameters["properties"], name) != nullptr) continue;
      return wrong(place + "run[" + std::to_string(at) + "]",
                   "has {" + name + "}, which is none of the parameters' properties; {{" + name +
                       "}} is the text itself");
    }
  }
  return {};
}

Result<void> read_stdin(const Json& json, const std::string& place, bool& into) {
  const Json* const found = find(json, "stdin");
  if (found == nullptr) return {};
  if (*found != "json") {
    return wrong(place + "stdin", "must be \"json\": the arguments as one JSON object");
  }
  into = true;
  return {};
}

Result<void> read_output_max(const Json& json, const std::string& place, size_t& into) {
  std::optional<int64_t> bytes;
  if (auto read = read_count(json, place, "output_bytes_max", kOutputBytesMost, bytes); !read) {
    return read;
  }
  if (bytes) into = static_cast<size_t>(*bytes);
  return {};
}

Result<CommandTool> tool_from_json(const Json& json, size_t index) {
  const std::string whole = "tools[" + std::to_string(index) + "]";
  if (!json.is_object()) return wrong(whole, "must be a table");
  const std::string place = whole + ".";
  const std::vector<std::string_view> known(kCommandToolKeys.begin(), kCommandToolKeys.end());
  if (auto checked = only_keys(json, place, known); !checked) return checked.error();
  CommandTool tool;
  for (const auto& read :
       {read_tool_name(json, place, tool.name),
        read_text(json, place, "description", ModelLimits{}.description_bytes_max,
                  tool.description),
        read_schema(json, place, tool.parameters), read_argv(json, place, "run", tool.argv),
        read_stdin(json, place, tool.arguments_on_stdin), read_folder(json, place, tool.cwd),
        read_env(json, place, tool.env), read_pass_env(json, place, kVariablesMax, tool.pass_env),
        read_timeout(json, place, tool.timeout),
        read_output_max(json, place, tool.output_bytes_max),
        read_choice(json, place, "approval", tool.approval),
        read_choice(json, place, "idempotent", tool.idempotent)}) {
    if (!read) return read.error();
  }
  if (auto checked = check_placeholders(tool, place); !checked) return checked.error();
  return tool;
}

}  // namespace

Result<std::vector<CommandTool>> command_tools_from_json(const Json& json) {
  if (!json.is_array()) return wrong("tools", "must be a list of programs, as [[agent.tools]]");
  if (json.size() > ModelLimits{}.tools_max) {
    return Error{Errc::kTooLarge,
                 "tools: more than " + std::to_string(ModelLimits{}.tools_max) + " tools"};
  }
  std::vector<CommandTool> tools;
  std::set<std::string> names;
  for (const Json& each : json) {
    Result<CommandTool> tool = tool_from_json(each, tools.size());
    if (!tool) return tool.error();
    if (!names.insert(tool->name).second) {
      return wrong("tools[" + std::to_string(tools.size()) + "].name",
                   "\"" + tool->name + "\" is the name of another tool of this agent");
    }
    tools.push_back(*std::move(tool));
  }
  return tools;
}

Json command_tools_to_json(const std::vector<CommandTool>& tools) {
  Json list = Json::array();
  for (const CommandTool& tool : tools) {
    Json entry = Json::object();
    entry["name"] = tool.name;
    if (!tool.description.empty()) entry["description"] = tool.description;
    entry["parameters"] = tool.parameters;
    entry["run"] = tool.argv;
    if (tool.arguments_on_stdin) entry["stdin"] = "json";
    if (!tool.cwd.empty()) entry["cwd"] = tool.cwd;
    if (!tool.env.empty()) entry["env"] = tool.env;
    if (!tool.pass_env.empty()) entry["pass_env"] = tool.pass_env;
    entry["timeout"] = format_duration(tool.timeout);
    entry["output_bytes_max"] = tool.output_bytes_max;
    entry["approval"] = tool.approval;
    entry["idempotent"] = tool.idempotent;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace taskfeed::runner
