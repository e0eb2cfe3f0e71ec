/// How long a server asks to be left alone.
///
/// Threads  Pure functions.
/// Errors   Nothing where it does not say so in a form that is known.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "peer/http_call.h"

namespace taskfeed::llm {

/// `retry-after-ms`, else `Retry-After`: seconds, or one of the three forms of an HTTP date (RFC
/// 9110, 5.6.7), of which one in the past is 0.
std::optional<Milliseconds> retry_after_of(const peer::AnswerHead& head, WallTime now);
/// google.rpc.RetryInfo's "36s" or "1.5s".
std::optional<Milliseconds> parse_retry_delay(std::string_view text);

}  // namespace taskfeed::llm
