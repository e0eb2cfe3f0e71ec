/// What a model may call while it works: the port between a model runner and tools.
///
/// A command that the operator declared and a tool of an MCP server look alike from here. A Toolbox
/// is asked what it has, and carries calls out; who asks a person for a yes, writes
/// WorkflowToolCallStarted and WorkflowToolCallCompleted, and decides whether a call may be
/// repeated, is the caller.
///
/// Threads  list() and call() block on the calling thread, and may be called from several at once.
///          `stop` may be requested from any thread; both then return within a second.
/// Errors   None thrown. What a tool refuses or breaks is a ToolResult with is_error, in words for
///          the model; list() fails only where none of its tools can be known, with kNotFound or
///          kForbidden where a second look would find no more.
/// Owns     Nothing of its caller's between calls.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "runner/runner.h"

namespace taskfeed::runner {

/// [A-Za-z0-9_-]{1,64}: what every model server accepts as a function's name.
bool is_tool_name(std::string_view name);

/// Whether list(), which failed so, may do better later.
bool may_heal(const Error& failure);

struct Tool {
  std::string name;                  ///< is_tool_name(); unique within one list().
  std::string description;           ///< For the model; may be empty.
  Json parameters = Json::object();  ///< A JSON schema of type object.
  std::string server;                ///< The MCP server's configured name; empty for a command.
  bool approval = false;             ///< Each call needs a person's yes.
  bool idempotent = false;           ///< An interrupted call may be made again.
  bool operator==(const Tool&) const = default;
};

struct ToolCall {
  std::string id;  ///< tool_call_id of its events.
  std::string name;
  Json arguments = Json::object();
};

struct ToolResult {
  std::string text;        ///< Valid UTF-8, bounded by the tool's own limits.
  bool is_error = false;   ///< `text` says what went wrong.
  bool truncated = false;  ///< There was more than `text` holds; it says so where it was cut.
  std::optional<int> exit_code = std::nullopt;  ///< Of a command.
  bool operator==(const ToolResult&) const = default;
};

class Toolbox {
 public:
  virtual ~Toolbox() = default;
  /// In an order that does not change while the tools do not. May start servers; what cannot be
  /// reached is left out. The log is told once for each task.
  virtual Result<std::vector<Tool>> list(std::stop_token stop) = 0;
  /// Output that appears meanwhile goes to `output` as WorkflowToolCallOutput, where it streams.
  /// A name that list() did not give is a result with is_error, as are arguments that do not fit.
  virtual ToolResult call(const ToolCall& call, OutputSink& output, std::stop_token stop) = 0;
};

}  // namespace taskfeed::runner
