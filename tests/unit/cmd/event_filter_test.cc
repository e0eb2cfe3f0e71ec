#include "cmd/event_filter.h"

#include <gtest/gtest.h>

#include "support/clock.h"

namespace taskfeed::cmd {
namespace {

using Verdict = EventFilter::Verdict;

const WallTime kNow = testing::ManualClock().wall();  // 10 o'clock

EventFilter filter(const FilterArgs& args) {
  return read_filter(args, kNow).value();
}
std::string at(std::string_view time) {
  return R"({"timestamp":"2026-11-22T)" + std::string(time) + R"(Z","text":"Grüße","n":17})";
}

TEST(EventFilterTime, KeepsWhatLiesBetween) {
  const EventFilter between = filter({.since = "10m", .until = "2026-11-22T09:55:00Z"});
  EXPECT_EQ(between.judge("t", at("09:49:59.999")), Verdict::kPassedOver);
  EXPECT_EQ(between.judge("t", at("09:50:00")), Verdict::kWanted);
  EXPECT_EQ(between.judge("t", at("09:55:00")), Verdict::kWanted);
  EXPECT_EQ(between.judge("t", at("09:55:00.001")), Verdict::kLater);
  EXPECT_EQ(between.judge("t", "{}"), Verdict::kWanted);
}

TEST(EventFilterTime, TakesUnixSeconds) {
  EXPECT_EQ(filter({.since = "1795341600"}).since, kNow);
}

TEST(EventFilterTime, RefusesWhatIsNoneByItsOption) {
  const Result<EventFilter> since = read_filter({.since = "soon"}, kNow);
  ASSERT_FALSE(since.ok());
  EXPECT_TRUE(since.error().text.starts_with("--since: 'soon' is no time")) << since.error().text;
  const Result<EventFilter> until = read_filter({.until = "\xff"}, kNow);
  ASSERT_FALSE(until.ok());
  EXPECT_TRUE(until.error().text.starts_with("--until ")) << until.error().text;
  EXPECT_FALSE(read_filter({.since = "5m", .until = "10m"}, kNow).ok());
}

TEST(EventFilterGrep, LooksIntoTheJson) {
  const std::string json = at("10:00:00");
  EXPECT_EQ(filter({.grep = R"("n":1\d)"}).judge("t", json), Verdict::kWanted);
  EXPECT_EQ(filter({.grep = "grüße"}).judge("t", json), Verdict::kPassedOver);
  EXPECT_EQ(filter({.grep = "(?i)GRÜSSE|GRÜßE"}).judge("t", json), Verdict::kWanted);
  EXPECT_EQ(filter({.grep = "^.timestamp"}).judge("t", json), Verdict::kPassedOver);
  EXPECT_EQ(filter({.grep = ""}).judge("t", json), Verdict::kWanted);
  EXPECT_EQ(filter({.types = "u", .grep = "n"}).judge("t", json), Verdict::kPassedOver);
}

TEST(EventFilterGrep, NamesWhatIsWrongAndWhere) {
  const struct {
    std::string pattern, reason;
  } rows[] = {{"ab(c", "missing ): ab(c (at character 1)"},
              {"ü[z-a]", "invalid character class range: z-a (at character 3)"},
              {"a**", "bad repetition operator: ** (at character 2)"},
              {R"(ab\q)", R"(invalid escape sequence: \q (at character 3))"},
              {"a\xff", "invalid UTF-8"}};
  for (const auto& [pattern, reason] : rows) {
    const Result<EventFilter> refused = read_filter({.grep = pattern}, kNow);
    ASSERT_FALSE(refused.ok()) << pattern;
    EXPECT_EQ(refused.error().code, Errc::kInvalid);
    EXPECT_TRUE(refused.error().text.starts_with("--grep '")) << refused.error().text;
    EXPECT_TRUE(refused.error().text.ends_with(reason)) << refused.error().text;
  }
}

TEST(EventFilterOptions, AreTakenBackByAShell) {
  EXPECT_EQ(filter({}).options(true), "");
  EXPECT_EQ(filter({.types = "a*", .exclude = "b", .since = "10m", .grep = "it's"}).options(true),
            R"( --types 'a*' --exclude b --since 2026-11-22T09:50:00.000Z --grep 'it'\''s')");
  EXPECT_EQ(filter({.since = "10m", .until = "1795341600"}).options(false),
            " --until 2026-11-22T10:00:00.000Z");
}

}  // namespace
}  // namespace taskfeed::cmd
