/// Short ways to hear something, and to look at what it became.
///
/// Threads  The test's.
/// Errors   A reading that was not to be is a failed test.
/// Owns     Nothing.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "bridge/normalise.h"
#include "support/ids.h"

namespace taskfeed::testing {

inline constexpr WallTime kNow{Milliseconds(1'795'341'600'000)};  // 2026-11-22T10:00:00Z

inline bridge::Normalised hear(std::string_view bytes, std::string_view channel = "workflow.t1",
                               std::string_view pattern = "workflow.*",
                               const bridge::NormaliseLimits& limits = {}) {
  SeededIdSource ids;
  return bridge::normalise({pattern, channel, bytes}, limits, ids, kNow);
}

inline bridge::Reading read(std::string_view bytes, std::string_view channel = "workflow.t1") {
  const bridge::Normalised normalised = hear(bytes, channel);
  const auto* refusal = std::get_if<bridge::Refusal>(&normalised);
  EXPECT_EQ(refusal, nullptr) << to_string(refusal->reason) << ": " << refusal->detail;
  return std::get<bridge::Reading>(normalised);
}

/// What its readers get.
inline Event event_of(std::string_view bytes, std::string_view channel = "workflow.t1") {
  return decode_event(read(bytes, channel).event.json).value();
}

inline bridge::Refusal refused(const bridge::Normalised& normalised) {
  const auto* refusal = std::get_if<bridge::Refusal>(&normalised);
  EXPECT_NE(refusal, nullptr) << std::get<bridge::Reading>(normalised).event.json;
  return refusal == nullptr ? bridge::Refusal{} : *refusal;
}
inline bridge::Unreadable reason(std::string_view bytes, std::string_view channel = "plain",
                                 std::string_view pattern = "plain") {
  return refused(hear(bytes, channel, pattern)).reason;
}

}  // namespace taskfeed::testing
