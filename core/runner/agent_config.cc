#include "runner/agent_config.h"

#include <array>

#include "runner/config_reader.h"

namespace taskfeed::runner {
namespace {

constexpr size_t kDescriptionBytesMax = 4 * 1024;
constexpr size_t kNameBytesMax = 256;
constexpr size_t kPromptBytesMax = 4 * 1024;
constexpr std::chrono::milliseconds kApprovalTimeoutMax = std::chrono::hours(24 * 365);

Result<void> read_approval_timeout(const Json& json, std::chrono::milliseconds& into) {
  const Json* const found = find(json, "approval_timeout");
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong("approval_timeout", "must be a duration such as \"24h\"");
  const Result<Milliseconds> value = parse_duration(found->get_ref<const std::string&>());
  if (!value) return wrong("approval_timeout", "is wrong: " + value.error().text);
  if (*value > kApprovalTimeoutMax) {
    return wrong("approval_timeout", "must be at most 365d, or \"0\" for none");
  }
  into = *value;
  return {};
}

/// What a person is asked before the step runs.
Result<void> read_questions(const Json& json, const std::string& place, CommandStep& step) {
  if (auto read = read_flag(json, place, "approval", step.approval); !read) return read;
  if (auto read = read_text(json, place, "input", kPromptBytesMax, step.input); !read) return read;
  if (find(json, "input") != nullptr && step.input.empty()) {
    return wrong(place + "input", "must say what is asked for, as \"Which version?\"");
  }
  return {};
}

Result<CommandStep> step_from_json(const Json& json, size_t index) {
  const std::string step_place = "steps[" + std::to_string(index) + "]";
  if (!json.is_object()) return wrong(step_place, "must be a table");
  const std::string place = step_place + ".";
  if (auto known = only_keys(
          json, place,
          {"name", "run", "cwd", "env", "timeout", "continue_on_error", "approval", "input"});
      !known) {
    return known.error();
  }
  CommandStep step;
  if (auto read = read_text(json, place, "name", kNameBytesMax, step.name); !read) {
    return read.error();
  }
  if (auto read = read_argv(json, place, "run", step.argv); !read) return read.error();
  if (auto read = read_text(json, place, "cwd", 4096, step.cwd); !read) return read.error();
  if (!step.cwd.empty() && !step.cwd.starts_with('/')) {
    return wrong(place + "cwd", "must be an absolute path");
  }
  if (auto read = read_env(json, place, step.env); !read) return read.error();
  if (auto read = read_timeout(json, place, step.timeout); !read) return read.error();
  if (auto read = read_flag(json, place, "continue_on_error", step.continue_on_error); !read) {
    return read.error();
  }
  if (auto read = read_questions(json, place, step); !read) return read.error();
  return step;
}

constexpr std::array kRunners{RunnerKind::kCommand, RunnerKind::kExternal, RunnerKind::kAdk};

Result<RunnerKind> runner_from(const Json& json) {
  const Json* const found = find(json, "runner");
  std::string known;
  for (const RunnerKind each : kRunners) {
    if (found != nullptr && *found == to_string(each)) return each;
    if (!known.empty()) known += each == kRunners.back() ? " or " : ", ";
    known += "\"" + std::string(to_string(each)) + "\"";
  }
  if (found == nullptr || !found->is_string()) return wrong("runner", "must be " + known);
  return wrong("runner", "\"" + found->get_ref<const std::string&>() +
                             "\" is not in this version; use " + known);
}

Result<void> read_steps(const Json& json, Origin origin, AgentConfig& agent) {
  const Json* const steps = find(json, "steps");
  if (agent.runner != RunnerKind::kCommand) {
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

Result<void> read_mcp(const Json& json, Origin origin, AgentConfig& agent) {
  const Json* const mcp = find(json, "mcp");
  if (mcp == nullptr) return {};
  if (agent.runner == RunnerKind::kCommand || agent.runner == RunnerKind::kExternal ||
      agent.runner == RunnerKind::kAdk) {
    return wrong("mcp", "is for agents that call a model");
  }
  if (origin == Origin::kRequest) {
    return {Errc::kForbidden,
            "an agent with mcp names programs and servers, so it is declared by the operator "
            "(agents.d, or taskfeed agents apply), never by a request"};
  }
  Result<std::vector<McpServer>> servers = mcp_from_json(*mcp);
  if (!servers) return servers.error();
  agent.mcp = *std::move(servers);
  return {};
}

Result<void> read_adk(const Json& json, Origin origin, AgentConfig& agent) {
  if (agent.runner != RunnerKind::kAdk) {
    for (const std::string_view key : kAdkKeys) {
      if (find(json, key) != nullptr) return wrong(std::string(key), "is for runner = \"adk\"");
    }
    return {};
  }
  if (origin == Origin::kRequest) {
    return {Errc::kForbidden,
            "an agent with runner \"adk\" names a server and keys for it, so it is declared by the "
            "operator (agents.d, or taskfeed agents apply), never by a request"};
  }
  Result<AdkServer> server = adk_from_json(json, agent.id.str());
  if (!server) return server.error();
  agent.adk = *std::move(server);
  return {};
}

/// Every key of an agent, of whatever kind; what belongs to another kind is refused by its reader.
Result<void> check_keys(const Json& json) {
  constexpr std::array<std::string_view, 8> kCommon{
      "id",    "description", "runner",           "retry",
      "steps", "mcp",         "enable_streaming", "approval_timeout"};
  std::vector<std::string_view> known(kCommon.begin(), kCommon.end());
  known.insert(known.end(), kAdkKeys.begin(), kAdkKeys.end());
  return only_keys(json, "", known);
}

}  // namespace

std::string_view to_string(RunnerKind kind) {
  switch (kind) {
    case RunnerKind::kCommand:
      return "command";
    case RunnerKind::kExternal:
      return "external";
    case RunnerKind::kAdk:
      return "adk";
  }
  return "";
}

Result<AgentConfig> agent_from_json(const Json& json, Origin origin) {
  if (!json.is_object()) return {Errc::kInvalid, "an agent must be a JSON object"};
  if (auto known = check_keys(json); !known) return known.error();
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
  if (auto read = read_mcp(json, origin, agent); !read) return read.error();
  if (auto read = read_adk(json, origin, agent); !read) return read.error();
  if (auto read = read_approval_timeout(json, agent.approval_timeout); !read) return read.error();
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
    if (step.approval) entry["approval"] = true;
    if (!step.input.empty()) entry["input"] = step.input;
    json["steps"].push_back(std::move(entry));
  }
  if (!agent.mcp.empty()) json["mcp"] = mcp_to_json(agent.mcp);
  if (agent.adk) adk_to_json(*agent.adk, json);
  if (agent.approval_timeout != AgentConfig{.id = agent.id}.approval_timeout) {
    json["approval_timeout"] = format_duration(agent.approval_timeout);
  }
  json["retry"] = workflow::retry_to_json(agent.retry);
  return json;
}

}  // namespace taskfeed::runner
