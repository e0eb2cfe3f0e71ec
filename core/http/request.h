/// One HTTP request as RequestReader let it through: framed, bounded, its body unchunked.
///
/// Threads  A value; it moves from the shard's loop to a worker.
/// Errors   None.
/// Owns     Its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace taskfeed::http {

struct Field {
  std::string name;
  std::string value;
  bool operator==(const Field&) const = default;
};

struct Request {
  std::string method;
  std::string target;         ///< Origin form, or "*" for OPTIONS.
  int minor = 1;              ///< HTTP/1.minor
  std::vector<Field> fields;  ///< In their order; names as sent.
  std::string body;
  bool keep_alive = true;

  /// The first field of that name, compared without case; empty where there is none.
  std::string_view field(std::string_view name) const;
  bool operator==(const Request&) const = default;
};

}  // namespace taskfeed::http
