#include "cmd/looks.h"

#include <map>

#include <gtest/gtest.h>

namespace taskfeed::cmd {
namespace {

Looks looks_in(std::map<std::string, std::string> variables, ColorChoice color) {
  Globals globals;
  globals.color = color;
  TextOutput out;
  const Environment environment{
      [&variables](std::string_view name) { return variables[std::string(name)]; }};
  return looks_for(globals, out, environment);
}

TEST(LooksLocale, IsUtf8WhereTheFirstOfThreeVariablesSaysSo) {
  EXPECT_TRUE(looks_in({{"LANG", "de_DE.UTF-8"}}, ColorChoice::kAuto).utf8);
  EXPECT_TRUE(looks_in({{"LANG", "C"}, {"LC_CTYPE", "C.utf8"}}, ColorChoice::kAuto).utf8);
  EXPECT_FALSE(looks_in({{"LANG", "C.UTF-8"}, {"LC_ALL", "C"}}, ColorChoice::kAuto).utf8);
  EXPECT_FALSE(looks_in({}, ColorChoice::kAuto).utf8);
}

TEST(LooksColour, IsOffInAPipeUnlessForced) {
  EXPECT_FALSE(looks_in({}, ColorChoice::kAuto).color);
  EXPECT_TRUE(looks_in({}, ColorChoice::kAlways).color);
  EXPECT_FALSE(looks_in({}, ColorChoice::kNever).color);
}

TEST(LooksColour, PaintsEveryToneButThePlainOne) {
  const Looks colour{.color = true};
  EXPECT_EQ(paint("x", Tone::kPlain, colour), "x");
  EXPECT_EQ(paint("x", Tone::kStarted, colour), "\x1b[34mx\x1b[0m");
  EXPECT_EQ(paint("x", Tone::kCompleted, colour), "\x1b[32mx\x1b[0m");
  EXPECT_EQ(paint("x", Tone::kFailed, colour), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(paint("x", Tone::kBudget, colour), "\x1b[33mx\x1b[0m");
  EXPECT_EQ(paint("x", Tone::kHalted, colour), "\x1b[35mx\x1b[0m");
  EXPECT_EQ(paint("x", Tone::kFailed, {.color = false}), "x");
}

TEST(LooksNumbers, ShortenDurations) {
  EXPECT_EQ(short_duration(-5), "0ms");
  EXPECT_EQ(short_duration(350), "350ms");
  EXPECT_EQ(short_duration(1'840), "1.8s");
  EXPECT_EQ(short_duration(59'949), "59.9s");
  EXPECT_EQ(short_duration(59'950), "1m00s");
  EXPECT_EQ(short_duration(59'999), "1m00s");
  EXPECT_EQ(short_duration(60'999), "1m00s");
  EXPECT_EQ(short_duration(125'000), "2m05s");
  EXPECT_EQ(short_duration(3'725'000), "1h02m");
}

TEST(LooksNumbers, CountElapsedTimeInSeconds) {
  EXPECT_EQ(elapsed_time(Milliseconds(-5)), "0s");
  EXPECT_EQ(elapsed_time(Milliseconds(5'999)), "5s");
  EXPECT_EQ(elapsed_time(Milliseconds(65'000)), "1m05s");
}

TEST(LooksNumbers, ShowMoneyAsFarAsItSaysSomething) {
  EXPECT_EQ(short_dollars(0), "$0.00");
  EXPECT_EQ(short_dollars(4'100'000), "$0.0041");
  EXPECT_EQ(short_dollars(4'149'999), "$0.0041");
  EXPECT_EQ(short_dollars(500'000'000), "$0.50");
  EXPECT_EQ(short_dollars(512'000'000), "$0.5120");
  EXPECT_EQ(short_dollars(4'000'000), "$0.0040");
  EXPECT_EQ(short_dollars(250'000'000), "$0.25");
  EXPECT_EQ(short_dollars(12'345'678'901), "$12.35");
  EXPECT_EQ(short_dollars(999'999'999), "$1.00");
  EXPECT_EQ(short_dollars(49'999), "<$0.0001");
  EXPECT_EQ(short_dollars(-1'500'000'000), "-$1.50");
}

TEST(LooksNumbers, ShortenCounts) {
  EXPECT_EQ(short_count(310), "310");
  EXPECT_EQ(short_count(1'234), "1.2k");
  EXPECT_EQ(short_count(999'949), "999.9k");
  EXPECT_EQ(short_count(3'400'000), "3.4M");
}

TEST(LooksLine, EndsAtTheFirstLineBreakAndSaysSo) {
  const Looks utf8{.utf8 = true};
  EXPECT_EQ(one_line("one\ntwo", 100, utf8), "one…");
  EXPECT_EQ(one_line("one\n", 100, utf8), "one");
  EXPECT_EQ(one_line("one\ntwo", 100, {.utf8 = false}), "one...");
}

TEST(LooksLine, IsNeverCutWithinACharacter) {
  EXPECT_EQ(one_line("aé", 2, {.utf8 = true}), "a…");
}

TEST(LooksTime, IsThatOfTheZoneOrUtc) {
  const WallTime time = parse_rfc3339("2026-11-22T12:03:04.007Z").value();
  EXPECT_EQ(clock_time(time, true), "12:03:04.007");
  EXPECT_EQ(table_time(time, true), "2026-11-22 12:03:04");
}

}  // namespace
}  // namespace taskfeed::cmd
