/// How an activity of the loop ends.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <utility>

#include "runner/tools.h"

namespace taskfeed::llm {

inline runner::Outcome stopped() {
  runner::Outcome outcome;
  outcome.status = runner::Outcome::Status::kStopped;
  return outcome;
}

inline runner::Outcome failed(std::string kind, std::string text, std::string response = {}) {
  runner::Outcome outcome;
  outcome.status = runner::Outcome::Status::kFailed;
  outcome.failure = TaskFailure{std::move(kind), std::move(text)};
  outcome.response = std::move(response);
  return outcome;
}

/// Where Toolbox::list() failed with `why`.
inline runner::Outcome tools_unavailable(const Error& why, std::string response) {
  runner::Outcome outcome = failed("tools_unavailable", why.text, std::move(response));
  outcome.retryable = runner::may_heal(why);
  return outcome;
}

}  // namespace taskfeed::llm
