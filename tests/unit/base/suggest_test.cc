#include "base/suggest.h"

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

const std::vector<std::string> kNames{"create", "execute", "events", "tail", "get", "list"};

TEST(Suggest, FindsTheWordWithOneSlip) {
  EXPECT_EQ(nearest("creat", kNames), "create");
  EXPECT_EQ(nearest("tial", kNames), "tail");
  EXPECT_EQ(nearest("evnets", kNames), "events");
}

TEST(Suggest, KeepsQuietWhereNothingIsNear) {
  EXPECT_EQ(nearest("zzzzzzzz", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
  EXPECT_EQ(nearest("xy", kNames), "");
  EXPECT_EQ(nearest(std::string(100'000, 'a'), kNames), "");
}

}  // namespace
}  // namespace taskfeed
