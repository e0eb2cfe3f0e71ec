/// The MCP servers of a worker, and what a run sees of them: a runner::Toolbox.
///
/// Runs whose agents declare the very same server share it, started at its first use and ended when
/// nobody used it for a while; `per_task = true` gives each task one of its own. A tool's name is
/// `server__tool`, so that two servers cannot take each other's.
///
/// Threads  Any. A Toolbox's calls block their caller, as its port says.
/// Errors   As runner::Toolbox says. A server that cannot be reached is left out, and the log
///          told once for each task.
/// Owns     Every Client. Borrows clock and log. Outlives every Toolbox.
#pragma once

#include <map>

#include "base/variables.h"
#include "mcp/client.h"
#include "mcp/http_link.h"
#include "mcp/pipe_link.h"
#include "mcp/server_tools.h"
#include "runner/agent_config.h"

namespace taskfeed::mcp {

struct ServersLimits {
  ClientLimits client;
  PipeLimits pipe;
  HttpLinkLimits http;
  Milliseconds forget_after{600'000};  ///< Without use, and with no run that could use it.
  size_t notes_max = 1'000;            ///< Failures that are not told again; then all may be.
};

class Servers {
 public:
  Servers(const Clock& clock, Log& log, Variables variables, const ServersLimits& limits = {});
  /// Ends all of them, side by side.
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  /// What `servers` offer. `task` keeps apart what is declared per_task.
  std::unique_ptr<runner::Toolbox> toolbox(const std::vector<runner::McpServer>& servers,
                                           const std::string& task);

 private:
  std::shared_ptr<Client> client_for(const runner::McpServer& server, const std::string& task);
  void forget_unused(std::vector<std::shared_ptr<Client>>& forgotten);
  std::unique_ptr<Link> link_for(const runner::McpServer& server, runner::Secrets& secrets) const;
  std::unique_ptr<Link> http_link_for(const runner::McpServer& server,
                                      runner::Secrets& secrets) const;

  const Clock& clock_;
  Log& log_;
  const Variables variables_;
  const ServersLimits limits_;
  FailureNotes notes_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Client>> clients_;
};

}  // namespace taskfeed::mcp
