/// JSON-RPC 2.0 as MCP uses it: what is sent as text, and what came, told apart.
///
/// Threads  Pure functions.
/// Errors   None: what is no message is kNoise.
/// Owns     Its values.
#pragma once

#include <cstdint>
#include <string>

#include "event/json.h"

namespace taskfeed::mcp {

inline constexpr std::string_view kHandshakeVersion = "2025-11-25";  ///< The one we ask for.
inline constexpr std::string_view kStatelessVersion = "2026-07-28";
/// Codes that decide something; JSON-RPC 2.0, 5.1, and MCP 2026-07-28.
inline constexpr int64_t kMethodNotFound = -32601;
inline constexpr int64_t kUnsupportedVersion = -32022;

/// The other side's `error`.
struct RpcError {
  int64_t code = 0;
  std::string text;
  bool operator==(const RpcError&) const = default;
};

struct Incoming {
  enum class Kind {
    kResult,        ///< Of our request `id`.
    kRefusal,       ///< An error for our request `id`.
    kRequest,       ///< The server asks something of us, under `request_id`.
    kNotification,  ///< `method` with `params`.
    kNoise,         ///< None of these; also an answer to an id that cannot be ours.
  };
  Kind kind = Kind::kNoise;
  int64_t id = 0;
  Json request_id;
  std::string method;
  Json params;
  Json result;
  RpcError refusal;
};

Incoming read_message(Json&& json);

/// Each is one line without its line break.
std::string request_text(int64_t id, std::string_view method, const Json& params);
std::string notification_text(std::string_view method, const Json& params);
/// `params` as they travel: with a progress token unless it is 0, and in the stateless era with who
/// asks, in which revision, in every request (MCP 2026-07-28).
Json dressed(const Json& params, bool stateless, int64_t progress_token);
/// {"name":"taskfeed","version":…}
Json client_info();
/// Params of notifications/progress cut down to what anybody reads, so that many may wait.
Json slim_progress(const Json& params);
/// Of params of notifications/progress; 0 where it is none of ours.
int64_t progress_token_of(const Json& params);
/// `ping` is answered; that we offer nothing else, any other request is told.
std::string answer_text(const Incoming& request);

}  // namespace taskfeed::mcp
