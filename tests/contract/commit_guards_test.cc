/// TaskStore::commit(): who may not, and that a refusal leaves no trace.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractCommitGuard : public Contract {
 protected:
  /// A commit that would change everything it can.
  Commit full_commit(const Claimed& held) {
    return {.task = held.lease.task,
            .lease = held.lease,
            .version = held.stored.version,
            .snapshot = snapshot_of(held.stored.task, TaskStatus::kRunning, R"({"new":1})"),
            .events = {event(types::kStarted), event()}};
  }
  void expect_untouched(const TaskId& task, const StoredTask& before) {
    const StoredTask now = tasks.load(task).value();
    EXPECT_EQ(now.version, before.version);
    EXPECT_EQ(now.state_json, before.state_json);
    EXPECT_EQ(now.task.status, before.task.status);
    EXPECT_EQ(now.task.last_event, before.task.last_event);
    EXPECT_EQ(now.folded, before.folded);
  }
};
TASKFEED_CONTRACT(ContractCommitGuard);

TEST_P(ContractCommitGuard, RefusesAnUnknownTask) {
  EXPECT_EQ(code_of(tasks.commit({.task = task("nobody"), .events = notes(1)})), Errc::kNotFound);
}

TEST_P(ContractCommitGuard, RefusesAnOlderVersion) {
  const Claimed held = claimed();
  ASSERT_TRUE(tasks.commit(full_commit(held)).ok());
  const StoredTask before = tasks.load(held.lease.task).value();
  EXPECT_EQ(code_of(tasks.commit(full_commit(held))), Errc::kConflict);
  Commit ahead = full_commit(held);
  ahead.version = before.version + 1;
  EXPECT_EQ(code_of(tasks.commit(ahead)), Errc::kConflict);
  expect_untouched(held.lease.task, before);
}

TEST_P(ContractCommitGuard, RefusesAWorkerWhoseLeaseAnotherTook) {
  const TaskId task = pending();
  const Claimed slow = leases.claim(task, worker("slow"), Milliseconds(20)).value();
  world->pass(Milliseconds(20));
  const Claimed next = leases.claim(task, worker("next"), kLong).value();
  const StoredTask before = tasks.load(task).value();
  EXPECT_EQ(code_of(tasks.commit(full_commit(slow))), Errc::kFenced);
  expect_untouched(task, before);
  EXPECT_TRUE(tasks.commit(full_commit(next)).ok());
}

TEST_P(ContractCommitGuard, RefusesAnOldTokenOfTheSameWorker) {
  const TaskId task = pending();
  const Claimed first = leases.claim(task, worker("w1"), Milliseconds(20)).value();
  world->pass(Milliseconds(20));
  const Claimed second = leases.claim(task, worker("w1"), kLong).value();
  ASSERT_GT(second.lease.token, first.lease.token);
  EXPECT_EQ(code_of(tasks.commit(full_commit(first))), Errc::kFenced);
}

TEST_P(ContractCommitGuard, RefusesAWorkerThatLetGo) {
  const Claimed held = claimed();
  ASSERT_TRUE(leases.release(held.lease, "").ok());
  EXPECT_EQ(code_of(tasks.commit(full_commit(held))), Errc::kFenced);
}

TEST_P(ContractCommitGuard, TakesALateCommitWhereNobodyElseCame) {
  const TaskId task = pending();
  const Claimed slow = leases.claim(task, worker("slow"), Milliseconds(20)).value();
  world->pass(Milliseconds(20));
  EXPECT_TRUE(tasks.commit(full_commit(slow)).ok());
}

TEST_P(ContractCommitGuard, RefusesWhoHasNoLeaseWhileAWorkerHasOne) {
  const Claimed held = claimed();
  Commit commit = full_commit(held);
  commit.lease.reset();
  EXPECT_EQ(code_of(tasks.commit(commit)), Errc::kConflict);
  expect_untouched(held.lease.task, held.stored);
}

TEST_P(ContractCommitGuard, TakesWhoHasNoLeaseOnceNoneStands) {
  const TaskId task = pending();
  const Claimed gone = leases.claim(task, worker("gone"), Milliseconds(20)).value();
  world->pass(Milliseconds(20));
  Commit commit = full_commit(gone);
  commit.lease.reset();
  EXPECT_TRUE(tasks.commit(commit).ok());
}

TEST_P(ContractCommitGuard, RefusesWhatComesAfterTheEnd) {
  const Claimed held = claimed();
  append(held.lease.task, event());
  ASSERT_TRUE(
      tasks
          .commit(
              {.task = held.lease.task, .lease = held.lease, .events = {event(types::kCancelled)}})
          .ok());
  const StoredTask before = tasks.load(held.lease.task).value();
  EXPECT_EQ(code_of(tasks.commit(full_commit(held))), Errc::kEnded);
  EXPECT_EQ(code_of(tasks.commit({.task = held.lease.task, .events = notes(1)})), Errc::kEnded);
  expect_untouched(held.lease.task, before);
}

TEST_P(ContractCommitGuard, RefusesAnEventBehindTheTerminalOne) {
  const Claimed held = claimed();
  Commit commit = full_commit(held);
  commit.events = {event(types::kCompleted), event()};
  EXPECT_EQ(code_of(tasks.commit(commit)), Errc::kEnded);
  expect_untouched(held.lease.task, held.stored);
}

TEST_P(ContractCommitGuard, RefusesMoreAtOnceThanIsPromised) {
  const Claimed held = claimed();
  Commit many = full_commit(held);
  many.events = notes(kAppendEventsMax + 1);
  EXPECT_EQ(code_of(tasks.commit(many)), Errc::kTooLarge);
  Commit large = full_commit(held);
  large.events.back().json.append(kEventBytesMax, ' ');
  EXPECT_EQ(code_of(tasks.commit(large)), Errc::kTooLarge);
  expect_untouched(held.lease.task, held.stored);
}

TEST_P(ContractCommitGuard, StoresNothingForWantOfMemory) {
  const Claimed held = claimed();
  world->set_full(true);
  EXPECT_EQ(code_of(tasks.commit(full_commit(held))), Errc::kFull);
  world->set_full(false);
  expect_untouched(held.lease.task, held.stored);
  EXPECT_TRUE(tasks.commit(full_commit(held)).ok());
}

}  // namespace
}  // namespace taskfeed::broker
