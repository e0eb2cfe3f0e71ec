#include "llm/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace taskfeed::llm {
namespace {

/// More than anybody waits, and far from an overflow.
constexpr int64_t kSecondsMax = 10LL * 366 * 24 * 3'600;

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<int64_t> whole_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() ? std::min(value, kSecondsMax * 1'000) : kSecondsMax * 1'000;
}

/// "36", "1.5", "0.25": milliseconds are kept, rounded up so that nobody comes too early.
std::optional<Milliseconds> decimal_seconds(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const auto seconds = whole_number(text.substr(0, point));
  if (!seconds) return std::nullopt;
  Milliseconds time(std::min(*seconds, kSecondsMax) * 1'000);
  if (point == text.size()) return time;
  const std::string_view decimals = text.substr(point + 1);
  if (!whole_number(decimals)) return std::nullopt;
  int64_t millis = 0;
  for (size_t place = 0; place < 3; ++place) {
    millis = millis * 10 + (place < decimals.size() ? decimals[place] - '0' : 0);
  }
  if (decimals.size() > 3 && decimals.find_first_not_of('0', 3) != std::string_view::npos) {
    ++millis;
  }
  return time + Milliseconds(millis);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT" and
/// "Sun Nov  6 08:49:37 1994" have the same parts in two orders.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  constexpr std::string_view kBetween = " ,-:";
  while (parts.size() < 10) {
    const size_t begin = text.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(kBetween), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return parts;
}

std::optional<unsigned> month_of(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto found = std::find(kMonths.begin(), kMonths.end(), name);
  if (found == kMonths.end()) return std::nullopt;
  return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

/// Two digits are a year of this century; RFC 9110 would have those more than 50 years ahead be
/// past, which no Retry-After means.
std::optional<int> year_of(std::string_view text) {
  const auto year = whole_number(text);
  if (!year || *year > 9'999) return std::nullopt;
  return static_cast<int>(text.size() == 2 ? 2'000 + *year : *year);
}

std::optional<WallTime> parse_http_date(std::string_view text) {
  const std::vector<std::string_view> parts = parts_of(text);
  const bool asctime = parts.size() == 7 && month_of(parts[1]);
  if (!asctime && (parts.size() != 8 || parts[7] != "GMT")) return std::nullopt;
  const auto month = month_of(parts[asctime ? 1 : 2]);
  const auto day = whole_number(parts[asctime ? 2 : 1]);
  const auto year = year_of(parts[asctime ? 6 : 3]);
  const size_t clock = asctime ? 3 : 4;
  const auto hour = whole_number(parts[clock]);
  const auto minute = whole_number(parts[clock + 1]);
  const auto second = whole_number(parts[clock + 2]);
  if (!month || !day || !year || !hour || !minute || !second) return std::nullopt;
  if (*day > 31 || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

}  // namespace

std::optional<Milliseconds> parse_retry_delay(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  return decimal_seconds(text.substr(0, text.size() - 1));
}

std::optional<Milliseconds> retry_after_of(const peer::AnswerHead& head, WallTime now) {
  const std::string exact = head.field("retry-after-ms");
  const std::string_view millis = trimmed(exact);
  if (const auto value = whole_number(millis.substr(0, millis.find('.')))) {
    return Milliseconds(*value);
  }
  const std::string field = head.field("retry-after");
  const std::string_view text = trimmed(field);
  if (const auto time = decimal_seconds(text)) return time;
  if (const auto date = parse_http_date(text)) return std::max(*date - now, Milliseconds(0));
  return std::nullopt;
}

}  // namespace taskfeed::llm
