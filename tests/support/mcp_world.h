/// The fake MCP server of mcp_server.py, declared to a worker's Servers as an operator would.
///
/// Threads  The test's.
/// Errors   A call without a server aborts the test.
/// Owns     Clock, log and Servers.
#pragma once

#include "mcp/servers.h"
#include "support/clock.h"
#include "support/recording_log.h"
#include "support/recording_sink.h"

namespace taskfeed::testing {

class McpWorld {
 public:
  explicit McpWorld(const mcp::ServersLimits& limits = {})
      : servers(
            clock, log, [this](std::string_view name) { return variable(name); }, limits) {}

  /// As a program, in one of the fake's modes.
  static runner::McpServer program(const std::string& mode = "both") {
    runner::McpServer server;
    server.name = "fake";
    server.argv = {"python3", "-B", TASKFEED_TEST_MCP_SERVER, mode};
    return server;
  }
  std::unique_ptr<runner::Toolbox> toolbox(const runner::McpServer& server) {
    return servers.toolbox({server}, "t");
  }
  runner::ToolResult call(runner::Toolbox& tools, const std::string& tool,
                          const Json& arguments = Json::object(), std::stop_token stop = {}) {
    return tools.call({"c1", "fake__" + tool, arguments}, sink, std::move(stop));
  }
  std::string text(runner::Toolbox& tools, const std::string& tool,
                   const Json& arguments = Json::object()) {
    return call(tools, tool, arguments).text;
  }
  std::string variable(std::string_view name) const {
    const auto found = variables.find(std::string(name));
    return found == variables.end() ? std::string() : found->second;
  }

  ManualClock clock;
  RecordingLog log;
  RecordingSink sink;
  std::map<std::string, std::string> variables;
  mcp::Servers servers;
};

}  // namespace taskfeed::testing
