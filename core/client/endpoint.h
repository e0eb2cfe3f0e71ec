/// Where a daemon is: `http://host[:port]`, `host:port` or `unix:PATH`.
///
/// Threads  Values.
/// Errors   parse() names the part that is wrong. `https://` is refused: this build has no TLS.
/// Owns     Its text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed::client {

inline constexpr int kDefaultPort = 8000;

struct Endpoint {
  std::string host;  ///< Empty for a unix socket.
  int port = kDefaultPort;
  std::string unix_path;  ///< Empty for TCP.
  std::string token;      ///< Sent as a bearer token (RFC 6750), never shown; empty: none.

  static Result<Endpoint> parse(std::string_view text);
  std::string str() const;
  bool operator==(const Endpoint&) const = default;
};

}  // namespace taskfeed::client
