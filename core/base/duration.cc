#include <algorithm>
#include <array>
#include <cstdint>

#include "base/clock.h"

namespace taskfeed {
namespace {

struct Unit {
  std::string_view name;
  int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
/// Ten years: beyond it a duration is a mistake in the unit.
constexpr int64_t kMost = 3650LL * 86'400'000;

Error refused(std::string_view text, std::string_view why) {
  return {Errc::kInvalid, "'" + std::string(text.substr(0, 64)) + "' is no duration: " +
                              std::string(why) + ", as in 250ms, 30s or 1m30s"};
}

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return Milliseconds(0);
  if (text.empty()) return refused(text, "write a number and a unit");
  std::string_view rest = text;
  int64_t total = 0;
  size_t next_unit = 0;  // Units come largest first, each once: "30s1m" is a slip of the pen.
  while (!rest.empty()) {
    const size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    if (digits == 0) return refused(text, "write a whole number and a unit");
    int64_t count = 0;
    for (const char digit : rest.substr(0, digits)) {
      count = count * 10 + (digit - '0');
      if (count > kMost) return refused(text, "it is over 3650d");
    }
    rest.remove_prefix(digits);
    const size_t letters = std::min(rest.find_first_of("0123456789"), rest.size());
    const std::string_view name = rest.substr(0, letters);
    while (next_unit < kUnits.size() && kUnits[next_unit].name != name) ++next_unit;
    if (next_unit == kUnits.size()) {
      return refused(text, "units are d, h, m, s and ms, the largest first");
    }
    const int64_t scale = kUnits[next_unit++].milliseconds;
    if (count > (kMost - total) / scale) return refused(text, "it is over 3650d");
    total += count * scale;
    rest.remove_prefix(letters);
  }
  return Milliseconds(total);
}

std::string format_duration(Milliseconds duration) {
  int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string out;
  if (rest < 0) out += '-';
  for (const Unit& unit : kUnits) {
    const int64_t count = rest / unit.milliseconds;
    rest %= unit.milliseconds;
    if (count == 0) continue;
    out += std::to_string(count < 0 ? -static_cast<uint64_t>(count) : static_cast<uint64_t>(count));
    out += unit.name;
  }
  return out;
}

}  // namespace taskfeed
