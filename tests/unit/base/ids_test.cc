#include "base/ids.h"

#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed {
namespace {

using testing::ManualClock;
using testing::SeededIdSource;

TEST(IdsName, TakesExactlyLettersDigitsHyphenAndUnderscore) {
  for (int c = 0; c < 256; ++c) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';
    EXPECT_EQ(TaskId::parse(std::string(1, static_cast<char>(c))).ok(), allowed) << c;
    EXPECT_EQ(TaskId::parse("a" + std::string(1, static_cast<char>(c)) + "b").ok(), allowed) << c;
  }
}

TEST(IdsName, HasOneToSixtyFourBytes) {
  EXPECT_FALSE(TaskId::parse("").ok());
  EXPECT_TRUE(TaskId::parse(std::string(64, 'a')).ok());
  EXPECT_FALSE(TaskId::parse(std::string(65, 'a')).ok());
}

TEST(IdsName, NamesTheTextAndTheKindInTheError) {
  const Error error = AgentId::parse("../etc\x1b[0m").error();
  EXPECT_EQ(error.code, Errc::kInvalid);
  EXPECT_NE(error.text.find("agent id"), std::string::npos);
  EXPECT_NE(error.text.find("../etc\\x1b"), std::string::npos);
  EXPECT_LT(TaskId::parse(std::string(100'000, '/')).error().text.size(), 300u);
}

TEST(IdsName, ComparesAndHashesByItsText) {
  const std::unordered_set<TaskId> ids{testing::task("a"), testing::task("b"), testing::task("a")};
  EXPECT_EQ(ids.size(), 2u);
  EXPECT_LT(testing::task("a"), testing::task("b"));
}

TEST(IdsUuid, TextSurvivesTheRoundTripInLowerCase) {
  const std::string text = "0198f3a2-7c4b-7def-8123-456789abcdef";
  EXPECT_EQ(Uuid::parse(text).value().str(), text);
  EXPECT_EQ(Uuid::parse("0198F3A2-7C4B-7DEF-8123-456789ABCDEF").value().str(), text);
}

TEST(IdsUuid, Low32IsTheEndOfTheText) {
  EXPECT_EQ(Uuid::parse("00000000-0000-7000-8000-0000ffffffff").value().low32(), 0xFFFFFFFFu);
  EXPECT_EQ(Uuid::parse("00000000-0000-7000-8000-0000adff0102").value().low32(), 0xADFF0102u);
  EXPECT_EQ(testing::uuid_with_tag(2918273645).low32(), 2918273645u);
}

TEST(IdsUuid, RefusesEverythingButTheOneForm) {
  for (const std::string_view text :
       {"", "0198f3a2", "0198f3a27c4b7def8123456789abcdef", "{0198f3a2-7c4b-7def-8123-456789abcde}",
        "0198f3a2-7c4b-7def-8123-456789abcdeg", "0198f3a2-7c4b-7def-8123456789-abcdef",
        "0198f3a2-7c4b-7def-8123-456789abcdef ", "0198f3a2-7c4b-7def--123-456789abcdef",
        "0198f3a2+7c4b-7def-8123-456789abcdef"}) {
    EXPECT_FALSE(Uuid::parse(text).ok()) << text;
  }
}

TEST(IdsSource, MakesVersion7OfTheClocksTime) {
  const ManualClock clock;
  SystemIdSource source(clock);
  const Uuid id = source.uuid7();
  uint64_t time = 0;
  for (size_t at = 0; at < 6; ++at) time = (time << 8) | id.bytes()[at];
  EXPECT_EQ(time, static_cast<uint64_t>(clock.wall().time_since_epoch().count()));
  EXPECT_EQ(id.bytes()[6] >> 4, 7);
  EXPECT_EQ(id.bytes()[8] >> 6, 2);
}

TEST(IdsSource, NeverRepeatsAnIdAcrossThreads) {
  const ManualClock clock;  // Stands still: only the random part tells the ids apart.
  SystemIdSource source(clock);
  constexpr size_t kThreads = 4, kEach = 2'000;
  std::vector<std::vector<Uuid>> drawn(kThreads);
  std::vector<std::thread> threads;
  for (auto& ids : drawn) {
    threads.emplace_back([&source, &ids] {
      for (size_t count = 0; count < kEach; ++count) ids.push_back(source.uuid7());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<Uuid> distinct;
  for (const auto& ids : drawn) distinct.insert(ids.begin(), ids.end());
  EXPECT_EQ(distinct.size(), kThreads * kEach);
}

TEST(IdsSource, ANewTaskIdIsTheUuid) {
  SeededIdSource ids(7), same(7);
  EXPECT_EQ(new_task_id(ids).str(), same.uuid7().str());
}

TEST(IdsSource, ASeedRepeatsAndKeepsOrder) {
  SeededIdSource ids(3), same(3), other(4);
  const Uuid first = ids.uuid7(), second = ids.uuid7();
  EXPECT_LT(first, second);
  EXPECT_EQ(first, same.uuid7());
  EXPECT_NE(first, other.uuid7());
}

}  // namespace
}  // namespace taskfeed
