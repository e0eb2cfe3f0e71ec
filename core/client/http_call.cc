#include "client/http_call.h"

#include <algorithm>

#include <httplib.h>
#include <sys/socket.h>

#include "base/text.h"

namespace taskfeed::client {

struct HttpCall::Impl {
  explicit Impl(const Endpoint& endpoint)
      : client(endpoint.unix_path.empty() ? endpoint.host : endpoint.unix_path,
               endpoint.unix_path.empty() ? endpoint.port : 80) {}
  httplib::Client client;
};

HttpCall::HttpCall(Endpoint endpoint, const HttpLimits& limits)
    : endpoint_(std::move(endpoint)), limits_(limits), impl_(std::make_unique<Impl>(endpoint_)) {
  httplib::Client& client = impl_->client;
  httplib::Headers headers;
  if (!endpoint_.unix_path.empty()) {
    client.set_address_family(AF_UNIX);
    // A path is no host (RFC 9110, 7.2), and the daemon would refuse it.
    headers.emplace("Host", "localhost");
  }
  if (!endpoint_.token.empty()) headers.emplace("Authorization", "Bearer " + endpoint_.token);
  client.set_default_headers(std::move(headers));
  client.set_connection_timeout(limits_.connect_timeout);
  client.set_read_timeout(limits_.answer_timeout);
  client.set_write_timeout(limits_.answer_timeout);
  client.set_keep_alive(true);
  client.set_follow_location(false);
  client.set_decompress(false);
  client.set_tcp_nodelay(true);
}

HttpCall::~HttpCall() = default;

Error HttpCall::failure(int error) const {
  switch (static_cast<httplib::Error>(error)) {
    case httplib::Error::Connection:
      return {Errc::kUnavailable, "no daemon answers at " + endpoint_.str() +
                                      "; start one with `taskfeed serve`, or check --server"};
    case httplib::Error::ConnectionTimeout:
      return {Errc::kUnavailable, endpoint_.str() + " could not be reached within " +
                                      format_duration(limits_.connect_timeout)};
    case httplib::Error::Read:
      return {Errc::kTimeout, endpoint_.str() + " closed the connection or gave no answer within " +
                                  format_duration(limits_.answer_timeout)};
    default:
      return {Errc::kUnavailable, "the connection to " + endpoint_.str() + " broke (" +
                                      httplib::to_string(static_cast<httplib::Error>(error)) + ")"};
  }
}

namespace {

httplib::Request request_of(const HttpRequest& request) {
  httplib::Request made;
  made.method = request.method;
  made.path = request.target;
  for (const auto& [name, value] : request.headers) made.headers.emplace(name, value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    made.headers.emplace("Content-Type", request.content_type);
    made.body = request.body;
  }
  return made;
}

std::map<std::string, std::string> fields_of(const httplib::Response& head) {
  std::map<std::string, std::string> fields;
  for (const auto& [name, value] : head.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    fields.emplace(std::move(lower), value);
  }
  return fields;
}

}  // namespace

Result<HttpAnswer> HttpCall::call(const HttpRequest& request) {
  std::string body;
  bool too_large = false;
  httplib::Request made = request_of(request);
  made.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
    too_large = body.size() + size > limits_.body_bytes_max;
    if (!too_large) body.append(bytes, size);
    return !too_large;
  };
  const httplib::Result answer = impl_->client.send(made);
  if (too_large) {
    return Error{Errc::kTooLarge, endpoint_.str() + " sent an answer of more than " +
                                      std::to_string(limits_.body_bytes_max) + " bytes"};
  }
  if (!answer) return failure(static_cast<int>(answer.error()));
  return HttpAnswer{answer->status, answer->get_header_value("Content-Type"), std::move(body)};
}

Result<void> HttpCall::stream(const HttpRequest& request, const Reader& reader) {
  httplib::Request made = request_of(request);
  bool ended_by_reader = false;
  bool answered = false;
  made.response_handler = [&](const httplib::Response& head) {
    answered = true;
    if (reader.on_fields) reader.on_fields(fields_of(head));
    ended_by_reader = !reader.on_head(head.status, head.get_header_value("Content-Type"));
    return !ended_by_reader;
  };
  made.content_receiver = [&](const char* bytes, size_t size, uint64_t, uint64_t) {
    ended_by_reader = !reader.on_bytes(std::string_view(bytes, size));
    return !ended_by_reader;
  };
  const httplib::Result answer = impl_->client.send(made);
  if (answer && !answered) {
    // cpp-httplib does not call the handler for an answer that has no body, such as 204.
    reader.on_head(answer->status, answer->get_header_value("Content-Type"));
  }
  if (answer || ended_by_reader) return {};
  // A stream's end without a length is its connection's end, broken or not: the reader knows by
  // what it has read whether more should have come.
  if (answered) return {};
  return failure(static_cast<int>(answer.error()));
}

void HttpCall::stop() {
  impl_->client.stop();
}

std::string query_of(const std::map<std::string, std::string>& values) {
  std::string query;
  for (const auto& [name, value] : values) {
    query += (query.empty() ? "?" : "&") + name + "=" + percent_encode(value);
  }
  return query;
}

}  // namespace taskfeed::client
