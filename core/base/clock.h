/// Time as an argument: the port through which every module learns what time it is.
///
/// Threads  Implementations are safe from any thread.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed {

using Milliseconds = std::chrono::milliseconds;
/// Wall time, for people and for stored timestamps; it may jump. Never used for a timer.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Milliseconds>;
/// CLOCK_MONOTONIC, for timers, deadlines and durations.
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  MonoTime mono() const override;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-22T10:00:00.123Z".
std::string format_rfc3339(WallTime time);
/// Accepts any RFC 3339 date-time (offset, 0 to 9 fractional digits, 'T' or ' ').
Result<WallTime> parse_rfc3339(std::string_view text);

/// "250ms", "30s", "10m", "2h", "1d", and sums such as "1m30s"; a unit is required but for "0".
/// At most 3650d. Errors name the text.
Result<Milliseconds> parse_duration(std::string_view text);
/// The shortest of the forms above that is exact: "1m30s".
std::string format_duration(Milliseconds duration);

/// A moment as a person types it.
struct Moment {
  WallTime time;
  bool is_age = false;  ///< It was given as an age, and so is another time at the next call.
};
/// An RFC 3339 date-time; seconds since 1970 in digits; or an age such as "10m", counted back from
/// `now`. Errors name the text and the three forms.
Result<Moment> parse_moment(std::string_view text, WallTime now);

}  // namespace taskfeed
