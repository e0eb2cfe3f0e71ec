/// Signals: stored before they are answered, handed out until they are taken.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractSignal : public Contract {
 protected:
  Result<void> send(const TaskId& task, SignalKind kind, std::string by = "ann") {
    return tasks.signal(task, {kind, std::move(by), "because", "ignored"});
  }
  /// What take() finds at once.
  std::vector<QueueEntry> take() {
    return queue
        .take({.queue = testing::queue("default"), .worker = worker("w1"), .wait = Milliseconds(0)})
        .value();
  }
};
TASKFEED_CONTRACT(ContractSignal);

TEST_P(ContractSignal, IsHandedOutWithTheClaimAndWithEachRenewal) {
  const TaskId task = pending();
  ASSERT_TRUE(send(task, SignalKind::kPause, "ann").ok());
  const Claimed held = leases.claim(task, worker("w1"), kLong).value();
  ASSERT_EQ(held.signals.size(), 1u);
  EXPECT_EQ(held.signals[0].kind, SignalKind::kPause);
  EXPECT_EQ(held.signals[0].by, "ann");
  EXPECT_EQ(held.signals[0].reason, "because");
  ASSERT_TRUE(send(task, SignalKind::kCancel, "ben").ok());
  const auto signals = leases.renew(held.lease, kLong).value();
  ASSERT_EQ(signals.size(), 2u);
  EXPECT_EQ(signals[0], held.signals[0]);
  EXPECT_EQ(signals[1].by, "ben");
  EXPECT_EQ(leases.renew(held.lease, kLong).value(), signals) << "until they are taken";
}

TEST_P(ContractSignal, HasAnIdThatNamesItAndNoOther) {
  const Claimed held = claimed();
  for (int i = 0; i < 12; ++i) ASSERT_TRUE(send(held.lease.task, SignalKind::kPause).ok());
  const auto signals = leases.renew(held.lease, kLong).value();
  ASSERT_EQ(signals.size(), 12u);
  // Each id takes exactly the signals up to its own.
  for (size_t at = 0; at < signals.size(); at += 4) {
    ASSERT_TRUE(
        tasks
            .commit({.task = held.lease.task, .lease = held.lease, .signals_taken = signals[at].id})
            .ok());
    EXPECT_EQ(leases.renew(held.lease, kLong)->size(), signals.size() - at - 1);
  }
}

TEST_P(ContractSignal, OutlivesTheWorkerThatDidNotAnswerIt) {
  const TaskId task = pending();
  ASSERT_TRUE(leases.claim(task, worker("w1"), Milliseconds(20)).ok());
  ASSERT_TRUE(send(task, SignalKind::kCancel).ok());
  world->pass(Milliseconds(20));
  EXPECT_EQ(leases.claim(task, worker("w2"), kLong)->signals.size(), 1u);
}

TEST_P(ContractSignal, IsRefusedByWhatIsNotThereOrHasEnded) {
  EXPECT_EQ(code_of(send(task("nobody"), SignalKind::kCancel)), Errc::kNotFound);
  const TaskId ended = created();
  append(ended, event(types::kCompleted));
  EXPECT_EQ(code_of(send(ended, SignalKind::kCancel)), Errc::kEnded);
}

TEST_P(ContractSignal, IsRefusedForWantOfMemory) {
  const Claimed held = claimed();
  world->set_full(true);
  EXPECT_EQ(code_of(send(held.lease.task, SignalKind::kCancel)), Errc::kFull);
  world->set_full(false);
  EXPECT_TRUE(leases.renew(held.lease, kLong)->empty());
}

TEST_P(ContractSignal, WakesTheWorkerThatHoldsTheLease) {
  const Claimed held = claimed();
  ASSERT_TRUE(queue.wait_for_signals(worker("w1"), Milliseconds(0)).ok());
  ASSERT_TRUE(send(held.lease.task, SignalKind::kPause).ok());
  const auto woken = queue.wait_for_signals(worker("w1"), Milliseconds(10'000));
  ASSERT_TRUE(woken.ok());
  EXPECT_EQ(*woken, std::vector<TaskId>{held.lease.task});
  EXPECT_TRUE(queue.wait_for_signals(worker("w1"), Milliseconds(0))->empty()) << "once";
}

TEST_P(ContractSignal, WakesNobodyElse) {
  const Claimed held = claimed();
  ASSERT_TRUE(queue.wait_for_signals(worker("w2"), Milliseconds(0)).ok());
  ASSERT_TRUE(send(held.lease.task, SignalKind::kPause).ok());
  EXPECT_TRUE(queue.wait_for_signals(worker("w2"), Milliseconds(0))->empty());
}

TEST_P(ContractSignal, ToResumePutsATaskWithoutAWorkerBackIntoItsQueue) {
  const TaskId task = pending();
  const auto taken = take();
  ASSERT_EQ(taken.size(), 1u);
  ASSERT_TRUE(queue.done(testing::queue("default"), taken[0]).ok());
  append(task, event(types::kPaused));
  for (const SignalKind kind : {SignalKind::kPause, SignalKind::kCancel}) {
    ASSERT_TRUE(send(task, kind).ok());
    EXPECT_TRUE(take().empty());
  }
  ASSERT_TRUE(send(task, SignalKind::kResume).ok());
  const auto again = take();
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].task, task);
}

TEST_P(ContractSignal, ThatAnswersCarriesItsCallAndItsText) {
  const TaskId task = pending();
  ASSERT_TRUE(tasks.signal(task, {SignalKind::kInput, "ann", "", "", "c1", "1.2\n3"}).ok());
  const auto stored = tasks.load(task).value().signals;
  ASSERT_EQ(stored.size(), 1u);
  EXPECT_EQ(stored[0].call, "c1");
  EXPECT_EQ(stored[0].text, "1.2\n3");
  EXPECT_EQ(leases.claim(task, worker("w1"), kLong)->signals, stored);
}

TEST_P(ContractSignal, ThatAnswersPutsATaskWithoutAWorkerBackIntoItsQueue) {
  const TaskId task = pending();
  append(task, event(types::kStarted));
  for (const SignalKind kind : {SignalKind::kApprove, SignalKind::kRefuse, SignalKind::kInput,
                                SignalKind::kPause, SignalKind::kCancel}) {
    for (const QueueEntry& entry : take()) {
      ASSERT_TRUE(queue.done(testing::queue("default"), entry).ok());
    }
    ASSERT_TRUE(send(task, kind).ok());
    EXPECT_EQ(take().size(), 1u) << to_string(kind) << " to a running task that nobody holds";
  }
}

TEST_P(ContractSignal, ToResumeLeavesTheQueueAloneWhileAWorkerHoldsTheTask) {
  const Claimed held = claimed();
  ASSERT_TRUE(queue.done(testing::queue("default"), take().at(0)).ok());
  ASSERT_TRUE(send(held.lease.task, SignalKind::kResume).ok());
  EXPECT_TRUE(take().empty());
}

}  // namespace
}  // namespace taskfeed::broker
