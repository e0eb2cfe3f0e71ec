/// How often, and after how long, an activity that failed is tried again.
///
/// Names and meaning are those of Temporal's RetryPolicy, so that both engines agree.
///
/// Threads  Values; pure functions.
/// Errors   retry_from_json() names the key that is wrong.
/// Owns     Nothing.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event/json.h"

namespace taskfeed::workflow {

struct RetryPolicy {
  std::chrono::milliseconds initial_interval{1'000};
  double backoff_coefficient = 2.0;  ///< At least 1.
  std::chrono::milliseconds maximum_interval{100'000};
  int maximum_attempts = 1;                      ///< 1: never again. Bound: 100.
  std::vector<std::string> non_retryable_kinds;  ///< TaskFailure::kind

  bool operator==(const RetryPolicy&) const = default;
};

/// Before attempt `next_attempt` (2 is the first repetition): initial × coefficient^(next-2), at
/// most maximum_interval, without overflow.
std::chrono::milliseconds retry_delay(const RetryPolicy& policy, int next_attempt);
/// Whether attempt `failed_attempt`, which failed with `kind`, is followed by another.
bool may_retry(const RetryPolicy& policy, int failed_attempt, const std::string& kind);

Json retry_to_json(const RetryPolicy& policy);
/// What `json` leaves out is as in `defaults`.
Result<RetryPolicy> retry_from_json(const Json& json, const RetryPolicy& defaults = {});

}  // namespace taskfeed::workflow
