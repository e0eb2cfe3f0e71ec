/// LeaseStore: one holder, a token that only grows, and claims that are counted.
#include <atomic>
#include <thread>

#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

constexpr Milliseconds kShort{20};

class ContractLease : public Contract {
 protected:
  /// The lease of a worker that went silent; it has run out.
  Lease lapsed(const TaskId& task, std::string_view by = "gone") {
    const Lease lease = leases.claim(task, worker(by), kShort).value().lease;
    world->pass(kShort);
    return lease;
  }
};
TASKFEED_CONTRACT(ContractLease);

TEST_P(ContractLease, ComesWithTheTaskAsStored) {
  const TaskId task = pending();
  append(task, event());
  const Claimed held = leases.claim(task, worker("w1"), kLong).value();
  EXPECT_EQ(held.lease.task, task);
  EXPECT_EQ(held.lease.worker, worker("w1"));
  EXPECT_EQ(held.lease.claims, 1);
  EXPECT_EQ(held.stored.task.status, TaskStatus::kPending);
  EXPECT_EQ(held.stored.task.query, "hello?");
  EXPECT_EQ(held.stored.task.streaming, true);
  EXPECT_EQ(held.stored.task.budget, (Json{{"usd", 0.5}}));
  EXPECT_EQ(held.stored.task.last_event->seq, 1u);
  EXPECT_EQ(held.stored.holder, worker("w1"));
  EXPECT_TRUE(held.stored.state_json.empty());
  EXPECT_TRUE(held.signals.empty());
  EXPECT_EQ(tasks.load(task)->holder, worker("w1"));
}

TEST_P(ContractLease, HasOneHolder) {
  const Claimed held = claimed();
  EXPECT_EQ(code_of(leases.claim(held.lease.task, worker("w2"), kLong)), Errc::kConflict);
  EXPECT_EQ(code_of(leases.claim(held.lease.task, worker("w1"), kLong)), Errc::kConflict)
      << "not even again to the same";
}

TEST_P(ContractLease, GoesToOneOfManyThatAskAtOnce) {
  const TaskId task = pending();
  std::atomic<int> won{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&, i] {
      if (leases.claim(task, worker("w" + std::to_string(i)), kLong).ok()) ++won;
    });
  }
  for (std::thread& each : workers) each.join();
  EXPECT_EQ(won, 1);
}

TEST_P(ContractLease, EndsByItselfAndIsTakenOverWithANewerToken) {
  const TaskId task = pending();
  const Lease old = lapsed(task);
  EXPECT_FALSE(tasks.load(task)->holder);
  const Lease taken = leases.claim(task, worker("w2"), kLong).value().lease;
  EXPECT_GT(taken.token, old.token);
  EXPECT_EQ(taken.claims, 2);
  EXPECT_EQ(code_of(leases.renew(old, kLong)), Errc::kFenced);
  EXPECT_EQ(code_of(leases.release(old, "late")), Errc::kFenced);
  EXPECT_EQ(tasks.load(task)->holder, worker("w2"));
}

TEST_P(ContractLease, LastsWhileItIsRenewed) {
  const TaskId task = pending();
  const Lease lease = leases.claim(task, worker("w1"), kShort).value().lease;
  ASSERT_TRUE(leases.renew(lease, kLong).ok());
  world->pass(kShort);
  EXPECT_EQ(code_of(leases.claim(task, worker("w2"), kLong)), Errc::kConflict);
}

TEST_P(ContractLease, ComesBackToAHolderThatIsLateAndAlone) {
  const TaskId task = pending();
  const Lease late = lapsed(task);
  ASSERT_TRUE(leases.renew(late, kLong).ok());
  EXPECT_EQ(code_of(leases.claim(task, worker("w2"), kLong)), Errc::kConflict);
}

TEST_P(ContractLease, OfAnUnknownTaskIsNotFound) {
  EXPECT_EQ(code_of(leases.claim(task("nobody"), worker("w1"), kLong)), Errc::kNotFound);
  const Lease lease{task("nobody"), worker("w1"), 1, 1};
  EXPECT_EQ(code_of(leases.renew(lease, kLong)), Errc::kNotFound);
  EXPECT_EQ(code_of(leases.release(lease, "")), Errc::kNotFound);
}

TEST_P(ContractLease, IsNotGivenWhereThereIsNothingToDo) {
  EXPECT_EQ(code_of(leases.claim(created("fresh"), worker("w1"), kLong)), Errc::kConflict);
  const TaskId paused = pending("paused");
  append(paused, event(types::kPaused));
  EXPECT_EQ(code_of(leases.claim(paused, worker("w1"), kLong)), Errc::kConflict);
  const TaskId ended = pending("ended");
  append(ended, event(types::kCancelled));
  EXPECT_EQ(code_of(leases.claim(ended, worker("w1"), kLong)), Errc::kEnded);
}

