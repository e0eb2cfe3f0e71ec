/// A HealthSource that says what a test sets.
///
/// Threads  Any: the flags are atomics, the report is set before requests are made.
/// Errors   None.
/// Owns     Its report.
#pragma once

#include <atomic>

#include "http/api.h"

namespace taskfeed::testing {

class FakeHealth final : public http::HealthSource {
 public:
  http::HealthReport health() override {
    http::HealthReport answer = report;
    answer.redis_reachable = reachable;
    answer.draining = draining;
    return answer;
  }
  std::string metrics() override { return "taskfeed_build_info{version=\"1.2.3\"} 1\n"; }
  std::atomic<bool> reachable = true;
  std::atomic<bool> draining = false;
  http::HealthReport report;  ///< The rest of it.
};

}  // namespace taskfeed::testing
