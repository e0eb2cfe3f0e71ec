#include "event/many_cursor.h"

#include <gtest/gtest.h>

#include "support/ids.h"

namespace taskfeed {
namespace {

using namespace taskfeed::testing;

constexpr std::string_view kUuid = "0198c0de-1234-7abc-8def-fedcba987654";

ManyCursor a_cursor() {
  return {.mark = 0x00c0ffee,
          .lost = false,
          .registry = {12, 345},
          .open = {{task(std::string(kUuid)), {7, 2918273645}}, {task("_x-1"), {0, 0}}}};
}

TEST(ManyCursor, IsReadAsItWasWritten) {
  const std::string text = a_cursor().str();
  EXPECT_EQ(ManyCursor::parse(text).value(), a_cursor()) << text;
  const ManyCursor none{.mark = 1, .lost = false, .registry = {}, .open = {}};
  EXPECT_EQ(none.str(), "m1.00000001.0-0");
  EXPECT_EQ(ManyCursor::parse(none.str()).value(), none);
}

TEST(ManyCursor, PacksUuidsAndLeavesOtherNames) {
  EXPECT_NE(a_cursor().str().find("._x-1.0-0"), std::string::npos);
  EXPECT_EQ(a_cursor().str().find(kUuid), std::string::npos);
}

TEST(ManyCursor, OfEveryUuidComesBack) {
  SeededIdSource ids(7);
  for (int i = 0; i < 1'000; ++i) {
    ManyCursor cursor;
    cursor.open.emplace(new_task_id(ids), Cursor{static_cast<uint64_t>(i), 0xffffffff});
    ASSERT_EQ(ManyCursor::parse(cursor.str()).value(), cursor) << cursor.str();
  }
}

TEST(ManyCursor, ThatIsLostSaysNothingElse) {
  const ManyCursor lost{.mark = 5, .lost = true, .registry = {}, .open = {}};
  EXPECT_EQ(lost.str(), "m1.00000005.lost");
  EXPECT_TRUE(ManyCursor::parse(lost.str())->lost);
  EXPECT_FALSE(ManyCursor::parse("m1.00000005.lost.t1.1-1"));
}

TEST(ManyCursor, HoldsOnlyWhatUrlsAndShellsLeaveAlone) {
  const std::string text = a_cursor().str();
  EXPECT_EQ(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                   "-_.~"),
            std::string::npos);
}

TEST(ManyCursor, IsRefusedWhereAnythingIsWrong) {
  for (const std::string_view text : {"",
                                      "m1",
                                      "m1.",
                                      "m2.00000001.0-0",
                                      "7-12",
                                      "m1.1.0-0",
                                      "m1.0000000G.0-0",
                                      "m1.0000000A.0-0",
                                      "m1.00000001.",
                                      "m1.00000001.x",
                                      "m1.00000001.0-0.",
                                      "m1.00000001.0-0.t1",
                                      "m1.00000001.0-0.t1.",
                                      "m1.00000001.0-0.t1.x",
                                      "m1.00000001.0-0..1-1",
                                      "m1.00000001.0-0.a b.1-1",
                                      "m1.00000001.0-0.t1.1-1.t1.2-2",
                                      "m1.00000001.0-0.t1.1-1.",
                                      "m1.00000001.0-0.~AAAA.1-1",
                                      "m1.00000001.0-0.~AAAAAAAAAAAAAAAAAAAAA*.1-1",
                                      "m1.00000001.0-0.~AAAAAAAAAAAAAAAAAAAAAB.1-1",
                                      "m1.00000001.1-1x"}) {
    EXPECT_FALSE(ManyCursor::parse(text)) << text;
  }
}

TEST(ManyCursor, IsRefusedOverItsBound) {
  SeededIdSource ids(7);
  ManyCursor cursor;
  while (cursor.str().size() <= kManyCursorBytesMax) {
    EXPECT_TRUE(ManyCursor::parse(cursor.str()));
    cursor.open.emplace(new_task_id(ids), Cursor{1'000, 0xffffffff});
  }
  EXPECT_GT(cursor.open.size(), 120u) << "so many open tasks are promised";
  EXPECT_FALSE(ManyCursor::parse(cursor.str()));
}

TEST(TaskSelection, HasAMarkOfItsOwnWhateverTheOrder) {
  const TaskSelection all;
  const TaskSelection agents{.agents = {agent("a"), agent("b")}, .tasks = {}};
  const TaskSelection turned{.agents = {agent("b"), agent("a"), agent("a")}, .tasks = {}};
  const TaskSelection tasks{.agents = {}, .tasks = {task("a"), task("b")}};
  EXPECT_EQ(agents.mark(), turned.mark());
  EXPECT_NE(agents.mark(), all.mark());
  EXPECT_NE(agents.mark(), tasks.mark());
  EXPECT_TRUE(all.takes(agent("z")));
  EXPECT_TRUE(agents.takes(agent("b")));
  EXPECT_FALSE(agents.takes(agent("z")));
}

}  // namespace
}  // namespace taskfeed
