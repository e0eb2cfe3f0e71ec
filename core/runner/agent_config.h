/// An agent, as its operator declared it.
///
/// Programs to run stand only in files of the operator and in a person's own command line. A
/// configuration that arrives in a request may name neither one nor a server: see `Origin`.
///
/// Threads  Values; pure functions.
/// Errors   Every reader refuses unknown keys and names the key and, for TOML, the line.
/// Owns     Its text.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "event/json.h"
#include "runner/adk_config.h"
#include "runner/mcp_config.h"
#include "runner/model_config.h"
#include "workflow/retry.h"

namespace taskfeed::runner {

/// kExternal: nobody here executes it; its tasks' events come from publishers elsewhere.
enum class RunnerKind { kCommand, kExternal, kAdk, kOpenAi };
std::string_view to_string(RunnerKind kind);

struct CommandStep {
  std::string name;
  std::vector<std::string> argv;           ///< `run`; never a shell unless argv[0] is one.
  std::string cwd;                         ///< Absolute; empty: the worker's.
  std::map<std::string, std::string> env;  ///< Beside PATH, HOME and TASKFEED_*; nothing inherited.
  std::chrono::milliseconds timeout{600'000};
  bool continue_on_error = false;
  bool approval = false;  ///< A person says yes before it runs.
  std::string input;      ///< What a person is asked before it runs; the text goes to its stdin.
  bool operator==(const CommandStep&) const = default;
};

struct AgentLimits {
  size_t steps_max = 256;
  size_t argv_bytes_max = 128 * 1024;     ///< Well below ARG_MAX.
  size_t output_bytes_max = 1024 * 1024;  ///< Of one step, over all events; then `truncated`.
};

struct AgentConfig {
  AgentId id;
  std::string description;
  RunnerKind runner = RunnerKind::kCommand;
  bool enable_streaming = false;
  std::vector<CommandStep> steps;
  std::vector<McpServer> mcp;                              ///< Of agents that call a model.
  std::optional<AdkServer> adk = std::nullopt;             ///< Of runner = "adk", and only there.
  std::optional<ModelServer> model_server = std::nullopt;  ///< Of runner = "openai", in that way.
  workflow::RetryPolicy retry;  ///< Where nothing is said: default_retry() of its runner.
  /// An approval or an input that nobody gave within this counts as refused; 0: they wait on.
  std::chrono::milliseconds approval_timeout{std::chrono::hours(24)};
  bool operator==(const AgentConfig&) const = default;
};

/// Model servers are busy or gone for moments, so their calls are tried again; a program that
/// failed or a run of ADK may have done half of its work.
workflow::RetryPolicy default_retry(RunnerKind kind);

/// Who hands a configuration in. kRequest may not name programs or servers
/// (kForbidden).
enum class Origin { kOperator, kRequest };

/// The `[agent]` table of a TOML file; `source` names the file in errors.
Result<AgentConfig> agent_from_toml(std::string_view text, std::string_view source);
Result<AgentConfig> agent_from_json(const Json& json, Origin origin);
Json agent_to_json(const AgentConfig& agent);

}  // namespace taskfeed::runner
