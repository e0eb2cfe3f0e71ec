/// Budgets: their JSON, which of two is the tighter, and how far one is used up.
#include "workflow/budget.h"

#include <gtest/gtest.h>

namespace taskfeed::workflow {
namespace {

constexpr NanoDollars kCent = kNanoDollarsPerDollar / 100;

Result<Budget> read(std::string_view text) {
  return budget_from_json(parse_json(text).value());
}

Budget full() {
  return {.usd = 50 * kCent,
          .tokens = 100'000,
          .steps = 20,
          .model_calls = 30,
          .wall_time = Milliseconds(600'000)};
}

TEST(BudgetJson, IsReadBackAsItWasWritten) {
  EXPECT_EQ(dump_json(budget_to_json(full())),
            R"({"usd":0.5,"tokens":100000,"steps":20,"model_calls":30,"wall_time":"10m"})");
  EXPECT_EQ(budget_from_json(budget_to_json(full())).value(), full());
  EXPECT_EQ(budget_from_json(budget_to_json({})).value(), Budget{});
  EXPECT_EQ(dump_json(budget_to_json({})), "{}");
}

TEST(BudgetJson, TakesWholeDollars) {
  EXPECT_EQ(read(R"({"usd":2})").value().usd, 200 * kCent);
}

TEST(BudgetJson, NamesTheBoundThatIsWrong) {
  const std::pair<std::string_view, std::string_view> wrong[] = {
      {R"([])", "budget must be"},
      {R"(0.5)", "budget must be"},
      {R"({"dollars":1})", "budget.dollars is no bound"},
      {R"({"usd":0})", "budget.usd"},
      {R"({"usd":-0.1})", "budget.usd"},
      {R"({"usd":1e-12})", "budget.usd"},
      {R"({"usd":1e30})", "budget.usd"},
      {R"({"usd":"0.5"})", "budget.usd"},
      {R"({"usd":null})", "budget.usd"},
      {R"({"tokens":0})", "budget.tokens"},
      {R"({"tokens":1.5})", "budget.tokens"},
      {R"({"steps":-1})", "budget.steps"},
      {R"({"model_calls":"3"})", "budget.model_calls"},
      {R"({"wall_time":10})", "budget.wall_time"},
      {R"({"wall_time":"0"})", "budget.wall_time"},
      {R"({"wall_time":"soon"})", "budget.wall_time"},
  };
  for (const auto& [text, named] : wrong) {
    const auto budget = read(text);
    ASSERT_FALSE(budget.ok()) << text;
    EXPECT_EQ(budget.error().code, Errc::kInvalid);
    EXPECT_TRUE(budget.error().text.starts_with(std::string(named))) << budget.error().text;
  }
}

TEST(BudgetTighter, TakesTheLesserOfEachBound) {
  const Budget other{.usd = 60 * kCent, .tokens = 5'000, .wall_time = Milliseconds(1'000)};
  Budget expected = full();
  expected.tokens = 5'000;
  expected.wall_time = Milliseconds(1'000);
  EXPECT_EQ(tighter(full(), other), expected);
  EXPECT_EQ(tighter(other, full()), expected);
  EXPECT_EQ(tighter(full(), {}), full());
  EXPECT_EQ(tighter({}, full()), full());
}

TEST(BudgetUse, IsOfTheBoundThatIsNearestToItsEnd) {
  const auto use = most_used(full(), {.usd = 20 * kCent, .tokens = 90'000, .steps = 3});
  ASSERT_TRUE(use);
  EXPECT_EQ(use->bound, "tokens");
  EXPECT_EQ(use->budget, 100'000);
  EXPECT_EQ(use->used, 90'000);
  EXPECT_DOUBLE_EQ(use->ratio, 0.9);
  EXPECT_EQ(most_used(full(), {.steps = 25})->bound, "steps");
  EXPECT_EQ(most_used(full(), {.model_calls = 30})->ratio, 1.0);
}

TEST(BudgetUse, SpeaksAsTheConfigurationDoes) {
  const auto money = most_used({.usd = 50 * kCent}, {.usd = 41 * kCent});
  EXPECT_EQ(dump_json(budget_payload(*money, 3)),
            R"({"bound":"usd","budget":0.5,"used":0.41,"ratio":0.82,"step":3})");
  const auto time =
      most_used({.wall_time = Milliseconds(60'000)}, {.wall_time = Milliseconds(61'500)});
  EXPECT_EQ(dump_json(budget_payload(*time, 0)),
            R"({"bound":"wall_time","budget":"1m","used":"1m1s500ms","ratio":1.025,"step":0})");
}

TEST(BudgetUse, IsCalledReachedByNothingLess) {
  const auto use = most_used({.tokens = 1'000'000}, {.tokens = 999'999});
  EXPECT_LT(use->ratio, 1.0);
  EXPECT_EQ(budget_payload(*use, 0)["ratio"], 0.999);
}

TEST(BudgetUse, IsNothingWhereNothingIsBounded) {
  EXPECT_FALSE(most_used({}, {.usd = 1, .tokens = 1, .steps = 1}));
}

}  // namespace
}  // namespace taskfeed::workflow
