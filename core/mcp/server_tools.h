/// The tools of one agent's servers, as a model sees them.
///
/// Threads  As runner::Toolbox says.
/// Errors   As runner::Toolbox says.
/// Owns     The names that list() gave out. Shares the clients.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "mcp/client.h"
#include "runner/agent_config.h"

namespace taskfeed::mcp {

class ServerTools final : public runner::Toolbox {
 public:
  struct Seat {
    runner::McpServer server;
    std::shared_ptr<Client> client;
  };

  ServerTools(std::vector<Seat> seats, Log& log);

  Result<std::vector<runner::Tool>> list(std::stop_token stop) override;
  runner::ToolResult call(const runner::ToolCall& call, runner::OutputSink& output,
                          std::stop_token stop) override;

 private:
  struct Place {
    size_t seat;
    std::string tool;  ///< As its server calls it.
  };
  using Listed = std::vector<Result<std::vector<RemoteTool>>>;

  Listed ask_all(const std::stop_token& stop) const;
  Result<Place> place_of(const std::string& name, const std::stop_token& stop);

  const std::vector<Seat> seats_;
  Log& log_;
  std::mutex mutex_;
  bool listed_ = false;
  std::map<std::string, Place> places_;
};

}  // namespace taskfeed::mcp
