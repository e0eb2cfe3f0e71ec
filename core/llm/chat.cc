#include "llm/chat.h"

#include "base/text.h"
#include "llm/chat_reader.h"
#include "llm/chat_request.h"
#include "peer/http_call.h"

namespace taskfeed::llm {
namespace {

constexpr size_t kRefusalBytesMax = 64 * 1024;  ///< Of an answer that is an error.
constexpr size_t kRequestIdBytesMax = 256;

peer::CallRequest http_request(const ChatRequest& request, bool asks_usage) {
  peer::CallRequest made;
  made.target = "/chat/completions";
  made.body = request_body(request, asks_usage);
  made.accept = "application/json, text/event-stream";  // Not all do as `stream` says.
  made.headers = request.headers;
  return made;
}

peer::CallLimits http_limits(const ChatRequest& request, const ChatLimits& limits) {
  const runner::ModelServer& server = request.server;
  peer::CallLimits made;
  made.connect_timeout = server.connect_timeout;
  // An answer that comes whole begins when it is done.
  made.first_byte_timeout = request.streaming ? server.first_byte_timeout : server.timeout;
  made.silence_timeout = server.silence_timeout;
  made.whole_timeout = server.timeout;
  made.body_bytes_max = limits.answer_bytes_max;
  return made;
}

bool is_ok(const peer::AnswerHead& head) {
  return head.status >= 200 && head.status < 300;
}

/// A server that does not know stream_options and says so.
bool refuses_usage(const peer::AnswerHead& head, std::string_view refusal) {
  return (head.status == 400 || head.status == 422) &&
         (refusal.find("stream_options") != std::string_view::npos ||
          refusal.find("include_usage") != std::string_view::npos);
}

class Call {
 public:
  Call(const ChatRequest& request, ChatListener& listener, const Clock& clock,
       const std::stop_token& stop, const ChatLimits& limits)
      : request_(request),
        listener_(listener),
        clock_(clock),
        stop_(stop),
        limits_(limits),
        context_{runner::Secrets(request.headers), clock, limits.retry_after_max} {}

  ChatEnd run() {
    bool usage_refused = false;
    ChatEnd end = once(request_.streaming, usage_refused);
    if (usage_refused && !stop_.stop_requested()) end = once(false, usage_refused);
    return end;
  }

 private:
  ChatEnd once(bool asks_usage, bool& usage_refused) {
    peer::AnswerHead head;
    std::string refusal;
    ChatReader answer(request_, listener_, clock_, limits_, context_);
    const peer::AnswerReader reader{
        [&head](const peer::AnswerHead& answered) {
          head = answered;
          return true;
        },
        [&](std::string_view bytes) {
          if (is_ok(head)) return answer.take(bytes);
          refusal.append(bytes.substr(0, kRefusalBytesMax - refusal.size()));
          return refusal.size() < kRefusalBytesMax;
        },
        [this] { listener_.on_quiet(); }, limits_.quiet_interval};
    const peer::CallEnd end =
        peer::run_call(request_.server.base_url, http_request(request_, asks_usage),
                       http_limits(request_, limits_), reader, stop_);
    const bool stopped = end.failure && end.failure->fault == peer::Fault::kStopped;
    // What an error's text lacks at its end matters less than its status.
    const bool refused = end.answered && !is_ok(head) && !stopped;
    ChatEnd ended = answer.end(refused ? std::nullopt : end.failure);
    if (refused) ended.failure = failure_of_status(head, refusal, context_);
    usage_refused = asks_usage && refused && refuses_usage(head, refusal);
    ended.answer.model = context_.secrets.hide(ended.answer.model);
    if (const std::string id = head.field("x-request-id"); !id.empty()) {
      ended.answer.request_id = utf8_prefix(context_.secrets.hide(to_utf8(id)), kRequestIdBytesMax);
    }
    return ended;
  }

  const ChatRequest& request_;
  ChatListener& listener_;
  const Clock& clock_;
  const std::stop_token& stop_;
  const ChatLimits limits_;
  const FailureContext context_;
};

}  // namespace

ChatEnd chat(const ChatRequest& request, ChatListener& listener, const Clock& clock,
             const std::stop_token& stop, const ChatLimits& limits) {
  return Call(request, listener, clock, stop, limits).run();
}

}  // namespace taskfeed::llm
