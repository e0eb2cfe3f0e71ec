/// How text looks: colour or not, UTF-8 or ASCII, and in which form times stand.
///
/// Threads  Values; pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "globals.h"
#include "output.h"
#include "task/money.h"

namespace taskfeed::cmd {

struct Looks {
  bool color = false;
  bool utf8 = true;
  bool terminal = false;  ///< Somebody looks: chunks of text flow.
  size_t columns = 0;     ///< Of the terminal, into which lines are fitted; 0: as long as they are.
  TimeStyle time = TimeStyle::kClock;
  bool utc = false;
  bool timestamps = false;  ///< Each line has its time, also where a text flows.
};

/// What suits `out`; UTF-8 where the locale of LC_ALL, LC_CTYPE or LANG says so.
Looks looks_for(const Globals& globals, const Output& out, const Environment& environment);

/// `looks` with timestamps: date and time, where --time says nothing else.
Looks with_timestamps(Looks looks, const Globals& globals);

/// started blue, completed green, failed red, budget yellow, paused and cancelled magenta.
enum class Tone { kPlain, kStarted, kCompleted, kFailed, kBudget, kHalted, kDim };
std::string paint(std::string_view text, Tone tone, const Looks& looks);

/// "1.8s", "350ms", "2m05s".
std::string short_duration(int64_t milliseconds);
/// "5s", "2m05s", "1h02m": of something that still goes on.
std::string elapsed_time(Milliseconds time);
/// "$0.0041", "$0.50", "$12.30": two decimals; four, below a dollar, where they say something.
std::string short_dollars(NanoDollars amount);
/// "310", "1.2k", "3.4M".
std::string short_count(int64_t count);
/// "12:03:04.512" of the local time zone, or of UTC.
std::string clock_time(WallTime time, bool utc);
/// "2026-11-22 12:03:04", for tables.
std::string table_time(WallTime time, bool utc);
/// JSON text with what escape_controls() escapes as \uXXXX: the same JSON, harmless on a terminal.
std::string json_for_terminal(std::string_view json);
/// One line of text from outside: controls escaped, cut at `bytes_max` with an ellipsis.
std::string one_line(std::string_view text, size_t bytes_max, const Looks& looks);

}  // namespace taskfeed::cmd
