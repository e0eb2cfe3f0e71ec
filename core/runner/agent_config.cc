#include "runner/agent_config.h"

#include <algorithm>
#include <array>

#include "runner/config_reader.h"
#include "runner/model_parameters.h"

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
  if (auto read = read_folder(json, place, step.cwd); !read) return read.error();
  if (auto read = read_env(json, place, step.env); !read) return read.error();
  if (auto read = read_timeout(json, place, step.timeout); !read) return read.error();
  if (auto read = read_flag(json, place, "continue_on_error", step.continue_on_error); !read) {
    return read.error();
  }
  if (auto read = read_questions(json, place, step); !read) return read.error();
  return step;
}

constexpr std::array kRunners{RunnerKind::kCommand, RunnerKind::kExternal, RunnerKind::kAdk,
                              RunnerKind::kOpenAi};

std::string quoted(RunnerKind kind) {
  return "\"" + std::string(to_string(kind)) + "\"";
}

/// "\"adk\" or \"openai\"".
std::string one_of(const std::vector<RunnerKind>& kinds) {
  std::string list;
  for (const RunnerKind each : kinds) {
    if (!list.empty()) list += each == kinds.back() ? " or " : ", ";
    list += quoted(each);
  }
  return list;
}

/// The keys that every agent may have.
constexpr std::array<std::string_view, 6> kCommonKeys{
    "id", "description", "runner", "retry", "enable_streaming", "approval_timeout"};

/// The keys that agents of this kind alone have, or share with some.
std::vector<std::string_view> own_keys(RunnerKind kind) {
  switch (kind) {
    case RunnerKind::kCommand:
      return {"steps"};
    case RunnerKind::kExternal:
      return {};
    case RunnerKind::kAdk:
      return {kAdkKeys.begin(), kAdkKeys.end()};
    case RunnerKind::kOpenAi:
      break;
  }
  std::vector<std::string_view> keys{kModelKeys.begin(), kModelKeys.end()};
  keys.insert(keys.end(), kModelParameters.begin(), kModelParameters.end());
  keys.push_back("mcp");
  return keys;
}

bool holds(const std::vector<std::string_view>& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// A key that no agent has, perhaps a misspelt one; empty where there is none.
std::string key_of_nobody(const Json& json) {
  for (const auto& [key, value] : json.items()) {
    const std::string_view name = key;
    const bool known = holds({kCommonKeys.begin(), kCommonKeys.end()}, name) ||
                       std::any_of(kRunners.begin(), kRunners.end(),
                                   [name](RunnerKind kind) { return holds(own_keys(kind), name); });
    if (!known) return key;
  }
  return {};
}

Result<RunnerKind> runner_from(const Json& json) {
  const Json* const found = find(json, "runner");
  for (const RunnerKind each : kRunners) {
    if (found != nullptr && *found == to_string(each)) return each;
  }
  const std::string known = one_of({kRunners.begin(), kRunners.end()});
  if (found == nullptr) {
    const std::string odd = key_of_nobody(json);
    if (!odd.empty()) return wrong(odd, "is not a key of an agent; runner must be " + known);
    return wrong("runner", "is missing; it must be " + known);
  }
  if (!found->is_string()) return wrong("runner", "must be " + known);
  return wrong("runner", "\"" + found->get_ref<const std::string&>() +
                             "\" is not in this version; use " + known);
}

Result<void> check_keys(const Json& json, RunnerKind kind) {
  std::vector<std::string_view> known{kCommonKeys.begin(), kCommonKeys.end()};
  const std::vector<std::string_view> own = own_keys(kind);
  known.insert(known.end(), own.begin(), own.end());
  for (const auto& [key, value] : json.items()) {
    if (holds(known, key)) continue;
    std::vector<RunnerKind> owners;
    for (const RunnerKind each : kRunners) {
      if (holds(own_keys(each), key)) owners.push_back(each);
    }
    if (!owners.empty()) return wrong(key, "is for runner = " + one_of(owners));
  }
  return only_keys(json, "", known);
}

Result<void> read_steps(const Json& json, AgentConfig& agent) {
  if (agent.runner != RunnerKind::kCommand) return {};
  const Json* const steps = find(json, "steps");
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

Result<void> read_servers(const Json& json, AgentConfig& agent) {
  if (agent.runner == RunnerKind::kAdk) {
    Result<AdkServer> server = adk_from_json(json, agent.id.str());
    if (!server) return server.error();
    agent.adk = *std::move(server);
  }
  if (agent.runner == RunnerKind::kOpenAi) {
    Result<ModelServer> server = model_from_json(json);
    if (!server) return server.error();
    agent.model_server = *std::move(server);
  }
  if (const Json* const mcp = find(json, "mcp")) {
    Result<std::vector<McpServer>> servers = mcp_from_json(*mcp);
    if (!servers) return servers.error();
    agent.mcp = *std::move(servers);
  }
  return {};
}

/// Programs, servers and keys are for an operator to name.
Result<void> check_origin(RunnerKind kind, Origin origin) {
  if (origin == Origin::kOperator || kind == RunnerKind::kExternal) return {};
  const std::string what =
      kind == RunnerKind::kCommand ? "names programs" : "names a server and keys for it";
  return {Errc::kForbidden,
          "an agent with runner " + quoted(kind) + " " + what +
              ", so it is declared by the operator (agents.d, or taskfeed agents apply), never by "
              "a request"};
}

Result<void> read_retry(const Json& json, AgentConfig& agent) {
  agent.retry = default_retry(agent.runner);
  const Json* const retry = find(json, "retry");
  if (retry == nullptr) return {};
  Result<workflow::RetryPolicy> policy = workflow::retry_from_json(*retry, agent.retry);
  if (!policy) return policy.error();
  agent.retry = *std::move(policy);
  return {};
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
    case RunnerKind::kOpenAi:
      return "openai";
  }
  return "";
}

workflow::RetryPolicy default_retry(RunnerKind kind) {
  if (kind != RunnerKind::kOpenAi) return {};
  return {.initial_interval = std::chrono::milliseconds(500),
          .backoff_coefficient = 2,
          .maximum_interval = std::chrono::seconds(8),
          .maximum_attempts = 3,
          .non_retryable_kinds = {}};
}

Result<AgentConfig> agent_from_json(const Json& json, Origin origin) {
  if (!json.is_object()) return {Errc::kInvalid, "an agent must be a JSON object"};
  Result<AgentId> id = AgentId::parse(string_at(json, "id"));
  if (!id) return {Errc::kInvalid, "id: " + id.error().text};
  const Result<RunnerKind> kind = runner_from(json);
  if (!kind) return kind.error();
  AgentConfig agent{.id = *std::move(id), .runner = *kind};
  for (const auto& checked : {check_keys(json, *kind), check_origin(*kind, origin)}) {
    if (!checked) return checked.error();
  }
  for (const auto& read :
       {read_text(json, "", "description", kDescriptionBytesMax, agent.description),
        read_flag(json, "", "enable_streaming", agent.enable_streaming), read_steps(json, agent),
        read_servers(json, agent), read_approval_timeout(json, agent.approval_timeout),
        read_retry(json, agent)}) {
    if (!read) return read.error();
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
  if (agent.model_server) model_to_json(*agent.model_server, json);
  if (agent.approval_timeout != AgentConfig{.id = agent.id}.approval_timeout) {
    json["approval_timeout"] = format_duration(agent.approval_timeout);
  }
  json["retry"] = workflow::retry_to_json(agent.retry);
  return json;
}

}  // namespace taskfeed::runner
