/// EventLog::read(): pages, their bounds, and where a cursor stands.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;
using Seqs = std::vector<uint64_t>;

class ContractRead : public Contract {
 protected:
  /// A task of so many events.
  TaskId with_events(size_t count, size_t padding = 0) {
    const TaskId task = created();
    cursors = append_all(task, notes(count, padding));
    return task;
  }
  std::vector<Cursor> cursors;
};
TASKFEED_CONTRACT(ContractRead);

TEST_P(ContractRead, OfAnUnknownTaskIsEmpty) {
  const Page page = read(task("nobody"));
  EXPECT_TRUE(page.events.empty());
  EXPECT_FALSE(page.status || page.first || page.more);
  EXPECT_EQ(page.last, Cursor{});
  EXPECT_EQ(page.anchor, Anchor::kStart);
  EXPECT_EQ(read(task("nobody"), {.after = {3, 1}}).anchor, Anchor::kAhead);
}

TEST_P(ContractRead, OfATaskWithoutEventsHasItsStatus) {
  const Page page = read(created());
  EXPECT_EQ(page.status, TaskStatus::kSubmitted);
  EXPECT_TRUE(page.events.empty());
  EXPECT_FALSE(page.first || page.more);
  EXPECT_EQ(page.last, Cursor{});
}

TEST_P(ContractRead, GivesAllFromTheBeginning) {
  const TaskId task = with_events(5);
  const Page page = read(task);
  EXPECT_EQ(seqs(page), (Seqs{1, 2, 3, 4, 5}));
  EXPECT_EQ(page.first, cursors.front());
  EXPECT_EQ(page.last, cursors.back());
  EXPECT_EQ(page.anchor, Anchor::kStart);
  EXPECT_FALSE(page.more);
}

TEST_P(ContractRead, GivesWhatComesAfterACursor) {
  const TaskId task = with_events(5);
  const Page page = read(task, {.after = cursors[2]});
  EXPECT_EQ(seqs(page), (Seqs{4, 5}));
  EXPECT_EQ(page.anchor, Anchor::kMatches);
  EXPECT_EQ(page.first, cursors.front());
  const Page none = read(task, {.after = cursors[4]});
  EXPECT_TRUE(none.events.empty());
  EXPECT_EQ(none.anchor, Anchor::kMatches);
  EXPECT_FALSE(none.more);
}

TEST_P(ContractRead, EndsBeforeASeq) {
  const TaskId task = with_events(5);
  EXPECT_EQ(seqs(read(task, {.before_seq = 3})), (Seqs{1, 2}));
  EXPECT_EQ(seqs(read(task, {.after = cursors[0], .before_seq = 4})), (Seqs{2, 3}));
  EXPECT_EQ(seqs(read(task, {.before_seq = 99})), (Seqs{1, 2, 3, 4, 5}));
  for (const uint64_t before : {0u, 1u}) {
    const Page page = read(task, {.before_seq = before});
    EXPECT_TRUE(page.events.empty());
    EXPECT_FALSE(page.more);
  }
  EXPECT_TRUE(read(task, {.after = cursors[3], .before_seq = 2}).events.empty());
}

TEST_P(ContractRead, GivesTheNewestOfItsRange) {
  const TaskId task = with_events(5);
  EXPECT_EQ(seqs(read(task, {.newest = 2})), (Seqs{4, 5}));
  EXPECT_EQ(seqs(read(task, {.newest = 99})), (Seqs{1, 2, 3, 4, 5}));
  EXPECT_EQ(seqs(read(task, {.before_seq = 4, .newest = 2})), (Seqs{2, 3}));
  EXPECT_EQ(seqs(read(task, {.after = cursors[3], .newest = 3})), (Seqs{5}));
  const Page none = read(task, {.newest = 0});
  EXPECT_TRUE(none.events.empty());
  EXPECT_FALSE(none.more);
}

TEST_P(ContractRead, GivesAPageAtATimeAndSaysWhetherMoreComes) {
  const TaskId task = with_events(5);
  const Page first = read(task, {.limit = 2});
  EXPECT_EQ(seqs(first), (Seqs{1, 2}));
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.last, cursors.back()) << "the newest of all, not of the page";
  const Page middle = read(task, {.after = first.events.back().cursor, .limit = 2});
  EXPECT_EQ(seqs(middle), (Seqs{3, 4}));
  EXPECT_TRUE(middle.more);
  const Page end = read(task, {.after = middle.events.back().cursor, .limit = 2});
  EXPECT_EQ(seqs(end), (Seqs{5}));
  EXPECT_FALSE(end.more);
  EXPECT_FALSE(read(task, {.limit = 5}).more);
  EXPECT_FALSE(read(task, {.before_seq = 3, .limit = 2}).more) << "the range ends there";
  EXPECT_TRUE(read(task, {.limit = 0}).more);
}

TEST_P(ContractRead, GivesNoMoreEventsThanAPageHolds) {
  const TaskId task = with_events(kAppendEventsMax);
  append_all(task, notes(7));
  const Page page = read(task, {.limit = kPageEventsMax + 7});
  EXPECT_EQ(page.events.size(), kPageEventsMax);
  EXPECT_TRUE(page.more);
  const Page rest = read(task, {.after = page.events.back().cursor});
  EXPECT_EQ(rest.events.size(), 7u);
}

