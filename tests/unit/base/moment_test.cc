#include <gtest/gtest.h>

#include "base/clock.h"

namespace taskfeed {
namespace {

const WallTime kNow = parse_rfc3339("2026-11-22T10:00:00Z").value();

TEST(Moment, IsATimeSecondsOrAnAge) {
  const struct {
    std::string_view text;
    std::string_view time;
    bool is_age;
  } cases[] = {{"2026-11-22T09:00:00.5Z", "2026-11-22T09:00:00.500Z", false},
               {"2026-11-22 10:00:00+01:00", "2026-11-22T09:00:00.000Z", false},
               {"2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000Z", false},
               {"0", "1970-01-01T00:00:00.000Z", false},
               {"1795341600", "2026-11-22T10:00:00.000Z", false},
               {"253402300799", "9999-12-31T23:59:59.000Z", false},
               {"10m", "2026-11-22T09:50:00.000Z", true},
               {"1d2h", "2026-11-21T08:00:00.000Z", true},
               {"0s", "2026-11-22T10:00:00.000Z", true}};
  for (const auto& [text, time, is_age] : cases) {
    const Result<Moment> moment = parse_moment(text, kNow);
    ASSERT_TRUE(moment.ok()) << text;
    EXPECT_EQ(format_rfc3339(moment->time), time) << text;
    EXPECT_EQ(moment->is_age, is_age) << text;
  }
}

TEST(Moment, RefusesAnythingElseAndNamesTheForms) {
  for (const std::string_view text :
       {"", "yesterday", "-10m", "+10m", "10 m", "1.5s", "1e3", "2026-11-22", "10:00", " 10m",
        "253402300800", "1795341600000", "99999999999999999999999"}) {
    const Result<Moment> moment = parse_moment(text, kNow);
    ASSERT_FALSE(moment.ok()) << text;
    EXPECT_EQ(moment.error().code, Errc::kInvalid) << text;
    EXPECT_NE(moment.error().text.find("'" + std::string(text) + "'"), std::string::npos)
        << moment.error().text;
    EXPECT_NE(moment.error().text.find("seconds"), std::string::npos) << moment.error().text;
  }
}

}  // namespace
}  // namespace taskfeed
