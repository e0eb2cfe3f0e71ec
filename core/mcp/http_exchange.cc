#include "mcp/http_exchange.h"

#include <algorithm>
#include <condition_variable>

#include "base/text.h"

namespace taskfeed::mcp {
namespace {

constexpr int kUnauthorised = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kBadRequest = 400;
constexpr size_t kShownBytesMax = 300;

bool is_json(const peer::AnswerHead& head) {
  return head.content_type == "application/json";
}

bool mentions_session(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return text.find("session") != std::string::npos;
}

std::string shown(std::string_view text) {
  return escape_controls(to_utf8(utf8_prefix(text, kShownBytesMax)));
}

}  // namespace

HttpExchange::HttpExchange(HttpLink& link, const Request& request, int64_t id, std::stop_token stop)
    : link_(link),
      request_(request),
      id_(id),
      stop_(std::move(stop)),
      session_(link.session()),
      parser_(
          [this](sse::Message&& message) {
            // A server may name a place in its stream by an event that says nothing.
            if (!reply_ && !unwanted_ && !message.data.empty()) take_message(message.data);
          },
          {.line_bytes_max = link.limits_.answer_bytes_max,
           .event_bytes_max = link.limits_.answer_bytes_max}) {}

Reply HttpExchange::run(const std::string& body) {
  peer::CallRequest post = link_.head(request_.method, request_.name);
  post.body = body;
  exchange(post);
  while (!reply_ && may_resume() && wait_to_resume()) {
    ++resumes_;
    peer::CallRequest get = link_.head({}, {});
    get.method = "GET";
    get.accept = "text/event-stream";
    get.headers["Last-Event-ID"] = parser_.last_event_id();
    exchange(get);
  }
  if (!reply_ && stop_.stop_requested()) return {};
  if (!reply_) fail(Errc::kUnavailable, "it ended its stream without an answer");
  return *std::move(reply_);
}

void HttpExchange::fail(Errc code, std::string text) {
  Reply reply;
  reply.kind = Reply::Kind::kFault;
  reply.fault = {code, std::move(text)};
  reply.http_status = head_.status;
  reply_ = std::move(reply);
}

void HttpExchange::exchange(const peer::CallRequest& request) {
  const Milliseconds left = std::max(Milliseconds(1), deadline() - peer::mono_now());
  peer::CallLimits limits;
  limits.connect_timeout = std::min(link_.limits_.connect_timeout, left);
  limits.first_byte_timeout = std::min(request_.silence_max, left);
  limits.silence_timeout = std::min(request_.silence_max, left);
  limits.body_bytes_max = link_.limits_.stream_bytes_max;
  streams_ = false;
  body_.clear();
  head_ = {};
  const peer::CallEnd end =
      peer::run_call(link_.plan_.url, request, limits,
                     {[this](const peer::AnswerHead& head) { return take_head(head); },
                      [this](std::string_view bytes) { return take_bytes(bytes); }},
                     stop_);
  if (!reply_) judge(end);
}

bool HttpExchange::take_head(const peer::AnswerHead& head) {
  head_ = head;
  streams_ = head.status == 200 && head.content_type == "text/event-stream";
  if (request_.method == "initialize" && head.status == 200) {
    const std::string session = head.field("mcp-session-id");
    const bool fits =
        session.size() <= link_.limits_.session_bytes_max &&
        std::all_of(session.begin(), session.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    const std::lock_guard lock(link_.mutex_);
    link_.session_ = fits ? session : std::string();
  }
  return true;
}

bool HttpExchange::take_bytes(std::string_view bytes) {
  if (peer::mono_now() >= deadline()) {
    fail(Errc::kTimeout,
         "it did not answer " + request_.method + " within " + format_duration(request_.total_max));
    return false;
  }
  if (streams_) {
    if (const auto fed = parser_.feed(bytes); !fed) {
      fail(Errc::kTooLarge, "it sent too much: " + fed.error().text);
    }
    return !reply_ && !unwanted_;
  }
  const bool good = head_.status >= 200 && head_.status < 300;
  const size_t bytes_max = good ? link_.limits_.answer_bytes_max : link_.limits_.refusal_bytes_max;
  body_.append(bytes.substr(0, bytes_max - std::min(bytes_max, body_.size())));
  if (body_.size() < bytes_max) return true;
  if (good) {
    fail(Errc::kTooLarge, "it sent an answer of more than " + std::to_string(bytes_max) + " bytes");
  }
  return false;
}

/// False where it is none of this request's.
bool HttpExchange::take_message(std::string_view text) {
  Result<Json> json = parse_json(text);
  if (!json) return false;
  Incoming message = read_message(*std::move(json));
  switch (message.kind) {
    case Incoming::Kind::kResult:
    case Incoming::Kind::kRefusal:
      if (message.id != id_) return false;
      take_answer(std::move(message));
      return true;
    case Incoming::Kind::kRequest:
      if (answers_++ < link_.limits_.answers_max) {
        // It goes on or not without our answer.
        [[maybe_unused]] const auto sent = link_.post_aside(answer_text(message), {});
      }
      return false;
    case Incoming::Kind::kNotification:
      if (message.method == "notifications/tools/list_changed") link_.tools_changed_ = true;
      if (message.method == "notifications/progress" && request_.on_progress &&
          progress_token_of(message.params) == id_) {
        unwanted_ = !request_.on_progress(message.params);
      }
      return false;
    case Incoming::Kind::kNoise:
      return false;
  }
  return false;
}

void HttpExchange::take_answer(Incoming&& message) {
  Reply reply;
  reply.kind =
      message.kind == Incoming::Kind::kResult ? Reply::Kind::kResult : Reply::Kind::kRefusal;
  reply.result = std::move(message.result);
  reply.refusal = std::move(message.refusal);
  reply.http_status = head_.status;
  reply_ = std::move(reply);
}

/// After a connection that brought no answer yet.
void HttpExchange::judge(const peer::CallEnd& end) {
  if (unwanted_ || stop_.stop_requested()) {
    reply_ = Reply{};  // kStopped.
    return;
  }
  const std::optional<peer::Failure>& failure = end.failure;
  if (failure && (failure->fault == peer::Fault::kFirstByteTimeout ||
                  failure->fault == peer::Fault::kSilenceTimeout)) {
    fail(Errc::kTimeout, "it did not answer " + request_.method + " within " +
                             format_duration(std::min(request_.silence_max, request_.total_max)));
  } else if (streams_) {
    // Cut or ended: run() goes on from the last place, if there is one.
    if (!may_resume()) fail(Errc::kUnavailable, "it ended its stream without an answer");
  } else if (failure) {
    fail(failure->fault == peer::Fault::kTooLarge ? Errc::kTooLarge : Errc::kUnavailable,
         shown(failure->text));
  } else if (head_.status < 200 || head_.status >= 300) {
    judge_refusal();
  } else if (!is_json(head_)) {
    fail(Errc::kInvalid, "it answered " + request_.method + " with HTTP " +
                             std::to_string(head_.status) + " and content of type \"" +
                             shown(head_.content_type) + "\"; is this the URL of an MCP server?");
  } else if (!take_message(body_)) {
    fail(Errc::kInvalid, "it answered " + request_.method + " with JSON that is no answer to it");
  }
}

void HttpExchange::judge_refusal() {
  const int status = head_.status;
  const Result<Json> json = parse_json(body_);
  const Json* const error = json ? find(*json, "error") : nullptr;
  const std::string text = error == nullptr ? std::string() : string_at(*error, "message");
  if (status == kUnauthorised || status == kForbidden) {
    const std::string wish = shown(head_.field("www-authenticate"));
    fail(Errc::kUnauthorised, "it answered HTTP " + std::to_string(status) +
                                  "; see the agent's headers_env" +
                                  (wish.empty() ? "" : " (it asks for: " + wish + ")"));
    return;
  }
  // Servers answer a forgotten session with 400, too, though the protocol says 404.
  if (!session_.empty() &&
      (status == kNotFound || (status == kBadRequest && mentions_session(text)))) {
    fail(Errc::kUnavailable, "it forgot the session");
    reply_->kind = Reply::Kind::kLost;
    return;
  }
  if (error != nullptr && error->is_object()) {
    Reply reply;
    reply.kind = Reply::Kind::kRefusal;
    reply.refusal = {int_at(*error, "code"), std::string(utf8_prefix(text, 4096))};
    reply.http_status = status;
    reply_ = std::move(reply);
    return;
  }
  if (status >= 300 && status < 400) {
    fail(Errc::kInvalid, "it answered HTTP " + std::to_string(status) + " to \"" +
                             shown(head_.field("location")) +
                             "\"; redirections are not followed, so that URL belongs into mcp");
    return;
  }
  fail(status >= 500 ? Errc::kUnavailable : Errc::kInvalid,
       "it answered " + request_.method + " with HTTP " + std::to_string(status));
}

bool HttpExchange::may_resume() const {
  return streams_ && !unwanted_ && !parser_.last_event_id().empty() &&
         resumes_ < link_.limits_.resumes_max && !stop_.stop_requested() &&
         peer::mono_now() < deadline();
}

bool HttpExchange::wait_to_resume() {
  constexpr Milliseconds kDefault{1'000};
  Milliseconds wait = std::min(parser_.retry().value_or(kDefault), link_.limits_.resume_wait_max);
  wait = std::min(wait, deadline() - peer::mono_now());
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop_, wait, [] { return false; });
  return !stop_.stop_requested();
}

}  // namespace taskfeed::mcp
