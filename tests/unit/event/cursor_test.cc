#include "event/cursor.h"

#include <gtest/gtest.h>

namespace taskfeed {
namespace {

TEST(CursorText, SurvivesTheRoundTrip) {
  for (const std::string_view text :
       {"0-0", "1-0", "7-2918273645", "18446744073709551615-4294967295", "10-10"}) {
    ASSERT_TRUE(Cursor::parse(text).ok()) << text;
    EXPECT_EQ(Cursor::parse(text).value().str(), text);
    EXPECT_EQ(Cursor::read(text), Cursor::parse(text).value());
  }
  EXPECT_EQ((Cursor{UINT64_MAX, UINT32_MAX}.str().size()), kCursorTextMax);
}

TEST(CursorText, RefusesEverythingElseAndNamesIt) {
  for (const std::string_view text : {"",
                                      "-",
                                      "1",
                                      "1-",
                                      "-1",
                                      "1-2-3",
                                      "01-2",
                                      "1-02",
                                      "00-0",
                                      "+1-2",
                                      "1-+2",
                                      "-1-2",
                                      "1--2",
                                      " 1-2",
                                      "1-2 ",
                                      "1 -2",
                                      "a-1",
                                      "1-a",
                                      "0x1-2",
                                      "1.0-2",
                                      "18446744073709551616-1",
                                      "1-4294967296",
                                      "$",
                                      "*",
                                      "(1-2",
                                      "1-2\n",
                                      "99999999999999999999999999999999-1"}) {
    const auto parsed = Cursor::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, Errc::kInvalid);
    EXPECT_FALSE(Cursor::read(text)) << text;
  }
  EXPECT_FALSE(Cursor::parse(std::string_view("1-2\0", 4)).ok());
  EXPECT_NE(Cursor::parse("1\x1b-2").error().text.find("1\\x1b-2"), std::string::npos);
}

TEST(CursorOrder, GoesBySeqThenTag) {
  EXPECT_LT((Cursor{1, 9}), (Cursor{2, 0}));
  EXPECT_LT((Cursor{9, 0}), (Cursor{10, 0}));
  EXPECT_NE((Cursor{3, 1}), (Cursor{3, 2}));
  EXPECT_EQ(Cursor(), (Cursor{0, 0}));
}

}  // namespace
}  // namespace taskfeed
