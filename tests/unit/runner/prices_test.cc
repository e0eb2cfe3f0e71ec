/// What a call costs, to the nano-dollar.
#include "runner/prices.h"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace taskfeed::runner {
namespace {

using workflow::Usage;

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr ModelPrice kGpt4o{2'500'000'000, 1'250'000'000, 10'000'000'000};

TEST(PricesCost, IsByInputCachedInputAndOutput) {
  // 400 at 2.50, 600 at 1.25 and 200 at 10.00 dollars for a million: 0.00375 dollars.
  EXPECT_EQ(cost_of(kGpt4o, {.prompt = 1'000, .cached = 600, .completion = 200}), 3'750'000);
  EXPECT_EQ(format_dollars(3'750'000), "0.00375");
  EXPECT_EQ(cost_of(kGpt4o, {}), 0);
  EXPECT_EQ(cost_of(kGpt4o, {.prompt = 1'000'000}), 2'500'000'000);
  EXPECT_EQ(cost_of({}, {.prompt = 1'000, .completion = 200}), 0);
}

TEST(PricesCost, CountsReasoningOnce) {
  EXPECT_EQ(cost_of(kGpt4o, {.completion = 200, .reasoning = 150}),
            cost_of(kGpt4o, {.completion = 200}));
}

TEST(PricesCost, IsRoundedHalfUp) {
  EXPECT_EQ(cost_of({.input = 1}, {.prompt = 499'999}), 0);
  EXPECT_EQ(cost_of({.input = 1}, {.prompt = 500'000}), 1);
  EXPECT_EQ(cost_of({.input = 1}, {.prompt = 1'499'999}), 1);
  EXPECT_EQ(cost_of({.input = 250'000, .output = 250'000}, {.prompt = 1, .completion = 1}), 1);
}

TEST(PricesCost, DoesNotOverflow) {
  const ModelPrice dear{kMost, kMost, kMost};
  EXPECT_EQ(cost_of(dear, {.prompt = kMost, .cached = kMost, .completion = kMost}), kMost);
  EXPECT_EQ(cost_of({.input = kMost}, {.prompt = 1'000'000}), kMost);
  EXPECT_EQ(cost_of({.input = 1'000'000}, {.prompt = kMost}), kMost);
}

TEST(PricesCost, TakesNothingBelowZero) {
  EXPECT_EQ(cost_of({-5, -5, -5}, {.prompt = 1'000'000, .completion = 1'000'000}), 0);
  EXPECT_EQ(cost_of(kGpt4o, {.prompt = -5, .cached = 3, .completion = -5}), 0);
}

RC_GTEST_PROP(PricesCost, IsMoreForMore, ()) {
  const auto count = rc::gen::inRange<int64_t>(0, 1'000'000'000);
  const ModelPrice price{*count, *count, *count};
  const int64_t prompt = *count;
  const Usage usage{.prompt = prompt, .cached = prompt / 3, .completion = *count};
  Usage more = usage;
  more.prompt += *count;
  more.completion += *count;
  RC_ASSERT(cost_of(price, more) >= cost_of(price, usage));
}

TEST(PricesFound, AreThoseOfTheModelThatAnswered) {
  const std::vector<PriceRule> rules{{"house-small*", {1, 1, 1}}, {"house-*", {2, 2, 2}}};
  EXPECT_EQ(price_of(rules, "house-small-7", "house-large"), (ModelPrice{1, 1, 1}));
  EXPECT_EQ(price_of(rules, "house-large", "house-small"), (ModelPrice{2, 2, 2}));
}

TEST(PricesFound, AreThoseOfTheModelThatWasAskedForElse) {
  const std::vector<PriceRule> rules{{"house", {1, 1, 1}}};
  EXPECT_EQ(price_of(rules, "weights.gguf", "house"), (ModelPrice{1, 1, 1}));
  EXPECT_EQ(price_of(rules, "", "house"), (ModelPrice{1, 1, 1}));
  EXPECT_EQ(price_of({}, "weights.gguf", "gpt-4o"), kGpt4o);
}

TEST(PricesFound, AreTheOperatorsBeforeTheLists) {
  const std::vector<PriceRule> rules{{"gpt-4o", {1, 1, 1}}};
  EXPECT_EQ(price_of(rules, "gpt-4o-2024-08-06", "gpt-4o"), (ModelPrice{1, 1, 1}));
  EXPECT_EQ(price_of(rules, "gpt-4o-2024-08-06", ""), kGpt4o);
}

TEST(PricesFound, MayBeZeroWhichIsKnown) {
  EXPECT_EQ(price_of({{"*", {}}}, "llama", "llama"), ModelPrice());
  EXPECT_EQ(price_of({}, "llama", "llama"), std::nullopt);
  EXPECT_EQ(price_of({{"*", {}}}, "", ""), std::nullopt);
}

TEST(PricesList, KnowsDatedReleasesAndMakersPrefixes) {
  EXPECT_EQ(price_of({}, "gpt-4o-2024-11-20", ""), kGpt4o);
  EXPECT_EQ(price_of({}, "openai/gpt-4o", ""), kGpt4o);
  EXPECT_EQ(price_of({}, "gpt-4o-2024-05-13", "")->input, 5'000'000'000);
  EXPECT_EQ(price_of({}, "gpt-4o-mini-2024-07-18", "")->output, 600'000'000);
  EXPECT_EQ(price_of({}, "models/gemini-2.0-flash", "")->input, 100'000'000);
  EXPECT_EQ(price_of({}, "anthropic/claude-3.5-sonnet", "")->output, 15'000'000'000);
  EXPECT_EQ(price_of({}, "claude-3-5-sonnet-20241022", "")->output, 15'000'000'000);
  EXPECT_EQ(price_of({}, "gpt-4.1-nano", "")->cached_input, 25'000'000);
}

TEST(PricesList, KnowsNoNeighbours) {
  for (const std::string_view model :
       {"gpt-4o-audio-preview", "gpt-4o-mini-tts", "some/gpt-4o", "openai/gpt-4o:free", "gpt-4o-x",
        "gpt-oss-20b", "o3-pro", "gemini-2.5-flash-preview-tts", "GPT-4O"}) {
    EXPECT_EQ(price_of({}, model, ""), std::nullopt) << model;
  }
}

TEST(PricesList, NeverAsksMoreForCachedInput) {
  for (const PriceRule& rule : list_prices()) {
    EXPECT_LE(rule.price.cached_input, rule.price.input) << rule.pattern;
    EXPECT_GT(rule.price.cached_input, 0) << rule.pattern;
    EXPECT_GT(rule.price.output, rule.price.input) << rule.pattern;
  }
}

}  // namespace
}  // namespace taskfeed::runner
