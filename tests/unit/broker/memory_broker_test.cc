/// What MemoryBroker has beyond the contract (tests/contract): time that a test moves, exact
/// bounds, and an observer.
#include "broker/memory_broker.h"

#include <gtest/gtest.h>

#include "support/clock.h"
#include "support/redis_world.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class MemoryBrokerTest : public ::testing::Test {
 protected:
  TaskId pending(std::string_view id) {
    TF_ASSERT(broker.create(a_task(id)).ok());
    TF_ASSERT(broker.execute(task(id), {ids.uuid7(), "", {}, queue("default")}).ok());
    return task(id);
  }
  Result<std::vector<Cursor>> append(const TaskId& task, size_t count) {
    std::vector<EncodedEvent> events;
    for (; count > 0; --count) events.push_back(an_event(ids, "Note"));
    return broker.append(task, events, {});
  }
  std::vector<QueueEntry> take(Milliseconds redeliver_after) {
    return broker
        .take({.queue = queue("default"),
               .worker = worker("w1"),
               .wait = Milliseconds(60'000),
               .redeliver_after = redeliver_after})
        .value();
  }

  ManualClock clock;
  SeededIdSource ids;
  MemoryBroker broker{clock, {.events_kept_max = 3}};
};

using MemoryTime = MemoryBrokerTest;
using MemoryHistory = MemoryBrokerTest;
using MemoryObserver = MemoryBrokerTest;

TEST_F(MemoryTime, EndsALeaseToTheMillisecond) {
  const TaskId task = pending("t1");
  ASSERT_TRUE(broker.claim(task, worker("w1"), Milliseconds(100)).ok());
  clock.advance(Milliseconds(99));
  EXPECT_FALSE(broker.claim(task, worker("w2"), Milliseconds(100)).ok());
  clock.advance(Milliseconds(1));
  EXPECT_TRUE(broker.claim(task, worker("w2"), Milliseconds(100)).ok());
}

TEST_F(MemoryTime, OfTheWallMovesNoLease) {
  const TaskId task = pending("t1");
  ASSERT_TRUE(broker.claim(task, worker("w1"), Milliseconds(100)).ok());
  clock.set_wall(clock.wall() + Milliseconds(100'000));
  EXPECT_FALSE(broker.claim(task, worker("w2"), Milliseconds(100)).ok());
}

TEST_F(MemoryTime, BringsEntriesBackToTheMillisecondAndNeverBlocks) {
  pending("t1");
  const QueueEntry entry = take(Milliseconds(50)).at(0);
  EXPECT_TRUE(take(Milliseconds(50)).empty()) << "at once, though it was to wait for a minute";
  clock.advance(Milliseconds(49));
  EXPECT_TRUE(take(Milliseconds(50)).empty());
  clock.advance(Milliseconds(1));
  ASSERT_EQ(take(Milliseconds(50)).size(), 1u);
  ASSERT_TRUE(broker.defer(queue("default"), entry, Milliseconds(30)).ok());
  clock.advance(Milliseconds(29));
  EXPECT_TRUE(take(Milliseconds(50)).empty());
  clock.advance(Milliseconds(1));
  EXPECT_EQ(take(Milliseconds(50)).size(), 1u);
}

TEST_F(MemoryHistory, KeepsExactlySoManyEvents) {
  const TaskId task = pending("t1");
  const auto cursors = append(task, 5).value();
  const Page page = broker.read(task, {}).value();
  ASSERT_EQ(page.events.size(), 3u);
  EXPECT_EQ(page.first, cursors[2]);
  EXPECT_EQ(broker.read(task, {.after = cursors[1]})->anchor, Anchor::kTrimmed);
}

TEST_F(MemoryObserver, SeesEachEventAsItIsStoredAndNothingElse) {
  std::vector<std::string> seen;
  broker.observe([&seen](const TaskId& task, const StoredEvent& event) {
    seen.push_back(task.str() + " " + std::to_string(event.cursor.seq) + " " + event.type);
  });
  const TaskId task = pending("t1");
  ASSERT_TRUE(append(task, 1).ok());
  broker.set_full(true);
  ASSERT_FALSE(append(task, 1).ok());
  broker.set_full(false);
  ASSERT_TRUE(broker.commit({.task = task, .events = {an_event(ids, types::kCompleted)}}).ok());
  ASSERT_FALSE(append(task, 1).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"_tasks 1 TaskCreated", "t1 1 Note",
                                            "t1 2 WorkflowCompleted"}));
}

}  // namespace
}  // namespace taskfeed::broker
