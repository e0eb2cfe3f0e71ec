#include "llm/failures.h"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "llm/error_body.h"
#include "llm/retry_after.h"

namespace taskfeed::llm {
namespace {

constexpr size_t kShownBytesMax = 500;

bool retryable(std::string_view kind) {
  constexpr std::array<std::string_view, 8> kAgain{
      "connect",       "timeout_connect", "timeout_first_byte", "timeout_idle",
      "stream_broken", "rate_limited",    "overloaded",         "server"};
  return std::find(kAgain.begin(), kAgain.end(), kind) != kAgain.end();
}

std::string_view kind_of_status(int status) {
  switch (status) {
    case 401:
      return "auth";
    case 402:
      return "quota";
    case 403:
      return "permission";
    case 404:
      return "not_found";
    case 408:
    case 409:
      return "server";
    case 429:
      return "rate_limited";
    case 503:
    case 529:
      return "overloaded";
    default:
      return status >= 500 ? "server" : status >= 400 ? "invalid_request" : "protocol";
  }
}

struct Word {
  std::string_view text;
  std::string_view kind;
};

/// `code`, `type` or `status`: these say more than the HTTP status, whatever it is.
constexpr std::array kExactWords{Word{"insufficient_quota", "quota"},
                                 Word{"billing_hard_limit_reached", "quota"},
                                 Word{"billing_not_active", "quota"},
                                 Word{"context_length_exceeded", "context_length"},
                                 Word{"exceed_context_size_error", "context_length"},
                                 Word{"content_filter", "content_filter"},
                                 Word{"content_policy_violation", "content_filter"},
                                 Word{"ResponsibleAIPolicyViolation", "content_filter"},
                                 Word{"API_KEY_INVALID", "auth"},
                                 Word{"invalid_api_key", "auth"},
                                 Word{"model_not_found", "not_found"},
                                 Word{"overloaded_error", "overloaded"}};

/// These name the class that an HTTP status names too; they count where there is none.
constexpr std::array kClassWords{Word{"rate_limit_exceeded", "rate_limited"},
                                 Word{"rate_limit_error", "rate_limited"},
                                 Word{"RESOURCE_EXHAUSTED", "rate_limited"},
                                 Word{"UNAVAILABLE", "overloaded"},
                                 Word{"unavailable_error", "overloaded"},
                                 Word{"server_error", "server"},
                                 Word{"api_error", "server"},
                                 Word{"InternalServerError", "server"},
                                 Word{"INTERNAL", "server"},
                                 Word{"DEADLINE_EXCEEDED", "server"},
                                 Word{"authentication_error", "auth"},
                                 Word{"UNAUTHENTICATED", "auth"},
                                 Word{"permission_error", "permission"},
                                 Word{"PERMISSION_DENIED", "permission"},
                                 Word{"not_found_error", "not_found"},
                                 Word{"NOT_FOUND", "not_found"},
                                 Word{"invalid_request_error", "invalid_request"},
                                 Word{"BadRequestError", "invalid_request"},
                                 Word{"INVALID_ARGUMENT", "invalid_request"}};

/// Of a refused request, where no word of the above says it.
constexpr std::array kPhrases{Word{"maximum context length", "context_length"},
                              Word{"context window", "context_length"},
                              Word{"context size", "context_length"},
                              Word{"maximum number of tokens allowed", "context_length"},
                              Word{"prompt is too long", "context_length"},
                              Word{"API key not valid", "auth"}};

std::string_view kind_among(std::span<const Word> known, const ErrorBody& body) {
  for (const std::string& said : body.words) {
    for (const Word& word : known) {
      if (word.text == said) return word.kind;
    }
  }
  return {};
}

/// `asks_to_wait`: a limit that says when it is over is none of money. Gemini's text for either has
/// the same words as OpenAI's for a spent quota.
std::string_view kind_of(int status, const ErrorBody& body, bool asks_to_wait) {
  if (const auto kind = kind_among(kExactWords, body); !kind.empty()) return kind;
  std::string_view kind;
  if (status == 0) kind = kind_among(kClassWords, body);
  if (kind.empty() && (status != 0 || body.status != 0)) {
    kind = kind_of_status(status != 0 ? status : body.status);
  }
  if (kind == "invalid_request" || kind.empty()) {
    for (const Word& phrase : kPhrases) {
      if (body.text.find(phrase.text) != std::string::npos) return phrase.kind;
    }
  }
  const bool google =
      std::find(body.words.begin(), body.words.end(), "RESOURCE_EXHAUSTED") != body.words.end();
  if (kind == "rate_limited" && !asks_to_wait && !google &&
      body.text.find("billing") != std::string::npos) {
    return "quota";
  }
  return kind;
}

std::string shown(const std::string& text, const runner::Secrets& secrets) {
  const std::string clean = to_utf8(secrets.hide(text));
  const std::string_view fits = utf8_prefix(clean, kShownBytesMax);
  return std::string(fits) + (fits.size() < clean.size() ? "…" : "");
}

std::string message_of(std::string_view what, const ErrorBody& body,
                       const runner::Secrets& secrets) {
  std::string message(what);
  if (!body.text.empty()) message += ": " + shown(body.text, secrets);
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
  failure.retryable = retryable(kind);
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
