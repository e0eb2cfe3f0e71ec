/// cpp-httplib, in memory: it takes a framed request apart (percent-decoding, query, fields). The
/// only file of this module that includes it.
///
/// Its own routing is one regular expression per route and is not used: it would also read a body
/// that is read already. Its answer is not sent: its writer adds fields of its own and knows no
/// streams.
///
/// Threads  Safe from any thread at once: after construction the server is only read.
/// Errors   No Call where cpp-httplib refuses what RequestReader let through, such as a method that
///          it does not know. Its exceptions end here.
/// Owns     A httplib::Server that never listens.
#pragma once

#include <memory>
#include <optional>

#include "http/call.h"

namespace taskfeed::http {

class HttplibAdapter {
 public:
  HttplibAdapter();
  ~HttplibAdapter();
  HttplibAdapter(const HttplibAdapter&) = delete;
  HttplibAdapter& operator=(const HttplibAdapter&) = delete;

  /// With the body moved over; request_id is the caller's to set.
  std::optional<Call> call_of(Request& request) const;

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace taskfeed::http
