#include "runner/agent_config.h"

#include <algorithm>
#include <initializer_list>

namespace taskfeed::runner {
namespace {

constexpr size_t kDescriptionBytesMax = 4 * 1024;
constexpr size_t kNameBytesMax = 256;
constexpr std::chrono::milliseconds kTimeoutMax = std::chrono::hours(24 * 7);

Error wrong(const std::string& place, std::string_view what) {
  return {Errc::kInvalid, place + " " + std::string(what)};
}

Result<void> only_keys(const Json& json, const std::string& place,
                       std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const std::string_view each : known)
      list += (list.empty() ? "" : ", ") + std::string(each);
    return wrong(place + key, "is not a key of an agent here; known are " + list);
  }
  return {};
}

Result<void> read_text(const Json& json, const std::string& place, std::string_view key,
                       size_t bytes_max, std::string& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(place + std::string(key), "must be text");
  into = found->get<std::string>();
  if (into.size() > bytes_max) {
    return {Errc::kTooLarge,
            place + std::string(key) + " is over " + std::to_string(bytes_max) + " bytes"};
  }
  if (into.find('\0') != std::string::npos) {
    return wrong(place + std::string(key), "must not hold a NUL");
  }
  return {};
}

Result<void> read_flag(const Json& json, const std::string& place, std::string_view key,
                       bool& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_boolean()) return wrong(place + std::string(key), "must be true or false");
  into = found->get<bool>();
  return {};
}

Result<void> read_argv(const Json& json, const std::string& place, std::vector<std::string>& into) {
  const Json* const run = find(json, "run");
  if (run == nullptr || !run->is_array() || run->empty()) {
    return wrong(place + "run", "must be the program and its arguments, as [\"make\", \"test\"]");
  }
  size_t bytes = 0;
  for (const Json& argument : *run) {
    if (!argument.is_string()) return wrong(place + "run", "must hold texts only");
    into.push_back(argument.get<std::string>());
    bytes += into.back().size() + 1;
    if (into.back().find('\0') != std::string::npos) {
      return wrong(place + "run", "must not hold a NUL");
    }
  }
  if (into.front().empty()) return wrong(place + "run", "names no program");
  if (bytes > AgentLimits{}.argv_bytes_max) {
    return {Errc::kTooLarge,
            place + "run is over " + std::to_string(AgentLimits{}.argv_bytes_max) + " bytes"};
  }
  return {};
}

Result<void> read_env(const Json& json, const std::string& place,
                      std::map<std::string, std::string>& into) {
  const Json* const env = find(json, "env");
  if (env == nullptr) return {};
  if (!env->is_object()) return wrong(place + "env", "must be a table of texts");
  for (const auto& [name, value] : env->items()) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      return wrong(place + "env", "has a name that no variable can have");
    }
    if (name.starts_with("TASKFEED_")) {
      return wrong(place + "env." + name, "is set by taskfeed itself");
    }
    if (!value.is_string() || value.get_ref<const std::string&>().find('\0') != std::string::npos) {
      return wrong(place + "env." + name, "must be text without NUL");
    }
    into.emplace(name, value.get<std::string>());
  }
  return {};
}

Result<void> read_timeout(const Json& json, const std::string& place,
                          std::chrono::milliseconds& into) {
  const Json* const found = find(json, "timeout");
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(place + "timeout", "must be a duration such as \"30s\"");
  const Result<Milliseconds> value = parse_duration(found->get_ref<const std::string&>());
  if (!value) return wrong(place + "timeout", "is wrong: " + value.error().text);
  if (*value <= Milliseconds(0) || *value > kTimeoutMax) {
    return wrong(place + "timeout", "must lie between 1ms and 7d");
  }
  into = *value;
  return {};
}

Result<CommandStep> step_from_json(const Json& json, size_t index) {
  const std::string step_place = "steps[" + std::to_string(index) + "]";
  if (!json.is_object()) return wrong(step_place, "must be a table");
  const std::string place = step_place + ".";
  if (auto known =
          only_keys(json, place, {"name", "run", "cwd", "env", "timeout", "continue_on_error"});
      !known) {
    return known.error();
  }
  CommandStep step;
  if (auto read = read_text(json, place, "name", kNameBytesMax, step.name); !read) {
    return read.error();
  }
  if (auto read = read_argv(json, place, step.argv); !read) return read.error();
  if (auto read = read_text(json, place, "cwd", 4096, step.cwd); !read) return read.error();
  if (!step.cwd.empty() && !step.cwd.starts_with('/')) {
    return wrong(place + "cwd", "must be an absolute path");
  }
  if (auto read = read_env(json, place, step.env); !read) return read.error();
  if (auto read = read_timeout(json, place, step.timeout); !read) return read.error();
  if (auto read = read_flag(json, place, "continue_on_error", step.continue_on_error); !read) {
    return read.error();
  }
  return step;
}