TEST_P(ContractLease, IsGivenOnAPausedTaskThatASignalWaitsFor) {
  const TaskId task = pending();
  append(task, event(types::kPaused));
  ASSERT_TRUE(tasks.signal(task, {SignalKind::kCancel, "ann", "enough", ""}).ok());
  const Claimed held = leases.claim(task, worker("w1"), kLong).value();
  ASSERT_EQ(held.signals.size(), 1u);
  EXPECT_EQ(held.signals[0].kind, SignalKind::kCancel);
}

TEST_P(ContractLease, IsNotGivenForWantOfMemory) {
  const TaskId task = pending();
  world->set_full(true);
  EXPECT_EQ(code_of(leases.claim(task, worker("w1"), kLong)), Errc::kFull);
  world->set_full(false);
  EXPECT_EQ(leases.claim(task, worker("w1"), kLong).value().lease.claims, 1);
}

TEST_P(ContractLease, IsRenewedAndReleasedWithoutMemory) {
  const Claimed held = claimed();
  world->set_full(true);
  EXPECT_TRUE(leases.renew(held.lease, kLong).ok());
  EXPECT_TRUE(leases.release(held.lease, "no memory").ok());
  world->set_full(false);
  EXPECT_EQ(tasks.load(held.lease.task)->last_error, "no memory");
}

TEST_P(ContractLease, IsFreeAtOnceWhenItIsReleased) {
  const Claimed held = claimed();
  ASSERT_TRUE(leases.release(held.lease, "").ok());
  EXPECT_FALSE(tasks.load(held.lease.task)->holder);
  EXPECT_EQ(code_of(leases.release(held.lease, "")), Errc::kFenced);
  EXPECT_TRUE(leases.claim(held.lease.task, worker("w2"), kLong).ok());
}

class ContractClaims : public ContractLease {
 protected:
  Lease claim(const TaskId& task) { return leases.claim(task, worker("w"), kLong).value().lease; }
};
TASKFEED_CONTRACT(ContractClaims);

TEST_P(ContractClaims, AreCountedWhileTheyEndBadly) {
  const TaskId task = pending();
  lapsed(task);
  const Lease second = claim(task);
  EXPECT_EQ(second.claims, 2);
  ASSERT_TRUE(leases.release(second, "exploded").ok());
  EXPECT_EQ(tasks.load(task)->last_error, "exploded");
  EXPECT_EQ(claim(task).claims, 3);
}

TEST_P(ContractClaims, StartAnewAfterAReleaseWithoutAnError) {
  const TaskId task = pending();
  lapsed(task);
  ASSERT_TRUE(leases.release(claim(task), "").ok());
  EXPECT_EQ(claim(task).claims, 1);
}

TEST_P(ContractClaims, StartAnewAfterACommitThatLetsGo) {
  const TaskId task = pending();
  lapsed(task);
  ASSERT_TRUE(tasks.commit({.task = task, .lease = claim(task), .release = true}).ok());
  EXPECT_EQ(claim(task).claims, 1);
}

TEST_P(ContractClaims, GoOnAfterACommitThatKeepsTheLease) {
  const TaskId task = pending();
  const Lease lease = leases.claim(task, worker("w"), kShort).value().lease;
  ASSERT_TRUE(tasks.commit({.task = task, .lease = lease, .events = notes(1)}).ok());
  world->pass(kShort);
  EXPECT_EQ(claim(task).claims, 2);
}

TEST_P(ContractClaims, StartAnewAfterACommitThatGotTheTaskFurther) {
  const TaskId task = pending();
  lapsed(task);
  const Lease lease = leases.claim(task, worker("w"), kShort).value().lease;
  EXPECT_EQ(lease.claims, 2);
  ASSERT_TRUE(
      tasks.commit({.task = task, .lease = lease, .events = notes(1), .progress = true}).ok());
  EXPECT_TRUE(leases.renew(lease, kShort).ok()) << "the lease stands";
  world->pass(kShort);
  EXPECT_EQ(claim(task).claims, 1);
}

TEST_P(ContractClaims, AreNotForgottenByACommitOfSomebodyElse) {
  const TaskId task = pending();
  ASSERT_TRUE(leases.release(claim(task), "exploded").ok());
  ASSERT_TRUE(tasks.commit({.task = task, .events = notes(1)}).ok());
  EXPECT_EQ(claim(task).claims, 2);
}

}  // namespace
}  // namespace taskfeed::broker
