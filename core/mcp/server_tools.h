/// The tools of one agent's servers, as a model sees them.
///
/// Threads  As runner::Toolbox says.
/// Errors   As runner::Toolbox says.
/// Owns     The names that list() gave out. Shares the clients, borrows what the log was told.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "mcp/client.h"
#include "runner/agent_config.h"

namespace taskfeed::mcp {

/// Tells the log of a server without tools: once for each task, however often that looks.
class FailureNotes {
 public:
  FailureNotes(Log& log, size_t kept_max) : log_(log), kept_max_(kept_max) {}
  void tell(const std::string& task, const std::string& server, const Error& why);

 private:
  Log& log_;
  const size_t kept_max_;
  std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> told_;
};

class ServerTools final : public runner::Toolbox {
 public:
  struct Seat {
    runner::McpServer server;
    std::shared_ptr<Client> client;
  };

  ServerTools(std::vector<Seat> seats, std::string task, FailureNotes& notes, Log& log);

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
  const std::string task_;
  FailureNotes& notes_;
  Log& log_;
  std::mutex mutex_;
  bool listed_ = false;
  std::map<std::string, Place> places_;
};

}  // namespace taskfeed::mcp
