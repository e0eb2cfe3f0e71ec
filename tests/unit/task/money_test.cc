/// Money is exact inside, and survives the way through text and JSON.
#include "task/money.h"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace taskfeed {
namespace {

constexpr NanoDollars kLeast = std::numeric_limits<NanoDollars>::min();
constexpr NanoDollars kMost = std::numeric_limits<NanoDollars>::max();
constexpr NanoDollars kReadMax = 9'000'000'000 * kNanoDollarsPerDollar;
constexpr NanoDollars kJsonExactMax = 4'000'000 * kNanoDollarsPerDollar;

TEST(MoneyText, HasAtLeastOneDigitOnEachSideOfThePoint) {
  EXPECT_EQ(format_dollars(0), "0.0");
  EXPECT_EQ(format_dollars(4'100'000), "0.0041");
  EXPECT_EQ(format_dollars(1), "0.000000001");
  EXPECT_EQ(format_dollars(-1), "-0.000000001");
  EXPECT_EQ(format_dollars(kNanoDollarsPerDollar), "1.0");
  EXPECT_EQ(format_dollars(12 * kNanoDollarsPerDollar + 500'000'000), "12.5");
  EXPECT_EQ(format_dollars(-12 * kNanoDollarsPerDollar - 50), "-12.00000005");
}

TEST(MoneyText, WritesTheLeastAndTheMostThatThereIs) {
  EXPECT_EQ(format_dollars(kMost), "9223372036.854775807");
  EXPECT_EQ(format_dollars(kLeast), "-9223372036.854775808");
}

TEST(MoneyText, IsReadWithAndWithoutDecimals) {
  EXPECT_EQ(parse_dollars("0"), 0);
  EXPECT_EQ(parse_dollars("-0"), 0);
  EXPECT_EQ(parse_dollars("3"), 3 * kNanoDollarsPerDollar);
  EXPECT_EQ(parse_dollars("007"), 7 * kNanoDollarsPerDollar);
  EXPECT_EQ(parse_dollars("0.5"), 500'000'000);
  EXPECT_EQ(parse_dollars("0.50"), 500'000'000);
  EXPECT_EQ(parse_dollars("0.000000001"), 1);
  EXPECT_EQ(parse_dollars("-1.25"), -1'250'000'000);
}

TEST(MoneyText, EndsAtNineBillionDollars) {
  EXPECT_EQ(parse_dollars("9000000000"), kReadMax);
  EXPECT_EQ(parse_dollars("-9000000000.0"), -kReadMax);
  EXPECT_FALSE(parse_dollars("9000000000.000000001"));
  EXPECT_FALSE(parse_dollars("-9000000000.000000001"));
  EXPECT_FALSE(parse_dollars("9000000001"));
  EXPECT_FALSE(parse_dollars("99999999999999999999999999999999"));
}

TEST(MoneyText, IsRefusedWhereItIsNoAmount) {
  for (const std::string_view text :
       {"", "-", ".", ".5", "1.", "1.0000000001", "1e3", "1,5", "+1", "--1", "$1", " 1", "1 ",
        "1.5.5", "0x10", "nan", "inf", "1.-5", "1.5-"}) {
    EXPECT_FALSE(parse_dollars(text)) << '"' << text << '"';
  }
}

RC_GTEST_PROP(MoneyProperties, WhatIsWrittenIsReadBack, ()) {
  const auto amount = *rc::gen::inRange<NanoDollars>(-kReadMax, kReadMax);
  RC_ASSERT(parse_dollars(format_dollars(amount)) == amount);
}

RC_GTEST_PROP(MoneyProperties, AnyTextIsReadOrRefused, ()) {
  const auto text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("0123459.-+e ")));
  if (const auto amount = parse_dollars(text)) {
    RC_ASSERT(parse_dollars(format_dollars(*amount)) == amount);
  }
}

RC_GTEST_PROP(MoneyProperties, JsonKeepsEveryNanoDollarBelowFourMillion, ()) {
  const auto amount = *rc::gen::inRange<NanoDollars>(-kJsonExactMax, kJsonExactMax);
  const Json written = parse_json(dump_json(dollars_to_json(amount))).value();
  RC_ASSERT(dollars_from_json(&written) == amount);
}

TEST(MoneyJson, PrintsTheDecimalsThatAPersonWouldWrite) {
  EXPECT_EQ(dump_json(dollars_to_json(4'100'000)), "0.0041");
  EXPECT_EQ(dump_json(dollars_to_json(0)), "0.0");
  EXPECT_EQ(dump_json(dollars_to_json(300'000'000)), "0.3");
}

TEST(MoneyJson, TakesWholeNumbersAndRoundsToTheNearest) {
  const Json whole = 2;
  EXPECT_EQ(dollars_from_json(&whole), 2 * kNanoDollarsPerDollar);
  const Json half_up = 0.0000000016;
  EXPECT_EQ(dollars_from_json(&half_up), 2);
  const Json tiny = 1e-12;
  EXPECT_EQ(dollars_from_json(&tiny), 0);
}

TEST(MoneyJson, ReadsNothingFromWhatIsNoAmount) {
  EXPECT_EQ(dollars_from_json(nullptr), 0);
  for (const Json& json :
       {Json(nullptr), Json("1.5"), Json(true), Json::array({1}),
        Json(std::numeric_limits<double>::infinity()),
        Json(std::numeric_limits<double>::quiet_NaN()), Json(9.1e9), Json(-9.1e9), Json(1e300)}) {
    EXPECT_EQ(dollars_from_json(&json), 0) << json;
  }
}

}  // namespace
}  // namespace taskfeed
