#include "cmd/help_text.h"

#include <gtest/gtest.h>

namespace taskfeed::cmd {
namespace {

const std::vector<HelpRow> kRows{{"-f, --follow", "go on until the task ends"},
                                 {"    --utc", "times in UTC"}};

TEST(HelpText, WhatFitsStandsBesideItsOption) {
  EXPECT_EQ(help_rows(kRows, help_left_width({&kRows}), 80),
            "  -f, --follow  go on until the task ends\n"
            "      --utc     times in UTC\n");
}

TEST(HelpText, WhatDoesNotFitGoesOnBelowItself) {
  EXPECT_EQ(help_rows(kRows, help_left_width({&kRows}), 40),
            "  -f, --follow  go on until the task\n"
            "                ends\n"
            "      --utc     times in UTC\n");
}

TEST(HelpText, NarrowTerminalsGetTheTextBelowTheOption) {
  EXPECT_EQ(help_rows(kRows, help_left_width({&kRows}), 36),
            "  -f, --follow\n"
            "        go on until the task ends\n"
            "      --utc\n"
            "        times in UTC\n");
}

TEST(HelpText, AnOptionOverTheColumnHasItsTextBelow) {
  const std::vector<HelpRow> rows{{"    --a-very-long-option-name PLACEHOLDER", "what it does"}};
  EXPECT_EQ(
      help_rows(rows, help_left_width({&rows}), 80),
      "      --a-very-long-option-name PLACEHOLDER\n" + std::string(32, ' ') + "what it does\n");
}

TEST(HelpText, GroupsShareOneColumn) {
  const std::vector<HelpRow> other{{"TASK", "a task id"}};
  EXPECT_EQ(help_left_width({&other, &kRows}), std::string("-f, --follow").size());
}

TEST(HelpText, ParagraphsAreFilledAnew) {
  EXPECT_EQ(help_paragraph("one two\nthree four", 9), "one two\nthree\nfour\n");
}

TEST(HelpText, WordsOverTheWidthStandWhole) {
  EXPECT_EQ(help_paragraph("a taskfeed://very/long b", 8), "a\ntaskfeed://very/long\nb\n");
}

TEST(HelpText, OutsideTerminalsItIsEightyColumnsWide) {
  EXPECT_EQ(help_columns(TextOutput()), kHelpColumns);
}

}  // namespace
}  // namespace taskfeed::cmd
