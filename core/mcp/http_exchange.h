/// One request over HTTP, from its POST to its answer, over as many connections as that takes.
///
/// Threads  The caller's.
/// Errors   run() answers a Reply.
/// Owns     What came so far. Borrows link and request.
#pragma once

#include <optional>

#include "event/sse_parser.h"
#include "mcp/http_link.h"

namespace taskfeed::mcp {

class HttpExchange {
 public:
  HttpExchange(HttpLink& link, const Request& request, int64_t id, std::stop_token stop);
  Reply run(const std::string& body);

 private:
  void exchange(const peer::CallRequest& request);
  bool take_head(const peer::AnswerHead& head);
  bool take_bytes(std::string_view bytes);
  bool take_message(std::string_view text);
  void take_answer(Incoming&& message);
  bool may_resume() const;
  bool wait_to_resume();
  void judge(const peer::CallEnd& end);
  void judge_refusal();
  void fail(Errc code, std::string text);
  MonoTime deadline() const { return begun_ + request_.total_max; }

  HttpLink& link_;
  const Request& request_;
  const int64_t id_;
  const std::stop_token stop_;
  const MonoTime begun_ = peer::mono_now();
  const std::string session_;  ///< That the request was sent in.
  sse::Parser parser_;
  peer::AnswerHead head_;
  bool streams_ = false;
  bool unwanted_ = false;
  int answers_ = 0;
  int resumes_ = 0;
  std::string body_;
  std::optional<Reply> reply_;
};

}  // namespace taskfeed::mcp
