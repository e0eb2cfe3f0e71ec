/// How long a server asks to be left alone, in each form.
#include "llm/retry_after.h"

#include <gtest/gtest.h>

namespace taskfeed::llm {
namespace {

using Fields = std::map<std::string, std::string>;

std::optional<Milliseconds> after(Fields fields) {
  peer::AnswerHead head;
  head.fields = std::move(fields);
  return retry_after_of(head, parse_rfc3339("1994-11-06T08:49:07Z").value());
}
std::optional<Milliseconds> after(const std::string& value) {
  return after(Fields{{"retry-after", value}});
}

TEST(RetryAfter, IsInSeconds) {
  EXPECT_EQ(after("0"), Milliseconds(0));
  EXPECT_EQ(after("7"), Milliseconds(7'000));
  EXPECT_EQ(after(" 7 "), Milliseconds(7'000));
  EXPECT_EQ(after("0.25"), Milliseconds(250));
  EXPECT_EQ(after("1.0001"), Milliseconds(1'001));
}

TEST(RetryAfter, IsADateInEachForm) {
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:49:37 GMT"), Milliseconds(30'000));
  EXPECT_EQ(after("Sun Nov  6 08:49:37 1994"), Milliseconds(30'000));
  EXPECT_EQ(after("Sunday, 06-Nov-94 08:49:37 GMT").value() % std::chrono::hours(24),
            Milliseconds(30'000));
}

TEST(RetryAfter, InThePastIsNow) {
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:49:06 GMT"), Milliseconds(0));
  EXPECT_EQ(after("Thu, 01 Jan 0001 00:00:00 GMT"), Milliseconds(0));
}

TEST(RetryAfter, IsMoreExactInMilliseconds) {
  EXPECT_EQ(after(Fields{{"retry-after", "1"}, {"retry-after-ms", "250"}}), Milliseconds(250));
  EXPECT_EQ(after(Fields{{"retry-after", "1"}, {"retry-after-ms", "250.7"}}), Milliseconds(250));
  EXPECT_EQ(after(Fields{{"retry-after", "1"}, {"retry-after-ms", "soon"}}), Milliseconds(1'000));
}

TEST(RetryAfter, IsNothingWhereItCannotBeRead) {
  EXPECT_EQ(after(Fields{}), std::nullopt);
  for (const std::string text :
       {"", " ", "-1", "soon", "1e3", "1.", ".5", "0x10", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994",
        "Sun, 06 Nov 19940 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT", "Sun Xov  6 08:49:37 1994",
        "Sun, 99 Nov 1994 08:49:37 GMT", "a b c d e f g h i j k"}) {
    EXPECT_EQ(after(text), std::nullopt) << text;
  }
}

TEST(RetryAfter, DoesNotOverflow) {
  const auto ages = std::chrono::hours(24) * 3'000;
  EXPECT_GT(after("99999999999999999999999999").value(), ages);
  EXPECT_GT(after(Fields{{"retry-after-ms", "99999999999999999999999999"}}).value(), ages);
  EXPECT_GT(parse_retry_delay("9223372036854775807s").value(), ages);
}

TEST(RetryDelay, IsAProtobufDuration) {
  EXPECT_EQ(parse_retry_delay("36s"), Milliseconds(36'000));
  EXPECT_EQ(parse_retry_delay("1.500s"), Milliseconds(1'500));
  EXPECT_EQ(parse_retry_delay("0.000001s"), Milliseconds(1));
  for (const std::string_view text : {"", "s", "36", "-1s", "36ms", "1,5s"}) {
    EXPECT_EQ(parse_retry_delay(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace taskfeed::llm
