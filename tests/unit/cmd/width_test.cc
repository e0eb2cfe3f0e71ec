#include "cmd/width.h"

#include <gtest/gtest.h>

namespace taskfeed::cmd {
namespace {

TEST(Width, CountsColumnsAsATerminalDoes) {
  EXPECT_EQ(width_of(""), 0u);
  EXPECT_EQ(width_of("abc"), 3u);
  EXPECT_EQ(width_of("äöü ✓ ▶ → ≈"), 11u);
  EXPECT_EQ(width_of("日本語"), 6u);
  EXPECT_EQ(width_of("한국"), 4u);
  EXPECT_EQ(width_of("🎉"), 2u);
  EXPECT_EQ(width_of("e\u0301"), 1u);
  EXPECT_EQ(width_of("\uFEFFa\u200D"), 1u);
  EXPECT_EQ(width_of("\xff"), 1u);
}

TEST(Width, CutsWhereTheNextCharacterDoesNotFit) {
  EXPECT_EQ(cut_to("abcdef", 6, "…"), "abcdef");
  EXPECT_EQ(cut_to("abcdef", 5, "…"), "abcd…");
  EXPECT_EQ(cut_to("ab def", 4, "…"), "ab…");
  EXPECT_EQ(cut_to("日本語", 4, "…"), "日…");
  EXPECT_EQ(cut_to("日本語", 5, "..."), "日...");
  EXPECT_EQ(cut_to("e\u0301e\u0301e\u0301", 2, "…"), "e\u0301…");
  EXPECT_EQ(cut_to("abcdef", 2, "..."), "ab");
  EXPECT_EQ(cut_to("abc", 0, "…"), "");
  EXPECT_EQ(fitting("e\u0301x", 1), "e\u0301");
}

TEST(Width, PadsByColumns) {
  EXPECT_EQ(padded("日本", 6), "日本  ");
  EXPECT_EQ(padded("abc", 2), "abc");
}

}  // namespace
}  // namespace taskfeed::cmd
