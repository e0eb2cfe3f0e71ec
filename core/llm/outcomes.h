/// How an activity of the loop ends.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <utility>

#include "runner/runner.h"

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

}  // namespace taskfeed::llm