TEST_P(ContractRead, EndsWithTheEventThatReachesTheBytes) {
  const TaskId task = with_events(5, 1'000);
  const Page page = read(task, {.bytes_max = 1'500});
  EXPECT_EQ(seqs(page), (Seqs{1, 2}));
  EXPECT_TRUE(page.more);
  EXPECT_FALSE(read(task, {.after = cursors[2], .bytes_max = 1'500}).more);
}

TEST_P(ContractRead, GivesOneEventHoweverFewBytesAreLeft) {
  const TaskId task = with_events(3, 1'000);
  EXPECT_EQ(seqs(read(task, {.bytes_max = 1})), (Seqs{1}));
  EXPECT_EQ(seqs(read(task, {.bytes_max = 0})), (Seqs{1}));
}

TEST_P(ContractRead, GivesNoMoreBytesThanAPageHolds) {
  const TaskId task = with_events(20, 250'000);
  const Page page = read(task, {.bytes_max = 100 * kPageBytesMax});
  size_t bytes = 0;
  for (const StoredEvent& event : page.events) bytes += event.json.size();
  EXPECT_TRUE(page.more);
  EXPECT_LT(bytes, kPageBytesMax + 260'000);
  EXPECT_GE(bytes, kPageBytesMax);
}

TEST_P(ContractRead, TellsACursorThatNamesAnotherEvent) {
  const TaskId task = with_events(3);
  const Page page = read(task, {.after = {2, cursors[1].tag + 1}});
  EXPECT_EQ(page.anchor, Anchor::kMismatch);
  EXPECT_EQ(seqs(page), (Seqs{1, 2, 3})) << "history anew";
}

TEST_P(ContractRead, TellsACursorThatIsAheadOfHistory) {
  const TaskId task = with_events(3);
  const Page page = read(task, {.after = {4, 7}});
  EXPECT_EQ(page.anchor, Anchor::kAhead);
  EXPECT_EQ(seqs(page), (Seqs{1, 2, 3}));
  world->lose_everything();
  EXPECT_EQ(read(task, {.after = cursors[0]}).anchor, Anchor::kAhead);
}

TEST_P(ContractRead, TellsThatWhatFollowsACursorWasTrimmed) {
  const TaskId task = with_events(6);
  world->trim_before(task, 4);
  const Page page = read(task, {.after = cursors[0]});
  EXPECT_EQ(page.anchor, Anchor::kTrimmed);
  EXPECT_EQ(seqs(page), (Seqs{4, 5, 6}));
  EXPECT_EQ(page.first, cursors[3]);
  EXPECT_EQ(read(task, {.after = cursors[2]}).anchor, Anchor::kTrimmed)
      << "that event cannot be looked at, though nothing is missing after it";
  EXPECT_EQ(read(task, {.after = cursors[3]}).anchor, Anchor::kMatches);
  EXPECT_EQ(read(task).anchor, Anchor::kStart);
  EXPECT_EQ(seqs(read(task, {.newest = 5})), (Seqs{4, 5, 6}));
}

TEST_P(ContractRead, OfATaskWhoseEventsAreAllTrimmedStillKnowsTheLast) {
  const TaskId task = with_events(3);
  world->trim_before(task, 4);
  const Page page = read(task, {.after = cursors[1]});
  EXPECT_EQ(page.anchor, Anchor::kTrimmed);
  EXPECT_TRUE(page.events.empty());
  EXPECT_FALSE(page.first || page.more);
  EXPECT_EQ(page.last, cursors[2]);
  EXPECT_EQ(append(task, event()).seq, 4u);
}

/// Redis trims by whole nodes of 100, so both keep "about" so many.
class ContractRetention : public Contract {
 protected:
  ContractRetention() : Contract(100) {}
};
TASKFEED_CONTRACT(ContractRetention);

TEST_P(ContractRetention, ByCountKeepsTheNewestAndTellsTheRest) {
  const TaskId task = created();
  const Cursor first = append(task, event());
  for (int i = 0; i < 5; ++i) append_all(task, notes(100));
  const Page page = read(task, {.after = first});
  EXPECT_EQ(page.anchor, Anchor::kTrimmed);
  EXPECT_EQ(page.last.seq, 501u);
  EXPECT_EQ(page.events.back().cursor, page.last);
  EXPECT_EQ(page.events.front().cursor, page.first);
  EXPECT_GE(page.events.size(), 100u);
  EXPECT_LE(page.events.size(), 300u);
  for (size_t at = 1; at < page.events.size(); ++at) {
    ASSERT_EQ(page.events[at].cursor.seq, page.events[at - 1].cursor.seq + 1);
  }
}

TEST_P(ContractRetention, ByCountHoldsForCommitsToo) {
  const TaskId task = created();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(tasks.commit({.task = task, .events = notes(100)}).ok());
  }
  EXPECT_LE(read(task).events.size(), 300u);
  EXPECT_EQ(read(task).last.seq, 500u);
}

}  // namespace
}  // namespace taskfeed::broker
