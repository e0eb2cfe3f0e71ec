#include "base/result.h"

#include <memory>
#include <set>

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

TEST(ResultValue, HoldsAValueOrAnError) {
  const Result<int> value = 3;
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(*value, 3);
  const Result<int> error{Errc::kNotFound, "there is no task x"};
  EXPECT_FALSE(error);
  EXPECT_EQ(error.error().code, Errc::kNotFound);
  EXPECT_TRUE(Result<void>().ok());
}

TEST(ResultValue, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

TEST(ResultValueDeathTest, TheWrongSideAbortsWithTheText) {
  const Result<int> error{Errc::kFull, "Redis is out of memory"};
  EXPECT_DEATH((void)error.value(), "assertion failed: .*Redis is out of memory");
  const Result<int> value = 3;
  EXPECT_DEATH((void)value.error(), "assertion failed");
}

TEST(ResultErrc, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  const int last = static_cast<int>(Errc::kInternal);
  for (int code = 0; code <= last; ++code) names.insert(to_string(static_cast<Errc>(code)));
  EXPECT_EQ(names.size(), static_cast<size_t>(last) + 1);
  EXPECT_EQ(names.count(""), 0u);
}

}  // namespace
}  // namespace taskfeed
