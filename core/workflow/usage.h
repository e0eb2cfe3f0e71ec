/// What a call to a model took, in tokens.
///
/// Threads  Values; pure functions.
/// Errors   usage_from_json() takes 0 for what is no count.
/// Owns     Nothing.
#pragma once

#include "event/json.h"

namespace taskfeed::workflow {

struct Usage {
  int64_t prompt = 0;      ///< `cached` is among them.
  int64_t cached = 0;      ///< Read from the server's cache: usually cheaper.
  int64_t completion = 0;  ///< `reasoning` is among them.
  int64_t reasoning = 0;
  bool estimated = false;  ///< The server gave none, or the answer was cut.

  int64_t total() const;
  bool operator==(const Usage&) const = default;
};
/// A guess of the tokens of so much text, where a server does not count: 4 bytes each.
int64_t tokens_of_bytes(int64_t bytes);
/// Saturates; estimated where either is.
Usage operator+(const Usage& a, const Usage& b);

/// `usage` of an event: prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
/// total_tokens, and `estimated` where it is so.
Json usage_to_json(const Usage& usage);
Usage usage_from_json(const Json* json);

}  // namespace taskfeed::workflow
