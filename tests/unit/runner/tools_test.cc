/// What a model server accepts as the name of a function.
#include "runner/tools.h"

#include <gtest/gtest.h>

namespace taskfeed::runner {
namespace {

TEST(ToolName, HoldsLettersDigitsUnderscoreAndHyphen) {
  EXPECT_TRUE(is_tool_name("files__read_text-file2"));
  EXPECT_TRUE(is_tool_name(std::string(64, 'a')));
  EXPECT_FALSE(is_tool_name(""));
  EXPECT_FALSE(is_tool_name(std::string(65, 'a')));
  EXPECT_FALSE(is_tool_name("a.b"));
  EXPECT_FALSE(is_tool_name("a b"));
  EXPECT_FALSE(is_tool_name("é"));
}

}  // namespace
}  // namespace taskfeed::runner
