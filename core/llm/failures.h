/// What went wrong with a model call, in few kinds, and whether trying again may help.
///
/// | kind | when |
/// | --- | --- |
/// | connect, timeout_connect, timeout_first_byte, timeout_idle | the connection; worth a try |
/// | stream_broken | the answer broke off, or says so itself; worth a try |
/// | rate_limited | 429; worth a try after retry_after |
/// | overloaded, server | 503, 529; 408, 409 and other 5xx; worth a try |
/// | tls, timeout | the connection |
/// | auth, permission, quota, not_found, invalid_request | 401; 403; 402 and what says so; 404; 4xx
/// | | context_length, content_filter | what says so | | protocol, too_large, stopped | no answer
/// that can be read; over a limit; the caller's wish |
///
/// Threads  Pure functions.
/// Errors   None: anything has a kind.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>

#include "llm/chat.h"
#include "peer/http_call.h"
#include "runner/secrets.h"

namespace taskfeed::llm {

struct FailureContext {
  runner::Secrets secrets;
  const Clock& clock;  ///< Retry-After may be a date.
  Milliseconds retry_after_max;
};

ChatFailure failure_of_kind(std::string_view kind, std::string message);
ChatFailure failure_of_peer(const peer::Failure& failure);
/// An HTTP answer that is none of a model; `body` may be JSON of several shapes, text or a page.
ChatFailure failure_of_status(const peer::AnswerHead& head, std::string_view body,
                              const FailureContext& context);
/// An error that came where a part of an answer was expected.
ChatFailure failure_in_answer(const Json& json, const FailureContext& context);

}  // namespace taskfeed::llm
