#include "event/live.h"

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

TEST(LiveText, SplitsAtTheFirstTwoSpaces) {
  const auto live = split_live(R"(7-2918273645 WorkflowStarted {"goal": "a b"})");
  ASSERT_TRUE(live);
  EXPECT_EQ(live->cursor, (Cursor{7, 2918273645}));
  EXPECT_EQ(live->type, "WorkflowStarted");
  EXPECT_EQ(live->json, R"({"goal": "a b"})");
}

TEST(LiveText, DoesNotLookAtTheJson) {
  EXPECT_EQ(split_live("1-1 t  ")->json, " ");
  EXPECT_EQ(split_live("1-1 t {\n\xFF")->json, "{\n\xFF");
}

TEST(LiveText, IsEmptyForAnyOtherForm) {
  for (const std::string_view text :
       {"", " ", "1-1", "1-1 ", "1-1 t", "1-1 t ", "1-1  {}", " t {}", "x t {}", "01-1 t {}",
        "1 t {}", "{\"event_id\": \"x\"}", "1-1\tt\t{}"}) {
    EXPECT_FALSE(split_live(text)) << text;
  }
}

TEST(LiveText, JoinsWhatItSplits) {
  const std::string text = join_live({3, 4}, "a.b", "{} ");
  EXPECT_EQ(text, "3-4 a.b {} ");
  const auto live = split_live(text);
  ASSERT_TRUE(live);
  EXPECT_EQ(join_live(live->cursor, live->type, live->json), text);
}

}  // namespace
}  // namespace taskfeed
