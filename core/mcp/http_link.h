/// A server at a URL: the streamable HTTP transport, with a session or, in the stateless era,
/// without.
///
/// Every message is a POST. The answer is one JSON object, or an event stream that carries
/// progress and questions before it; a stream that ends early and named a place in it is asked for
/// again from there, after the time that the server wished (MCP 2025-11-25, transports). The
/// server's own stream (GET without a place) is not opened: its tools are listed anew after a
/// while instead. Redirections are not followed, since each request carries the operator's secrets.
///
/// Threads  As Link says; each request has a connection of its own.
/// Errors   kUnauthorised for 401 and 403; kLost where the session is gone; otherwise as Link.
/// Owns     The session's id.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/http_url.h"
#include "mcp/link.h"
#include "peer/http_call.h"

namespace taskfeed::mcp {

struct HttpLinkLimits {
  Milliseconds connect_timeout{10'000};
  size_t answer_bytes_max = 8 * 1024 * 1024;   ///< One JSON answer, or one event of a stream.
  size_t stream_bytes_max = 64 * 1024 * 1024;  ///< All of a stream.
  size_t refusal_bytes_max = 64 * 1024;        ///< Of an answer that is none; the rest is not read.
  size_t session_bytes_max = 1024;             ///< A longer session id is no session id.
  int resumes_max = 32;                        ///< Of one request's stream.
  int answers_max = 16;                        ///< To the server's questions within one stream.
  Milliseconds resume_wait_max{30'000};        ///< Whatever `retry:` the server wished.
  Milliseconds aside_timeout{2'000};           ///< For what nobody waits for: cancel, goodbye.
};

struct HttpPlan {
  HttpUrl url;                                 ///< Scheme, host and port.
  std::string target;                          ///< Path and query.
  std::map<std::string, std::string> headers;  ///< The operator's own.
};

/// `https://host/path?query` in its two parts.
Result<HttpPlan> http_plan(const std::string& url);

class HttpLink final : public Link {
 public:
  explicit HttpLink(HttpPlan plan, const HttpLinkLimits& limits = {});
  ~HttpLink() override;

  Result<void> open() override;
  bool alive() const override { return true; }
  bool rested() const override { return false; }
  void agree(const std::string& version, bool stateless) override;
  Reply request(const Request& request, std::stop_token stop) override;
  Result<void> notify(const std::string& method, const Json& params) override;
  bool take_tools_changed() override { return tools_changed_.exchange(false); }
  bool hears_changes() const override { return false; }
  void close(bool gently) override;

 private:
  friend class HttpExchange;

  peer::CallRequest head(const std::string& method, const std::string& name) const;
  Result<void> post_aside(const std::string& body, const std::string& method) const;
  std::string session() const;

  const HttpPlan plan_;
  const HttpLinkLimits limits_;
  std::atomic<int64_t> next_id_{1};
  std::atomic<bool> tools_changed_{false};
  mutable std::mutex mutex_;
  std::stop_source closing_;
  std::string session_;
  std::string version_;
  bool stateless_ = false;
};

}  // namespace taskfeed::mcp
