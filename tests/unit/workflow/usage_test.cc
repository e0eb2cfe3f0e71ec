/// Tokens add up without overflow, and survive the way through an event.
#include "workflow/usage.h"

#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace taskfeed::workflow {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(UsageSum, AddsEachCount) {
  const Usage a{.prompt = 10, .cached = 4, .completion = 3, .reasoning = 1};
  const Usage b{.prompt = 1, .cached = 1, .completion = 1, .reasoning = 1};
  EXPECT_EQ(a + b, (Usage{.prompt = 11, .cached = 5, .completion = 4, .reasoning = 2}));
  EXPECT_EQ((a + b).total(), 15);
}

TEST(UsageSum, IsEstimatedWhereEitherIs) {
  const Usage counted{.prompt = 1};
  const Usage guessed{.prompt = 1, .estimated = true};
  EXPECT_FALSE((counted + counted).estimated);
  EXPECT_TRUE((counted + guessed).estimated);
  EXPECT_TRUE((guessed + counted).estimated);
}

TEST(UsageSum, StopsAtTheMostThatThereIs) {
  const Usage most{.prompt = kMost, .cached = kMost, .completion = kMost, .reasoning = kMost};
  EXPECT_EQ(most + most, most);
  EXPECT_EQ(most.total(), kMost);
}

TEST(UsageJson, HasTheNamesOfTheEvents) {
  const Usage usage{.prompt = 10, .cached = 4, .completion = 3, .reasoning = 1};
  EXPECT_EQ(dump_json(usage_to_json(usage)),
            R"({"prompt_tokens":10,"completion_tokens":3,"cached_tokens":4,)"
            R"("reasoning_tokens":1,"total_tokens":13})");
  EXPECT_EQ(dump_json(usage_to_json({.estimated = true})),
            R"({"prompt_tokens":0,"completion_tokens":0,"cached_tokens":0,)"
            R"("reasoning_tokens":0,"total_tokens":0,"estimated":true})");
}

TEST(UsageJson, TakesZeroForWhatIsNoCount) {
  const Json json{{"prompt_tokens", -3},
                  {"completion_tokens", "7"},
                  {"cached_tokens", nullptr},
                  {"reasoning_tokens", 2.5},
                  {"estimated", "yes"}};
  EXPECT_EQ(usage_from_json(&json), Usage());
  EXPECT_EQ(usage_from_json(nullptr), Usage());
  const Json list = Json::array();
  EXPECT_EQ(usage_from_json(&list), Usage());
}

RC_GTEST_PROP(UsageJson, ReadsBackWhatItWrote, (bool estimated)) {
  const auto count = rc::gen::inRange<int64_t>(0, kMost);
  const Usage usage{.prompt = *count,
                    .cached = *count,
                    .completion = *count,
                    .reasoning = *count,
                    .estimated = estimated};
  const Json json = usage_to_json(usage);
  RC_ASSERT(usage_from_json(&json) == usage);
}

TEST(Usage, IsGuessedByFourBytesAToken) {
  EXPECT_EQ(tokens_of_bytes(0), 0);
  EXPECT_EQ(tokens_of_bytes(1), 1);
  EXPECT_EQ(tokens_of_bytes(4), 1);
  EXPECT_EQ(tokens_of_bytes(5), 2);
}

}  // namespace
}  // namespace taskfeed::workflow
