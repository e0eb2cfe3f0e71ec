#include <gtest/gtest.h>

#include "base/clock.h"

namespace taskfeed {
namespace {

TEST(Duration, ReadsUnitsAndSums) {
  const struct {
    std::string_view text;
    int64_t milliseconds;
  } cases[] = {{"0", 0},
               {"0s", 0},
               {"250ms", 250},
               {"30s", 30'000},
               {"10m", 600'000},
               {"2h", 7'200'000},
               {"1d", 86'400'000},
               {"1m30s", 90'000},
               {"1d2h3m4s5ms", 93'784'005},
               {"1h500ms", 3'600'500},
               {"3650d", 315'360'000'000},
               {"007s", 7'000},
               {"90s", 90'000},
               {"1m0s", 60'000}};
  for (const auto& [text, milliseconds] : cases) {
    ASSERT_TRUE(parse_duration(text).ok()) << text;
    EXPECT_EQ(parse_duration(text).value().count(), milliseconds) << text;
  }
}

TEST(Duration, RefusesWhatIsNotExactlyThatAndNamesIt) {
  for (const std::string_view text : {"",
                                      "1",
                                      "10",
                                      "00",
                                      "s",
                                      "ms",
                                      "-1s",
                                      "+1s",
                                      "1.5s",
                                      "1 s",
                                      " 1s",
                                      "1s ",
                                      "1S",
                                      "1sec",
                                      "1w",
                                      "1m1m",
                                      "30s1m",
                                      "1ms1s",
                                      "1s1",
                                      "3650d1ms",
                                      "3651d",
                                      "87601h",
                                      "315360000001ms",
                                      "99999999999999999999s",
                                      "9223372036854775808ms",
                                      "1\xC2\xB5s",
                                      "0x1s"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, Errc::kInvalid);
    EXPECT_NE(parsed.error().text.find("'" + std::string(text) + "'"), std::string::npos) << text;
  }
}

TEST(Duration, WritesTheFormThatItReads) {
  EXPECT_EQ(format_duration(Milliseconds(0)), "0s");
  EXPECT_EQ(format_duration(Milliseconds(90'000)), "1m30s");
  EXPECT_EQ(format_duration(Milliseconds(3'600'500)), "1h500ms");
  EXPECT_EQ(format_duration(Milliseconds(-1'500)), "-1s500ms");
  for (int64_t count = 1; count < 315'360'000'000; count = count * 7 + 3) {
    const Milliseconds duration(count);
    EXPECT_EQ(parse_duration(format_duration(duration)).value(), duration);
  }
}

TEST(Duration, WritesTheShortestTimeThatThereIs) {
  EXPECT_EQ(format_duration(Milliseconds::min()).front(), '-');
}

}  // namespace
}  // namespace taskfeed
