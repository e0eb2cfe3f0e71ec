#include "looks.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <ctime>

#include "base/text.h"
#include "base/utf8.h"

namespace taskfeed::cmd {
namespace {

bool is_utf8_locale(const Environment& environment) {
  std::string locale = environment.get("LC_ALL");
  if (locale.empty()) locale = environment.get("LC_CTYPE");
  if (locale.empty()) locale = environment.get("LANG");
  std::transform(locale.begin(), locale.end(), locale.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
}

std::string formatted(const char* format, double number, const char* unit) {
  char text[32];
  std::snprintf(text, sizeof text, format, number, unit);
  return text;
}

tm broken_down(WallTime time, bool utc) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  tm parts{};
  if (utc)
    ::gmtime_r(&seconds, &parts);
  else
    ::localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

Looks looks_for(const Globals& globals, const Output& out, const Environment& environment) {
  Looks looks;
  looks.terminal = out.is_terminal();
  looks.columns = out.columns().value_or(0);
  looks.color = globals.color == ColorChoice::kAlways ||
                (globals.color == ColorChoice::kAuto && looks.terminal);
  looks.utf8 = is_utf8_locale(environment);
  looks.time = globals.time;
  looks.utc = globals.utc;
  return looks;
}

Looks with_timestamps(Looks looks, const Globals& globals) {
  looks.timestamps = true;
  if (!globals.time_chosen) looks.time = TimeStyle::kIso;
  return looks;
}

std::string paint(std::string_view text, Tone tone, const Looks& looks) {
  // ECMA-48, SGR.
  std::string_view code;
  switch (tone) {
    case Tone::kPlain:
      break;
    case Tone::kStarted:
      code = "34";
      break;
    case Tone::kCompleted:
      code = "32";
      break;
    case Tone::kFailed:
      code = "31";
      break;
    case Tone::kBudget:
      code = "33";
      break;
    case Tone::kHalted:
      code = "35";
      break;
    case Tone::kDim:
      code = "2";
      break;
  }
  if (!looks.color || code.empty()) return std::string(text);
  return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
}

std::string short_duration(int64_t milliseconds) {
  if (milliseconds < 0) milliseconds = 0;
  if (milliseconds < 1'000) return std::to_string(milliseconds) + "ms";
  constexpr int64_t kRoundsToAMinute = 59'950;
  if (milliseconds < kRoundsToAMinute) return formatted("%.1f%s", milliseconds / 1e3, "s");
  const int64_t seconds = std::max<int64_t>(milliseconds / 1'000, 60);
  char text[48];
  if (seconds < 3'600) {
    std::snprintf(text, sizeof text, "%dm%02ds", static_cast<int>(seconds / 60),
                  static_cast<int>(seconds % 60));
  } else {
    std::snprintf(text, sizeof text, "%lldh%02dm", static_cast<long long>(seconds / 3'600),
                  static_cast<int>(seconds / 60 % 60));
  }
  return text;
}

std::string elapsed_time(Milliseconds time) {
  const int64_t seconds = std::max<int64_t>(time.count(), 0) / 1'000;
  if (seconds < 60) return std::to_string(seconds) + "s";
  return short_duration(seconds * 1'000);
}

std::string short_dollars(NanoDollars amount) {
  constexpr NanoDollars kLeastShown = 100'000;  // A hundredth of a cent.
  const bool negative = amount < 0;
  const NanoDollars size = negative ? -amount : amount;
  if (size > 0 && size < kLeastShown / 2) return "<$0.0001";
  const NanoDollars unit = size < kNanoDollarsPerDollar ? kLeastShown : 100 * kLeastShown;
  std::string text = format_dollars((size + unit / 2) / unit * unit);
  const size_t decimals = text.size() - text.find('.') - 1;
  const size_t shown = decimals <= 2 ? 2 : 4;
  text.append(shown - decimals, '0');
  return (negative ? "-$" : "$") + text;
}

std::string short_count(int64_t count) {
  if (count < 1'000) return std::to_string(count);
  if (count < 999'950) return formatted("%.1f%s", count / 1e3, "k");
  return formatted("%.1f%s", count / 1e6, "M");
}

std::string clock_time(WallTime time, bool utc) {
  const tm parts = broken_down(time, utc);
  const auto fraction = time - std::chrono::floor<std::chrono::seconds>(time);
  char text[48];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(fraction.count()));
  return text;
}

std::string table_time(WallTime time, bool utc) {
  const tm parts = broken_down(time, utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string json_for_terminal(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const Utf8Step step = utf8_step(json);
    const std::string_view character = json.substr(0, step.size);
    const bool harmless = escape_controls(character) == character;
    if (harmless) {
      out += character;
    } else {
      char escaped[8];  // What is escaped lies in the Basic Multilingual Plane.
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(step.code_point));
      out += escaped;
    }
    json.remove_prefix(step.size);
  }
  return out;
}

std::string one_line(std::string_view text, size_t bytes_max, const Looks& looks) {
  const size_t end = text.find_first_of("\r\n");
  const bool more_lines = end != std::string_view::npos &&
                          text.find_first_not_of("\r\n", end) != std::string_view::npos;
  const std::string_view first = text.substr(0, end);
  const std::string_view cut = utf8_prefix(first, bytes_max);
  std::string line = escape_controls(to_utf8(cut));
  if (more_lines || cut.size() < first.size()) line += looks.utf8 ? "…" : "...";
  return line;
}

}  // namespace taskfeed::cmd
