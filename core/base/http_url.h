/// Where a server is that an operator named: `http://host[:port][/path]` or `https://…`.
///
/// Threads  Values; pure functions.
/// Errors   parse() names the part that is wrong, and never repeats what may be a password.
/// Owns     Its text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed {

inline constexpr size_t kHttpUrlBytesMax = 2 * 1024;

struct HttpUrl {
  bool tls = false;
  std::string host;  ///< A name or an address; IPv6 without its brackets.
  int port = 80;
  std::string path;  ///< Begins with '/' and does not end with one; empty for the root.

  /// No user and password (a key belongs into the environment), no query, no fragment.
  static Result<HttpUrl> parse(std::string_view text);
  std::string str() const;
  /// For the `Host` field: without the port where it is the scheme's own.
  std::string host_field() const;
  bool operator==(const HttpUrl&) const = default;
};

}  // namespace taskfeed