Result<RunnerKind> runner_from(const Json& json) {
  const Json* const found = find(json, "runner");
  if (found == nullptr || !found->is_string()) {
    return wrong("runner", "must be \"command\" or \"external\"");
  }
  const auto& name = found->get_ref<const std::string&>();
  if (name == to_string(RunnerKind::kCommand)) return RunnerKind::kCommand;
  if (name == to_string(RunnerKind::kExternal)) return RunnerKind::kExternal;
  return wrong("runner",
               "\"" + name + "\" is not in this version; use \"command\" or \"external\"");
}

Result<void> read_steps(const Json& json, Origin origin, AgentConfig& agent) {
  const Json* const steps = find(json, "steps");
  if (agent.runner == RunnerKind::kExternal) {
    return steps == nullptr ? Result<void>() : wrong("steps", "are for runner = \"command\"");
  }
  if (origin == Origin::kRequest) {
    return {Errc::kForbidden,
            "an agent with runner \"command\" names programs, so it is declared by the operator "
            "(agents.d, or taskfeed agents apply), never by a request"};
  }
  if (steps == nullptr || !steps->is_array() || steps->empty()) {
    return wrong("steps", "must have at least one step");
  }
  if (steps->size() > AgentLimits{}.steps_max) {
    return {Errc::kTooLarge,
            "steps: more than " + std::to_string(AgentLimits{}.steps_max) + " steps"};
  }
  for (const Json& each : *steps) {
    Result<CommandStep> step = step_from_json(each, agent.steps.size());
    if (!step) return step.error();
    agent.steps.push_back(*std::move(step));
  }
  return {};
}

}  // namespace

std::string_view to_string(RunnerKind kind) {
  return kind == RunnerKind::kCommand ? "command" : "external";
}

Result<AgentConfig> agent_from_json(const Json& json, Origin origin) {
  if (!json.is_object()) return {Errc::kInvalid, "an agent must be a JSON object"};
  if (auto known = only_keys(json, "",
                             {"id", "description", "runner", "enable_streaming", "steps", "retry"});
      !known) {
    return known.error();
  }
  Result<AgentId> id = AgentId::parse(string_at(json, "id"));
  if (!id) return {Errc::kInvalid, "id: " + id.error().text};
  const Result<RunnerKind> kind = runner_from(json);
  if (!kind) return kind.error();
  AgentConfig agent{.id = *std::move(id), .runner = *kind};
  if (auto read = read_text(json, "", "description", kDescriptionBytesMax, agent.description);
      !read) {
    return read.error();
  }
  if (auto read = read_flag(json, "", "enable_streaming", agent.enable_streaming); !read) {
    return read.error();
  }
  if (auto read = read_steps(json, origin, agent); !read) return read.error();
  if (const Json* const retry = find(json, "retry")) {
    Result<workflow::RetryPolicy> policy = workflow::retry_from_json(*retry);
    if (!policy) return policy.error();
    agent.retry = *std::move(policy);
  }
  return agent;
}

Json agent_to_json(const AgentConfig& agent) {
  Json json = Json::object();
  json["id"] = agent.id.str();
  json["description"] = agent.description;
  json["runner"] = to_string(agent.runner);
  json["enable_streaming"] = agent.enable_streaming;
  if (agent.runner == RunnerKind::kCommand) json["steps"] = Json::array();
  for (const CommandStep& step : agent.steps) {
    Json entry = Json::object();
    entry["name"] = step.name;
    entry["run"] = step.argv;
    if (!step.cwd.empty()) entry["cwd"] = step.cwd;
    if (!step.env.empty()) entry["env"] = step.env;
    entry["timeout"] = format_duration(step.timeout);
    entry["continue_on_error"] = step.continue_on_error;
    json["steps"].push_back(std::move(entry));
  }
  json["retry"] = workflow::retry_to_json(agent.retry);
  return json;
}

}  // namespace taskfeed::runner
