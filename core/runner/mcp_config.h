/// The MCP servers of an agent, as its operator declared them: `[[agent.mcp]]`.
///
/// A server is a program that is spoken with over its standard input and output, or a URL. Secrets
/// are named, never held: `pass_env` and `headers_env` say which variables of the worker's own
/// environment a server gets.
///
/// Threads  Values; pure functions.
/// Errors   kInvalid or kTooLarge, beginning with the member's path; kForbidden where a request
///          names a server.
/// Owns     Its text.
#pragma once

#include "runner/config_reader.h"

namespace taskfeed::runner {

/// Some of a server's tools: none, all, or those that a pattern matches (`read_*`).
struct ToolChoice {
  bool all = false;
  std::vector<std::string> patterns;
  bool holds(std::string_view tool) const;
  bool operator==(const ToolChoice&) const = default;
};

/// Which revision of the protocol is spoken. kAuto: the handshake, and where a server knows none,
/// the stateless one.
enum class McpProtocol { kAuto, kHandshake, kStateless };
std::string_view to_string(McpProtocol protocol);

struct McpLimits {
  size_t servers_max = 32;     ///< Of one agent.
  size_t name_bytes_max = 24;  ///< Leaves room for `__` and the tool's name in 64.
  size_t patterns_max = 256;   ///< Of one choice.
  size_t url_bytes_max = 2048;
  size_t variables_max = 64;  ///< In pass_env, and in headers_env.
};

struct McpServer {
  std::string name;                        ///< Begins the name of each of its tools: `files__read`.
  std::vector<std::string> argv;           ///< `command`; empty where `url` is given.
  std::string cwd;                         ///< Absolute; empty: the worker's.
  std::map<std::string, std::string> env;  ///< Beside PATH and HOME; nothing else is inherited.
  std::vector<std::string> pass_env;       ///< Variables of the worker that its program gets.
  std::string url;                         ///< http:// or https://; empty where `command` is given.
  std::map<std::string, std::string> headers_env;  ///< Header to the variable with its value.
  std::chrono::milliseconds timeout{60'000};       ///< Of silence in one call.
  McpProtocol protocol = McpProtocol::kAuto;
  ToolChoice tools{.all = true, .patterns = {}};  ///< What the model is offered.
  ToolChoice approval;                            ///< What needs a person's yes.
  ToolChoice idempotent;                          ///< What may be called again after a crash.
  bool per_task = false;  ///< Each task gets a server of its own, rather than sharing the worker's.
  bool operator==(const McpServer&) const = default;
};

/// `json` is the value of `mcp`.
Result<std::vector<McpServer>> mcp_from_json(const Json& json);
Json mcp_to_json(const std::vector<McpServer>& servers);

}  // namespace taskfeed::runner
