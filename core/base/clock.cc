#include "base/clock.h"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace taskfeed {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// Takes fixed fields off the front of a text; after the first mismatch every answer is empty.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}

  int number(size_t digits) {
    int value = 0;
    if (rest_.size() < digits) return fail();
    for (size_t at = 0; at < digits; ++at) {
      if (rest_[at] < '0' || rest_[at] > '9') return fail();
      value = value * 10 + (rest_[at] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  /// The character taken, one of `allowed`; 0 on mismatch.
  char one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      fail();
      return 0;
    }
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }
  /// Nanoseconds are accepted and cut: an event's time has milliseconds.
  Milliseconds fraction() {
    if (rest_.empty() || rest_.front() != '.') return Milliseconds(0);
    rest_.remove_prefix(1);
    int value = 0;
    size_t digits = 0;
    for (; digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9'; ++digits) {
      if (digits < 3) value = value * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    if (digits == 0 || digits > 9) fail();
    for (size_t have = digits; have < 3; ++have) value *= 10;
    return Milliseconds(value);
  }
  bool complete() const { return !failed_ && rest_.empty(); }

 private:
  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool failed_ = false;
};

std::optional<WallTime> date_time(std::string_view text) {
  Fields fields(text);
  const int year = fields.number(4);
  fields.one_of("-");
  const int month = fields.number(2);
  fields.one_of("-");
  const int day = fields.number(2);
  fields.one_of("Tt ");
  const int hour = fields.number(2);
  fields.one_of(":");
  const int minute = fields.number(2);
  fields.one_of(":");
  const int second = fields.number(2);
  const Milliseconds fraction = fields.fraction();
  const char zone = fields.one_of("Zz+-");
  Milliseconds offset{0};
  if (zone == '+' || zone == '-') {
    const int zone_hour = fields.number(2);
    fields.one_of(":");
    const int zone_minute = fields.number(2);
    if (zone_hour > 23 || zone_minute > 59) return std::nullopt;
    offset = hours(zone_hour) + minutes(zone_minute);
    if (zone == '-') offset = -offset;
  }
  // RFC 3339, 5.7: 60 is a leap second, which system_clock counts as the second after it.
  if (!fields.complete() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + hours(hour) + minutes(minute) + seconds(second) +
         fraction - offset;
}

}  // namespace

WallTime SystemClock::wall() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

MonoTime SystemClock::mono() const {
  return std::chrono::floor<Milliseconds>(std::chrono::steady_clock::now());
}

std::string format_rfc3339(WallTime time) {
  // The format has four digits for the year: a time outside is a broken clock's, shown as the
  // nearest that can be written.
  constexpr WallTime kFirst{std::chrono::sys_days(std::chrono::year(0) / 1 / 1)};
  constexpr WallTime kLast{std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + days(1) -
                           Milliseconds(1)};
  time = std::clamp(time, kFirst, kLast);
  const auto midnight = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  char text[40];
  const int size = std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  TF_ASSERT(size == 24);
  return std::string(text, static_cast<size_t>(size));
}

Result<WallTime> parse_rfc3339(std::string_view text) {
  if (const auto time = date_time(text)) return *time;
  return {Errc::kInvalid, "'" + std::string(text.substr(0, 64)) +
                              "' is not an RFC 3339 time such as 2026-11-22T10:00:00Z"};
}

}  // namespace taskfeed
