/// One MCP server: found in whichever era of the protocol it speaks, kept connected, asked.
///
/// The handshake of 2024-11-05 to 2025-11-25 is tried first, since nearly every server knows it;
/// one that refuses it is asked by the stateless revision 2026-07-28. A server that died is started
/// again at its next use, later and later while it goes on dying; a call that was under way is not
/// repeated, since nobody knows how far it came.
///
/// Threads  Any, several at once: calls share the connection. They block their caller; `stop` ends
///          them within a second.
/// Errors   tools(): kUnavailable, kTimeout, kInvalid …, naming the server; as loop::spawn() where
///          its program cannot be started. call(): a ToolResult.
/// Owns     The link and the list of tools. Borrows clock and log.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/log.h"
#include "mcp/content.h"
#include "mcp/link.h"
#include "runner/secrets.h"

namespace taskfeed::mcp {

struct ClientLimits {
  ContentLimits content;
  size_t arguments_bytes_max = 4 * 1024 * 1024;  ///< Of one call.
  Milliseconds call_total_max{30 * 60'000};      ///< However much progress a call reports.
  /// For the handshake and the list, where a server's own timeout is shorter: some have to be
  /// fetched before they start.
  Milliseconds start_max{60'000};
  Milliseconds retry_first{1'000};  ///< After the second failure in a row; doubles with each.
  Milliseconds retry_max{60'000};
  Milliseconds list_age_max{60'000};  ///< Where the server does not tell of changes.
  int silent_calls_max = 2;           ///< In a row; then the server is ended and begun anew.
};

struct ClientPlan {
  std::string name;
  runner::McpProtocol protocol = runner::McpProtocol::kAuto;
  Milliseconds timeout{60'000};  ///< Of silence, in each call.
  runner::Secrets secrets = {};  ///< Values that no result may show.
};

class Client {
 public:
  using OnProgress = std::function<bool(const std::string& line)>;

  Client(ClientPlan plan, std::unique_ptr<Link> link, const Clock& clock, Log& log,
         const ClientLimits& limits = {});

  Result<std::vector<RemoteTool>> tools(const std::stop_token& stop);
  /// `on_progress` gets each report as one line, and false from it ends the call.
  runner::ToolResult call(const std::string& tool, const Json& arguments,
                          const OnProgress& on_progress, const std::stop_token& stop);
  /// When it was last used.
  MonoTime used() const;
  /// Ends the connection and what is under way.
  void close();

 private:
  enum class State { kAway, kConnecting, kConnected };
  /// Who tells the log of a failure: the client, or whoever gets it from tools().
  enum class Teller { kClient, kCaller };

  Result<uint64_t> connect(Teller teller, const std::stop_token& stop);
  Result<void> shake_hands(const std::stop_token& stop);
  Result<void> initialize(const std::stop_token& stop, bool& ask_stateless);
  Result<void> discover(const std::stop_token& stop);
  Result<std::vector<RemoteTool>> list(const std::stop_token& stop);
  Result<ToolPage> list_page(const std::string& cursor, const std::stop_token& stop);
  Reply ask(const Request& request, Teller teller, const std::stop_token& stop);
  void lost(uint64_t connection);
  void died(uint64_t connection, const Error& how, Teller teller);
  void note_failure_locked(const Error& error, Teller teller);
  void note_answer(bool silent);
  Request request(std::string method, Json params = Json::object()) const;
  Error named(const Error& error) const;

  const ClientPlan plan_;
  const std::unique_ptr<Link> link_;
  const Clock& clock_;
  Log& log_;
  const ClientLimits limits_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  State state_ = State::kAway;
  uint64_t connection_ = 0;  ///< Counts connections, so that an old one's loss is not a new one's.
  int failures_ = 0;         ///< In a row, without a tool's answer between them.
  int silent_calls_ = 0;
  MonoTime retry_at_{};
  MonoTime used_{};
  Error failure_;
  std::optional<std::vector<RemoteTool>> tools_;
  MonoTime listed_at_{};
};

}  // namespace taskfeed::mcp
