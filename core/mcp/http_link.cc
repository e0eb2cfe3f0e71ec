#include "mcp/http_link.h"

#include <algorithm>

#include "mcp/http_exchange.h"

namespace taskfeed::mcp {
namespace {

constexpr std::string_view kSessionField = "Mcp-Session-Id";

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// Stops when either of two does.
class EitherStops {
 public:
  EitherStops(const std::stop_token& one, const std::stop_token& other)
      : first_(one, Ask{source_}), second_(other, Ask{source_}) {}
  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Ask {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };
  std::stop_source source_;
  std::stop_callback<Ask> first_;
  std::stop_callback<Ask> second_;
};

}  // namespace

Result<HttpPlan> http_plan(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t path = url.find_first_of("/?", scheme == std::string::npos ? 0 : scheme + 3);
  Result<HttpUrl> parsed = HttpUrl::parse(url.substr(0, path));
  if (!parsed) return parsed.error();
  std::string target = path == std::string::npos ? "/" : url.substr(path);
  if (target.starts_with('?')) target.insert(0, 1, '/');
  return HttpPlan{*std::move(parsed), std::move(target), {}};
}

HttpLink::HttpLink(HttpPlan plan, const HttpLinkLimits& limits)
    : plan_(std::move(plan)), limits_(limits) {}

HttpLink::~HttpLink() {
  close(true);
}

Result<void> HttpLink::open() {
  const std::lock_guard lock(mutex_);
  closing_ = std::stop_source();
  session_.clear();
  version_.clear();
  stateless_ = false;
  return {};
}

void HttpLink::agree(const std::string& version, bool stateless) {
  const std::lock_guard lock(mutex_);
  version_ = version;
  stateless_ = stateless;
}

std::string HttpLink::session() const {
  const std::lock_guard lock(mutex_);
  return session_;
}

peer::CallRequest HttpLink::head(const std::string& method, const std::string& name) const {
  peer::CallRequest request;
  request.target = plan_.target;
  request.accept = "application/json, text/event-stream";
  request.headers = plan_.headers;
  const std::lock_guard lock(mutex_);
  if (!session_.empty()) request.headers[std::string(kSessionField)] = session_;
  if (!version_.empty()) request.headers["MCP-Protocol-Version"] = version_;
  if (stateless_ && !method.empty()) request.headers["Mcp-Method"] = method;
  if (stateless_ && !name.empty()) request.headers["Mcp-Name"] = name;
  return request;
}

Reply HttpLink::request(const Request& request, std::stop_token stop) {
  bool stateless = false;
  std::stop_token closing;
  {
    const std::lock_guard lock(mutex_);
    stateless = stateless_;
    closing = closing_.get_token();
  }
  if (stateless && !is_visible(request.name)) {
    Reply reply;
    reply.kind = Reply::Kind::kFault;
    reply.fault = {Errc::kInvalid, "its tool has a name that cannot be called over HTTP"};
    return reply;
  }
  const EitherStops either(stop, closing);
  const int64_t id = next_id_++;
  const Json params = dressed(request.params, stateless, request.on_progress ? id : 0);
  HttpExchange exchange(*this, request, id, either.token());
  Reply reply = exchange.run(request_text(id, request.method, params));
  const bool given_up = reply.kind == Reply::Kind::kStopped ||
                        (reply.kind == Reply::Kind::kFault && reply.fault.code == Errc::kTimeout);
  // In the stateless era the end of the connection says it already.
  if (given_up && request.cancellable && !stateless) {
    [[maybe_unused]] const auto told =
        post_aside(notification_text("notifications/cancelled",
                                     Json{{"requestId", id}, {"reason", "no longer wanted"}}),
                   "notifications/cancelled");
  }
  return reply;
}

/// What nobody waits for long.
Result<void> HttpLink::post_aside(const std::string& body, const std::string& method) const {
  peer::CallRequest request = head(method, {});
  request.body = body;
  peer::CallLimits limits;
  limits.connect_timeout = limits.first_byte_timeout = limits.silence_timeout =
      limits_.aside_timeout;
  limits.body_bytes_max = limits_.refusal_bytes_max;
  int status = 0;
  const peer::CallEnd end = peer::run_call(plan_.url, request, limits,
                                           {[&](const peer::AnswerHead& head) {
                                              status = head.status;
                                              return false;
                                            },
                                            {}},
                                           {});
  if (status >= 200 && status < 300) return {};
  if (status == 0 && end.failure) return {Errc::kUnavailable, end.failure->text};
  return {Errc::kUnavailable, "it answered " + method + " with HTTP " + std::to_string(status)};
}

Result<void> HttpLink::notify(const std::string& method, const Json& params) {
  bool stateless = false;
  {
    const std::lock_guard lock(mutex_);
    stateless = stateless_;
  }
  return post_aside(notification_text(method, dressed(params, stateless, 0)), method);
}

void HttpLink::close(bool gently) {
  {
    const std::lock_guard lock(mutex_);
    closing_.request_stop();
    if (session_.empty() || !gently) return;
  }
  peer::CallRequest goodbye = head({}, {});
  goodbye.method = "DELETE";
  {
    const std::lock_guard lock(mutex_);
    session_.clear();
  }
  peer::CallLimits limits;
  limits.connect_timeout = limits.first_byte_timeout = limits.silence_timeout =
      limits_.aside_timeout;
  // A server need not know it (405); then the session ends by itself.
  [[maybe_unused]] const peer::CallEnd end = peer::run_call(
      plan_.url, goodbye, limits, {[](const peer::AnswerHead&) { return false; }, {}}, {});
}

}  // namespace taskfeed::mcp
