/// One connection to a daemon, over cpp-httplib's client: the only file of this module that
/// includes it.
///
/// Threads  call() and stream() from one thread at a time; stop() from any.
/// Errors   kUnavailable: no connection, or it broke before an answer. kTimeout: connected, and no
///          answer in time. HTTP's own statuses are answers, not errors.
/// Owns     Its connection, kept open between calls.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "client/endpoint.h"

namespace taskfeed::client {

struct HttpLimits {
  Milliseconds connect_timeout{5'000};
  Milliseconds answer_timeout{30'000};
  size_t body_bytes_max = 32 * 1024 * 1024;  ///< Of an answer.
};

struct HttpRequest {
  std::string method = "GET";
  std::string target;  ///< Path and query, encoded.
  std::string body;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;
};

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
};

class HttpCall {
 public:
  HttpCall(Endpoint endpoint, const HttpLimits& limits);
  ~HttpCall();

  Result<HttpAnswer> call(const HttpRequest& request);

  /// `on_head` and `on_bytes` answer false to end the stream there. A body that the server ends is
  /// no error.
  struct Reader {
    /// Called first, if it is set: all fields of the answer, their names in lower case.
    std::function<void(const std::map<std::string, std::string>& fields)> on_fields;
    std::function<bool(int status, std::string_view content_type)> on_head;
    std::function<bool(std::string_view bytes)> on_bytes;
  };
  Result<void> stream(const HttpRequest& request, const Reader& reader);
  /// Ends what is under way; it answers kUnavailable.
  void stop();

  std::string server() const { return endpoint_.str(); }

 private:
  struct Impl;
  Error failure(int error) const;

  const Endpoint endpoint_;
  const HttpLimits limits_;
  std::unique_ptr<Impl> impl_;
};

/// "?a=b&c=d", or empty; values are encoded here.
std::string query_of(const std::map<std::string, std::string>& values);

}  // namespace taskfeed::client
