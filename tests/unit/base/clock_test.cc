#include "base/clock.h"

#include <gtest/gtest.h>

#include "support/clock.h"

namespace taskfeed {
namespace {

int64_t milliseconds(std::string_view text) {
  return parse_rfc3339(text).value().time_since_epoch().count();
}

TEST(ClockRfc3339, WritesUtcWithMilliseconds) {
  EXPECT_EQ(format_rfc3339(WallTime(Milliseconds(0))), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(WallTime(Milliseconds(-1))), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(WallTime(Milliseconds(1'795'341'600'123))), "2026-11-22T10:00:00.123Z");
  EXPECT_EQ(format_rfc3339(WallTime(Milliseconds(951'782'400'000))), "2000-02-29T00:00:00.000Z");
}

TEST(ClockRfc3339, WritesATimeOutsideFourDigitYearsAsTheNearest) {
  EXPECT_EQ(format_rfc3339(WallTime::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(WallTime::min()), "0000-01-01T00:00:00.000Z");
}

TEST(ClockRfc3339, ReadsEveryFormOfTheStandard) {
  constexpr int64_t kTime = 1'795'341'600'000;
  EXPECT_EQ(milliseconds("2026-11-22T10:00:00Z"), kTime);
  EXPECT_EQ(milliseconds("2026-11-22t10:00:00z"), kTime);
  EXPECT_EQ(milliseconds("2026-11-22 10:00:00Z"), kTime);
  EXPECT_EQ(milliseconds("2026-11-22T12:30:00+02:30"), kTime);
  EXPECT_EQ(milliseconds("2026-11-21T23:00:00-11:00"), kTime);
  EXPECT_EQ(milliseconds("2026-11-22T10:00:00-00:00"), kTime);
  EXPECT_EQ(milliseconds("2026-11-22T10:00:00.1Z"), kTime + 100);
  EXPECT_EQ(milliseconds("2026-11-22T10:00:00.12Z"), kTime + 120);
  EXPECT_EQ(milliseconds("2026-11-22T10:00:00.123456789Z"), kTime + 123);
  EXPECT_EQ(milliseconds("2026-11-22T09:59:60Z"), kTime);
}

TEST(ClockRfc3339, RefusesWhatIsNoSuchTime) {
  for (const std::string_view text : {"",
                                      "now",
                                      "2026-11-22",
                                      "2026-11-22T10:00:00",
                                      "2026-11-22T10:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-11-31T00:00:00Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T10:60:00Z",
                                      "2026-11-22T10:00:61Z",
                                      "2026-11-22T10:00:00.Z",
                                      "2026-11-22T10:00:00.1234567890Z",
                                      "2026-11-22T10:00:00,5Z",
                                      "2026-11-22T10:00:00+2:00",
                                      "2026-11-22T10:00:00+24:00",
                                      "2026-11-22T10:00:00+02:60",
                                      "2026-11-22T10:00:00Zz",
                                      " 2026-11-22T10:00:00Z",
                                      "+026-11-22T10:00:00Z",
                                      "2026-1-22T10:00:00Z",
                                      "26-11-22T10:00:00Z",
                                      "2026-11-22T10:00:00+0200"}) {
    EXPECT_FALSE(parse_rfc3339(text).ok()) << text;
  }
  EXPECT_NE(parse_rfc3339("yesterday").error().text.find("yesterday"), std::string::npos);
}

TEST(ClockRfc3339, ReadsBackWhatItWrites) {
  for (int64_t time = -4'000'000'000'000; time < 8'000'000'000'000; time += 12'345'678'901) {
    EXPECT_EQ(milliseconds(format_rfc3339(WallTime(Milliseconds(time)))), time);
  }
}

TEST(ClockSystem, MonotonicTimeNeverGoesBack) {
  const SystemClock clock;
  const MonoTime before = clock.mono();
  EXPECT_LE(before, clock.mono());
  EXPECT_GT(clock.wall().time_since_epoch().count(), 1'600'000'000'000);
}

TEST(ClockManual, MovesOnlyWhenTold) {
  testing::ManualClock clock;
  const WallTime wall = clock.wall();
  const MonoTime mono = clock.mono();
  EXPECT_EQ(format_rfc3339(wall), "2026-11-22T10:00:00.000Z");
  clock.advance(Milliseconds(250));
  EXPECT_EQ(clock.wall() - wall, Milliseconds(250));
  EXPECT_EQ(clock.mono() - mono, Milliseconds(250));
  clock.set_wall(WallTime(Milliseconds(0)));
  EXPECT_EQ(clock.mono() - mono, Milliseconds(250));
}

}  // namespace
}  // namespace taskfeed
