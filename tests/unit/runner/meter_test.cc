#include "runner/meter.h"

#include <gtest/gtest.h>

#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed::runner {
namespace {

constexpr NanoDollars kDollar = kNanoDollarsPerDollar;

/// An activity of a task that has spent something before.
struct MeterWorld {
  Meter meter() {
    const Activity activity{.task = testing::task("t1"),
                            .execution = ids.uuid7(),
                            .agent = agent,
                            .query = {},
                            .previous_response = {},
                            .questions = {},
                            .spent = spent,
                            .budget_warned = warned};
    return Meter(activity, budget, prices, clock);
  }
  Meter::Call call(int64_t prompt, int64_t completion) const {
    return {"m-1", "m", {.prompt = prompt, .completion = completion}, {}};
  }

  testing::SeededIdSource ids;
  testing::ManualClock clock;
  AgentConfig agent{.id = testing::agent("a")};
  workflow::Budget budget;
  /// A dollar for each token.
  std::vector<PriceRule> prices{{"m*", {1'000'000 * kDollar, 0, 1'000'000 * kDollar}}};
  workflow::Spent spent;
  bool warned = false;
};

TEST(Meter, WritesWhatACallTookAndCost) {
  MeterWorld world;
  world.spent.usd = kDollar;
  Meter meter = world.meter();
  Json payload = Json::object();
  EXPECT_TRUE(meter.charge(world.call(2, 1), payload));
  EXPECT_EQ(payload["usage"]["total_tokens"], 3);
  EXPECT_EQ(payload["cost"], 3);
  EXPECT_EQ(payload["total_cost"], 4);
  EXPECT_EQ(meter.cost(), 3 * kDollar);
}

TEST(Meter, BelievesTheServersOwnWordOnTheCost) {
  MeterWorld world;
  Meter meter = world.meter();
  Meter::Call call = world.call(2, 1);
  call.reported = kDollar / 2;
  Json payload = Json::object();
  EXPECT_TRUE(meter.charge(call, payload));
  EXPECT_EQ(payload["cost"], 0.5);
  EXPECT_EQ(payload["cost_reported"], true);
}

TEST(Meter, SaysThatNoPriceIsKnown) {
  MeterWorld world;
  world.prices.clear();
  Meter meter = world.meter();
  Json payload = Json::object();
  EXPECT_FALSE(meter.charge(world.call(2, 1), payload));
  EXPECT_EQ(payload["cost_unknown"], true);
  EXPECT_EQ(meter.cost(), 0);
}

TEST(Meter, CountsWhatTheTaskSpentBefore) {
  MeterWorld world;
  world.budget.model_calls = 3;
  world.spent.model_calls = 2;
  Meter meter = world.meter();
  EXPECT_FALSE(meter.used_up());
  meter.call_begins();
  ASSERT_TRUE(meter.used_up());
  EXPECT_EQ(meter.used_up()->bound, "model_calls");
}

TEST(Meter, IsUsedUpAtTheBoundAndOverItByWhatIsToCome) {
  MeterWorld world;
  world.budget.tokens = 10;
  Meter meter = world.meter();
  EXPECT_FALSE(meter.used_up({.usd = 0, .tokens = 10}));
  EXPECT_TRUE(meter.used_up({.usd = 0, .tokens = 11}));
  Json payload = Json::object();
  meter.charge(world.call(6, 4), payload);
  EXPECT_TRUE(meter.used_up());
}

TEST(Meter, TellsWhatTheNextCallWouldTakeFromWhatIsUsed) {
  MeterWorld world;
  world.budget.usd = kDollar;
  world.budget.tokens = 1'000;
  world.budget.steps = 1;
  world.spent.usd = kDollar / 4;
  world.spent.tokens = 990;
  Meter meter = world.meter();
  EXPECT_FALSE(meter.no_room_for({.usd = kDollar / 2, .tokens = 10}));
  const auto dollars = meter.no_room_for({.usd = kDollar, .tokens = 20});
  ASSERT_TRUE(dollars);
  EXPECT_EQ(dump_json(no_room_payload(*dollars, 3)),
            R"({"bound":"usd","budget":1.0,"used":0.25,"ratio":0.25,"step":3,"estimated":1.0})");
  const auto tokens = meter.no_room_for({.usd = 0, .tokens = 11});
  ASSERT_TRUE(tokens);
  EXPECT_EQ(dump_json(no_room_payload(*tokens, 3)),
            R"({"bound":"tokens","budget":1000,"used":990,"ratio":0.99,"step":3,"estimated":11})");
}

TEST(Meter, WarnsOnceInATasksLife) {
  MeterWorld world;
  world.budget.steps = 5;
  world.spent.steps = 3;
  Meter meter = world.meter();
  EXPECT_FALSE(meter.warning());
  meter.call_answered();
  EXPECT_TRUE(meter.warning());
  EXPECT_FALSE(meter.warning());
  world.spent.steps = 4;
  world.warned = true;
  EXPECT_FALSE(world.meter().warning());
}

TEST(Meter, MeasuresTimeByTheTaskAndNotByTheWallClock) {
  MeterWorld world;
  world.budget.wall_time = Milliseconds(1'000);
  world.spent.wall_time = Milliseconds(300);
  Meter meter = world.meter();
  world.clock.advance(Milliseconds(200));
  EXPECT_EQ(meter.time_left(), Milliseconds(500));
  world.clock.set_wall(WallTime(Milliseconds(0)));
  EXPECT_EQ(meter.time_left(), Milliseconds(500));
  world.clock.advance(Milliseconds(900));
  EXPECT_EQ(meter.time_left(), Milliseconds(0));
  EXPECT_TRUE(meter.used_up());
}

TEST(MeterText, SaysAmountsAsPeopleWriteThem) {
  EXPECT_EQ(used_up_text({"usd", dollars_to_json(1'000), dollars_to_json(1'200)}),
            "the budget of 0.000001 usd allows no other model call: 0.0000012 are used");
  EXPECT_EQ(used_up_text({"wall_time", "10m", "10m3s"}),
            "the budget of 10m wall_time allows no other model call: 10m3s are used");
  EXPECT_EQ(used_up_text({"tokens", 100, 90}),
            "the budget of 100 tokens allows no other model call: 90 are used");
}

TEST(MeterText, SaysThatTheNextCallIsAnEstimate) {
  EXPECT_EQ(no_room_text({{"usd", dollars_to_json(10'000), dollars_to_json(0)}, 2.017}),
            "the budget of 0.00001 usd has no room for the next model call: it is estimated at "
            "2.017, and nothing is used yet");
  EXPECT_EQ(no_room_text({{"tokens", 100, 90, 0.9}, 11}),
            "the budget of 100 tokens has no room for the next model call: it is estimated at 11, "
            "and 90 are used");
}

}  // namespace
}  // namespace taskfeed::runner
