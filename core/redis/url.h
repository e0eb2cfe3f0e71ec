/// Where a Redis is: `redis://[user:password@]host[:port][/db]` or `unix:///path[?db=N]`,
/// also as `unix:/path`.
///
/// Threads  Values.
/// Errors   parse() names the part that is wrong. `rediss://` is refused: hiredis 0.14 has no TLS.
/// Owns     Its text, the password included.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed::redis {

struct Url {
  std::string host;  ///< Empty for a unix socket.
  int port = 6379;
  std::string unix_path;  ///< Empty for TCP.
  std::string user;       ///< Empty: the default user.
  std::string password;
  int db = 0;

  static Result<Url> parse(std::string_view text);
  /// For people and logs: without the password.
  std::string str() const;
  bool operator==(const Url&) const = default;
};

}  // namespace taskfeed::redis
