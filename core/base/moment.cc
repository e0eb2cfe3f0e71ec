#include <charconv>

#include "base/clock.h"

namespace taskfeed {
namespace {

/// The last second of the year 9999, which RFC 3339 ends with as well.
constexpr int64_t kSecondsMost = 253'402'300'799;

}  // namespace

Result<Moment> parse_moment(std::string_view text, WallTime now) {
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    int64_t seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed == std::errc() && seconds <= kSecondsMost) {
      return Moment{WallTime(std::chrono::seconds(seconds)), false};
    }
    return {Errc::kInvalid, "'" + std::string(text.substr(0, 64)) +
                                "' is after the year 9999; a time in digits counts seconds"};
  }
  if (const Result<WallTime> time = parse_rfc3339(text)) return Moment{*time, false};
  if (const Result<Milliseconds> age = parse_duration(text)) return Moment{now - *age, true};
  return {Errc::kInvalid, "'" + std::string(text.substr(0, 64)) +
                              "' is no time: write 2026-11-22T10:00:00Z, seconds since 1970, or an "
                              "age such as 10m"};
}

}  // namespace taskfeed
