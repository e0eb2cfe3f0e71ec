/// What went wrong with a model call, in few kinds, and whether trying again may help:
/// peer/failures.h, and what only model servers say.
///
/// - rate_limited, overloaded, server: retryable after retry_after.
/// - quota: also a 429 whose words say that money is the reason.
/// - auth, not_found, context_length, content_filter: whatever the status, where a word says so.
/// - stream_broken: also an answer that says itself that it broke off, and no more.
///
/// A server's x-should-retry counts for more than the kind.
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
