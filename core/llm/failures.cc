#include "llm/failures.h"

#include <algorithm>
#include <array>

#include "llm/error_body.h"
#include "llm/retry_after.h"
#include "peer/failures.h"

namespace taskfeed::llm {
namespace {

using peer::KnownText;

/// `code`, `type` or `status`: these say more than the HTTP status, whatever it is.
constexpr std::array kCauses{KnownText{"billing_hard_limit_reached", "quota"},
                             KnownText{"billing_not_active", "quota"},
                             KnownText{"exceed_context_size_error", "context_length"},
                             KnownText{"content_filter", "content_filter"},
                             KnownText{"content_policy_violation", "content_filter"},
                             KnownText{"ResponsibleAIPolicyViolation", "content_filter"},
                             KnownText{"API_KEY_INVALID", "auth"},
                             KnownText{"invalid_api_key", "auth"},
                             KnownText{"model_not_found", "not_found"},
                             KnownText{"overloaded_error", "overloaded"}};

/// These name the class that an HTTP status names too; they count where there is none.
constexpr std::array kClasses{KnownText{"rate_limit_exceeded", "rate_limited"},
                              KnownText{"rate_limit_error", "rate_limited"},
                              KnownText{"unavailable_error", "overloaded"},
                              KnownText{"server_error", "server"},
                              KnownText{"api_error", "server"},
                              KnownText{"InternalServerError", "server"},
                              KnownText{"authentication_error", "auth"},
                              KnownText{"permission_error", "permission"},
                              KnownText{"not_found_error", "not_found"},
                              KnownText{"invalid_request_error", "invalid_request"},
                              KnownText{"BadRequestError", "invalid_request"}};

/// Of a refused request, where no word of the above says it.
constexpr std::array kPhrases{KnownText{"maximum context length", "context_length"},
                              KnownText{"context window", "context_length"},
                              KnownText{"context size", "context_length"},
                              KnownText{"maximum number of tokens allowed", "context_length"},
                              KnownText{"prompt is too long", "context_length"},
                              KnownText{"API key not valid", "auth"}};

/// Of the first word that a table knows.
std::string_view kind_of_words(std::initializer_list<peer::KnownTexts> tables,
                               const ErrorBody& body) {
  for (const std::string& said : body.words) {
    if (const auto kind = peer::kind_of_word(tables, said); !kind.empty()) return kind;
  }
  return {};
}

/// `asks_to_wait`: a limit that says when it is over is none of money. Gemini's text for either has
/// the same words as OpenAI's for a spent quota.
std::string_view kind_of(int status, const ErrorBody& body, bool asks_to_wait) {
  if (const auto kind = kind_of_words({peer::kCauses, kCauses}, body); !kind.empty()) return kind;
  std::string_view kind;
  if (status == 0) kind = kind_of_words({peer::kRpcCodes, kClasses}, body);
  if (kind.empty() && (status != 0 || body.status != 0)) {
    kind = peer::kind_of_status(status != 0 ? status : body.status);
  }
  if (kind == "invalid_request" || kind.empty()) {
    const auto said = peer::kind_where({kPhrases}, [&body](std::string_view phrase) {
      return body.text.find(phrase) != std::string::npos;
    });
    if (!said.empty()) return said;
  }
  const bool google =
      std::find(body.words.begin(), body.words.end(), "RESOURCE_EXHAUSTED") != body.words.end();
  if (kind == "rate_limited" && !asks_to_wait && !google &&
      body.text.find("billing") != std::string::npos) {
    return "quota";
  }
  return kind;
}

std::string message_of(std::string_view what, const ErrorBody& body,
                       const runner::Secrets& secrets) {
  std::string message(what);
  if (!body.text.empty()) message += ": " + peer::shown(secrets.hide(body.text));
  return message;
}

std::string_view what_of_status(int status, std::string_view content_type) {
  if (status >= 300 && status < 400) return "; redirects are not followed";
  return content_type == "text/html" ? " with a page" : "";
}

}  // namespace

ChatFailure failure_of_kind(std::string_view kind, std::string message) {
  ChatFailure failure;
  failure.kind = kind;
  failure.message = std::move(message);
  failure.retryable = peer::is_retryable(kind);
  return failure;
}

ChatFailure failure_of_peer(const peer::Failure& failure) {
  return failure_of_kind(peer::to_string(failure.fault), failure.text);
}

ChatFailure failure_of_status(const peer::AnswerHead& head, std::string_view body,
                              const FailureContext& context) {
  const ErrorBody said = error_body(head.content_type, body);
  std::optional<Milliseconds> wait = retry_after_of(head, context.clock.wall());
  if (!wait) wait = said.retry_delay;
  std::string what = "the model server answered " + std::to_string(head.status);
  what += what_of_status(head.status, head.content_type);
  ChatFailure failure = failure_of_kind(kind_of(head.status, said, wait.has_value()),
                                        message_of(what, said, context.secrets));
  failure.http_status = head.status;
  const std::string should_retry = head.field("x-should-retry");
  if (should_retry == "true" || should_retry == "false") failure.retryable = should_retry == "true";
  if (failure.retryable && wait) failure.retry_after = std::min(*wait, context.retry_after_max);
  return failure;
}

ChatFailure failure_in_answer(const Json& json, const FailureContext& context) {
  const ErrorBody said = error_body(json);
  std::string_view kind = kind_of(0, said, said.retry_delay.has_value());
  if (kind.empty()) kind = "stream_broken";
  ChatFailure failure = failure_of_kind(
      kind, message_of("the model server broke its answer off", said, context.secrets));
  if (failure.retryable && said.retry_delay) {
    failure.retry_after = std::min(*said.retry_delay, context.retry_after_max);
  }
  return failure;
}

}  // namespace taskfeed::llm
