/// How long, how often, and what is refused.
#include "workflow/retry.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "history.h"

namespace taskfeed::workflow {
namespace {

using std::chrono::milliseconds;

RetryPolicy policy_of(milliseconds initial, double coefficient, milliseconds maximum) {
  RetryPolicy policy;
  policy.initial_interval = initial;
  policy.backoff_coefficient = coefficient;
  policy.maximum_interval = maximum;
  return policy;
}

TEST(RetryDelay, GrowsByTheCoefficientUpToTheMaximum) {
  const RetryPolicy policy = policy_of(milliseconds(100), 2, milliseconds(1'000));
  const std::vector<int> expected{100, 200, 400, 800, 1'000, 1'000};
  for (size_t at = 0; at < expected.size(); ++at) {
    EXPECT_EQ(retry_delay(policy, static_cast<int>(at) + 2), milliseconds(expected[at])) << at;
  }
}

TEST(RetryDelay, StaysTheSameWithACoefficientOfOne) {
  const RetryPolicy policy = policy_of(milliseconds(100), 1, milliseconds(1'000));
  EXPECT_EQ(retry_delay(policy, 2), milliseconds(100));
  EXPECT_EQ(retry_delay(policy, 100), milliseconds(100));
}

TEST(RetryDelay, IsTheMaximumWhereTheFirstIntervalIsLonger) {
  EXPECT_EQ(retry_delay(policy_of(milliseconds(5'000), 2, milliseconds(1'000)), 2),
            milliseconds(1'000));
}

TEST(RetryDelay, DoesNotOverflow) {
  const auto longest = milliseconds(std::chrono::hours(24 * 3'650));
  EXPECT_EQ(retry_delay(policy_of(longest, 100, longest), 100), longest);
  EXPECT_EQ(retry_delay(policy_of(milliseconds(1), 100, longest), 1'000'000), longest);
  EXPECT_EQ(retry_delay(policy_of(milliseconds(0), 100, longest), 1'000'000), milliseconds(0));
}

RC_GTEST_PROP(RetryProperties, DelaysNeverShrinkAndNeverPassTheMaximum, ()) {
  const auto policy = policy_of(milliseconds(*rc::gen::inRange<int64_t>(0, 1'000'000)),
                                *rc::gen::inRange(100, 10'000) / 100.0,
                                milliseconds(*rc::gen::inRange<int64_t>(0, 400'000'000'000)));
  const int attempt = *rc::gen::inRange(2, 1'000'000);
  const milliseconds delay = retry_delay(policy, attempt);
  RC_ASSERT(delay >= milliseconds(0));
  RC_ASSERT(delay <= policy.maximum_interval);
  RC_ASSERT(retry_delay(policy, attempt + 1) >= delay);
}

TEST(MayRetry, UntilTheAttemptsAreUsedUp) {
  RetryPolicy policy;
  EXPECT_FALSE(may_retry(policy, 1, "timeout")) << "by default never again";
  policy.maximum_attempts = 3;
  EXPECT_TRUE(may_retry(policy, 1, "timeout"));
  EXPECT_TRUE(may_retry(policy, 2, "timeout"));
  EXPECT_FALSE(may_retry(policy, 3, "timeout"));
  EXPECT_FALSE(may_retry(policy, 4, "timeout"));
}

TEST(MayRetry, NotForAKindThatIsNamed) {
  RetryPolicy policy;
  policy.maximum_attempts = 3;
  policy.non_retryable_kinds = {"bad_input", "timeout"};
  EXPECT_FALSE(may_retry(policy, 1, "timeout"));
  EXPECT_TRUE(may_retry(policy, 1, "Timeout"));
  EXPECT_TRUE(may_retry(policy, 1, ""));
}

TEST(RetryJson, HasTemporalsNames) {
  RetryPolicy policy;
  policy.non_retryable_kinds = {"timeout"};
  EXPECT_EQ(dump_json(retry_to_json(policy)),
            R"({"initial_interval":"1s","backoff_coefficient":2.0,"maximum_interval":"1m40s",)"
            R"("maximum_attempts":1,"non_retryable_kinds":["timeout"]})");
}

TEST(RetryJson, FillsInWhatIsLeftOut) {
  EXPECT_EQ(retry_from_json(Json::object()).value(), RetryPolicy{});
  const RetryPolicy policy = retry_from_json({{"maximum_attempts", 7}}).value();
  EXPECT_EQ(policy.maximum_attempts, 7);
  EXPECT_EQ(policy.initial_interval, RetryPolicy{}.initial_interval);
}

RC_GTEST_PROP(RetryProperties, AnyPolicyIsReadBackAsItWasWritten, ()) {
  RetryPolicy policy = policy_of(milliseconds(*rc::gen::inRange<int64_t>(0, 315'360'000'000)),
                                 *rc::gen::inRange(1'000, 100'001) / 1'000.0,
                                 milliseconds(*rc::gen::inRange<int64_t>(0, 315'360'000'000)));
  policy.maximum_attempts = *rc::gen::inRange(1, 101);
  for (int count = *rc::gen::inRange(0, 4); count > 0; --count) {
    policy.non_retryable_kinds.push_back("kind-" + std::to_string(count));
  }
  RC_ASSERT(retry_from_json(parse_json(dump_json(retry_to_json(policy))).value()).value() ==
            policy);
}

struct Wrong {
  std::string_view json;
  std::string_view named;
};

class RetryJsonErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(RetryJsonErrors, NameTheKeyThatIsWrong) {
  const auto policy = retry_from_json(parse_json(GetParam().json).value());
  ASSERT_FALSE(policy.ok()) << GetParam().json;
  EXPECT_EQ(policy.error().code, Errc::kInvalid);
  EXPECT_NE(policy.error().text.find(GetParam().named), std::string::npos) << policy.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    AllKeys, RetryJsonErrors,
    ::testing::Values(Wrong{"[]", "retry"}, Wrong{"3", "retry"},
                      Wrong{R"({"attempts":3})", "retry.attempts"},
                      Wrong{R"({"initial_interval":5})", "retry.initial_interval"},
                      Wrong{R"({"initial_interval":"soon"})", "retry.initial_interval"},
                      Wrong{R"({"initial_interval":"-1s"})", "retry.initial_interval"},
                      Wrong{R"({"maximum_interval":"3651d"})", "retry.maximum_interval"},
                      Wrong{R"({"maximum_interval":null})", "retry.maximum_interval"},
                      Wrong{R"({"backoff_coefficient":"2"})", "retry.backoff_coefficient"},
                      Wrong{R"({"backoff_coefficient":0.99})", "retry.backoff_coefficient"},
                      Wrong{R"({"backoff_coefficient":100.1})", "retry.backoff_coefficient"},
                      Wrong{R"({"maximum_attempts":0})", "retry.maximum_attempts"},
                      Wrong{R"({"maximum_attempts":101})", "retry.maximum_attempts"},
                      Wrong{R"({"maximum_attempts":1.5})", "retry.maximum_attempts"},
                      Wrong{R"({"maximum_attempts":"3"})", "retry.maximum_attempts"},
                      Wrong{R"({"maximum_attempts":18446744073709551615})",
                            "retry.maximum_attempts"},
                      Wrong{R"({"non_retryable_kinds":"timeout"})", "retry.non_retryable_kinds"},
                      Wrong{R"({"non_retryable_kinds":[1]})", "retry.non_retryable_kinds"}));

TEST(RetryJsonErrors, RefuseACoefficientThatIsNoNumber) {
  EXPECT_FALSE(retry_from_json({{"backoff_coefficient", std::nan("")}}).ok());
}

}  // namespace
}  // namespace taskfeed::workflow
