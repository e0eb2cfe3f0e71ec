/// WorkQueue: at least once, to one worker at a time.
#include <set>
#include <thread>

#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;
using Ids = std::vector<std::string>;

class ContractQueue : public Contract {
 protected:
  struct Asking {
    std::string_view by = "w1";
    size_t count = 1;
    Milliseconds redeliver_after = kLong;
    std::string_view queue = "default";
    std::optional<TaskId> only = std::nullopt;
  };
  std::vector<QueueEntry> take() { return take({}); }
  std::vector<QueueEntry> take(const Asking& asking) {
    return queue
        .take({.queue = testing::queue(asking.queue),
               .worker = worker(asking.by),
               .count = asking.count,
               .wait = Milliseconds(0),
               .redeliver_after = asking.redeliver_after,
               .only = asking.only})
        .value();
  }
  static Ids ids_of(const std::vector<QueueEntry>& entries) {
    Ids ids;
    for (const QueueEntry& entry : entries) ids.push_back(entry.task.str());
    return ids;
  }
  const QueueName name = testing::queue("default");
};
TASKFEED_CONTRACT(ContractQueue);

TEST_P(ContractQueue, IsEmptyAtFirst) {
  EXPECT_TRUE(take().empty());
  EXPECT_TRUE(queue.dead(name, 10)->empty());
}

TEST_P(ContractQueue, HandsOutInTheOrderOfArrivalAndNoMoreThanAskedFor) {
  for (const char* id : {"t1", "t2", "t3"}) pending(id);
  EXPECT_EQ(ids_of(take({.count = 2})), (Ids{"t1", "t2"}));
  EXPECT_EQ(ids_of(take({.by = "w2", .count = 2})), (Ids{"t3"}));
  EXPECT_TRUE(take({.count = 2}).empty());
}

TEST_P(ContractQueue, HandsEachEntryToOneOfManyWorkers) {
  for (int i = 0; i < 40; ++i) pending("t" + std::to_string(i));
  std::vector<Ids> got(4);
  std::vector<std::thread> workers;
  for (size_t w = 0; w < got.size(); ++w) {
    workers.emplace_back([&, w] {
      const std::string by = "w" + std::to_string(w);
      for (Ids more; !(more = ids_of(take({.by = by, .count = 3}))).empty();) {
        got[w].insert(got[w].end(), more.begin(), more.end());
      }
    });
  }
  for (std::thread& each : workers) each.join();
  size_t count = 0;
  std::set<std::string> distinct;
  for (const Ids& each : got) {
    count += each.size();
    distinct.insert(each.begin(), each.end());
  }
  EXPECT_EQ(count, 40u);
  EXPECT_EQ(distinct.size(), 40u);
}

TEST_P(ContractQueue, KeepsQueuesApart) {
  const TaskId task = created();
  ASSERT_TRUE(tasks.execute(task, {ids.uuid7(), "", {}, testing::queue("other")}).ok());
  EXPECT_TRUE(take().empty());
  EXPECT_EQ(ids_of(take({.queue = "other"})), (Ids{"t1"}));
}

TEST_P(ContractQueue, HandsWhatASilentWorkerHadToAnother) {
  pending();
  ASSERT_EQ(take({.by = "gone"}).size(), 1u);
  world->pass(Milliseconds(20));
  EXPECT_TRUE(take({.by = "w2"}).empty()) << "not yet";
  EXPECT_EQ(ids_of(take({.by = "w2", .redeliver_after = Milliseconds(20)})), (Ids{"t1"}));
}

TEST_P(ContractQueue, HandsOutNewEntriesBeforeThoseOfSilentWorkers) {
  pending("old");
  ASSERT_EQ(take({.by = "gone"}).size(), 1u);
  pending("new");
  world->pass(Milliseconds(20));
  EXPECT_EQ(ids_of(take({.by = "w2", .count = 2, .redeliver_after = Milliseconds(20)})),
            (Ids{"new", "old"}));
}

