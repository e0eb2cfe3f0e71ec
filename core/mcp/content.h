/// What a server's tools say, put into words for a model.
///
/// Text is joined; what is no text (images, audio, binary resources) is named with its type and
/// size, never copied: a model's context has no use for base64. `structuredContent` is written out
/// only where there is no text, since servers repeat it there (MCP 2025-06-18, tools).
///
/// Threads  Pure functions.
/// Errors   A result of the wrong shape is a ToolResult with is_error; a tool of the wrong shape is
///          left out and counted.
/// Owns     Nothing.
#pragma once

#include "mcp/message.h"
#include "runner/tools.h"

namespace taskfeed::mcp {

struct ContentLimits {
  size_t result_bytes_max = 64 * 1024;      ///< Of a result's text; the rest is cut, and said.
  size_t parts_max = 1'000;                 ///< Of one result; the others are counted only.
  size_t tools_max = 512;                   ///< Of one server; the others are left out.
  size_t pages_max = 64;                    ///< Of one list, whatever cursor comes next.
  size_t description_bytes_max = 8 * 1024;  ///< Of one tool; cut.
  size_t schema_bytes_max = 64 * 1024;      ///< Of one tool, which is left out above it.
};

/// A tool as its server names it.
struct RemoteTool {
  std::string name;
  std::string description;
  Json parameters;
};

struct ToolPage {
  std::vector<RemoteTool> tools;
  size_t left_out = 0;  ///< Without a name, or with a schema that is none or too large.
  std::string next_cursor;
};

/// `result` of tools/list; kInvalid where it has no `tools`.
Result<ToolPage> tools_from(Json&& result, const ContentLimits& limits);
/// `result` of tools/call.
runner::ToolResult result_from(const Json& result, const ContentLimits& limits);
/// `params` of notifications/progress as one line: "2/5 copying".
std::string progress_line(const Json& params);
runner::ToolResult failed_call(std::string text);
/// Cut to `bytes_max` with a last line that says how much is missing.
std::string bounded(std::string text, size_t bytes_max, bool& truncated);

/// What a model calls `tool` of `server`: "files__read". A name that no model server would accept
/// is changed, and ends with a digest of the original, so that two never become one.
std::string model_name(std::string_view server, std::string_view tool);

}  // namespace taskfeed::mcp