TEST_P(ContractQueue, KeepsWhatIsRenewedWithItsWorker) {
  const TaskId task = pending();
  ASSERT_EQ(take().size(), 1u);
  const Lease lease = leases.claim(task, worker("w1"), kLong).value().lease;
  // On a real clock the renewal must come through within the interval; however slow the machine
  // is, one of these is long enough.
  bool kept = false;
  for (Milliseconds after(50); !kept && after < Milliseconds(4'000); after *= 3) {
    world->pass(after);
    ASSERT_TRUE(leases.renew(lease, kLong).ok());
    kept = take({.by = "w2", .redeliver_after = after}).empty();
  }
  EXPECT_TRUE(kept);
}

TEST_P(ContractQueue, HandsOutNoMoreOfWhatIsDone) {
  pending();
  const auto taken = take();
  ASSERT_TRUE(queue.done(name, taken.at(0)).ok());
  world->pass(Milliseconds(20));
  EXPECT_TRUE(take({.redeliver_after = Milliseconds(0)}).empty());
  EXPECT_TRUE(queue.done(name, taken.at(0)).ok()) << "twice is once";
}

TEST_P(ContractQueue, HandsOneTaskAloneToWhoWantsNoOther) {
  const TaskId other = pending("t1");
  const TaskId own = pending("t2");
  pending("t3");
  EXPECT_TRUE(take({.only = task("unknown")}).empty());
  const auto taken = take({.only = own});
  EXPECT_EQ(ids_of(taken), (Ids{"t2"}));
  EXPECT_TRUE(take({.by = "w2", .only = own}).empty()) << "it has its worker";
  EXPECT_EQ(ids_of(take({.by = "w2", .redeliver_after = Milliseconds(0), .only = own})),
            (Ids{"t2"}));
  ASSERT_TRUE(queue.done(name, taken.at(0)).ok());
  EXPECT_TRUE(take({.redeliver_after = Milliseconds(0), .only = own}).empty());
  EXPECT_EQ(ids_of(take({.by = "w2", .count = 3})), (Ids{"t1", "t3"})) << "the others wait on";
  EXPECT_TRUE(take({.only = other}).empty()) << "another has it";
}

TEST_P(ContractQueue, GivesADeferredTaskBackToWhoWantsNoOther) {
  const TaskId own = pending();
  ASSERT_TRUE(queue.defer(name, take({.only = own}).at(0), Milliseconds(20)).ok());
  EXPECT_TRUE(take({.only = own}).empty()) << "not yet";
  world->pass(Milliseconds(20));
  EXPECT_EQ(ids_of(take({.only = own})), (Ids{"t1"}));
}

TEST_P(ContractQueue, GivesADeferredTaskBackNoEarlierThanAsked) {
  pending();
  ASSERT_TRUE(queue.defer(name, take().at(0), kLong).ok());
  world->pass(Milliseconds(20));
  EXPECT_TRUE(take({.redeliver_after = Milliseconds(0)}).empty());
  pending("t2");
  ASSERT_TRUE(queue.defer(name, take().at(0), Milliseconds(20)).ok());
  world->pass(Milliseconds(20));
  EXPECT_EQ(ids_of(take()), (Ids{"t2"}));
}

TEST_P(ContractQueue, ListsWhatWasSetAsideNewestFirst) {
  for (const char* id : {"t1", "t2", "t3"}) {
    pending(id);
    ASSERT_TRUE(queue.set_aside(name, take().at(0), "no reason: " + std::string(id)).ok());
  }
  world->pass(Milliseconds(20));
  EXPECT_TRUE(take({.redeliver_after = Milliseconds(0)}).empty());
  const auto dead = queue.dead(name, 10).value();
  ASSERT_EQ(dead.size(), 3u);
  EXPECT_EQ(dead[0].task, task("t3"));
  EXPECT_EQ(dead[0].last_error, "no reason: t3");
  EXPECT_EQ(dead[2].task, task("t1"));
  EXPECT_GT(dead[0].at, WallTime(Milliseconds(1'600'000'000'000)));
  EXPECT_GE(dead[0].at, dead[2].at);
  EXPECT_EQ(queue.dead(name, 2)->size(), 2u);
}

TEST_P(ContractQueue, KeepsAnErrorOfAnyTextAsideWithIts) {
  pending();
  const std::string error = "  line one\nline two \xE2\x82\xAC 12 ";
  ASSERT_TRUE(queue.set_aside(name, take().at(0), error).ok());
  EXPECT_EQ(queue.dead(name, 1)->at(0).last_error, error);
  pending("t2");
  ASSERT_TRUE(queue.set_aside(name, take().at(0), "").ok());
  EXPECT_EQ(queue.dead(name, 1)->at(0).last_error, "");
}

}  // namespace
}  // namespace taskfeed::broker
