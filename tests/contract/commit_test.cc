/// TaskStore::commit(): snapshot and events in one step.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractCommit : public Contract {};
TASKFEED_CONTRACT(ContractCommit);

TEST_P(ContractCommit, StoresSnapshotAndEventsAtOnce) {
  const Claimed held = claimed();
  const std::vector<EncodedEvent> events{event(types::kStarted), event()};
  Task next = held.stored.task;
  next.started_at = next.created_at + Milliseconds(5);
  next.total_cost = 4'100'000;
  const Committed committed =
      tasks
          .commit({.task = held.lease.task,
                   .lease = held.lease,
                   .version = held.stored.version,
                   .snapshot = snapshot_of(next, TaskStatus::kRunning, R"({"a":1})"),
                   .events = events})
          .value();
  EXPECT_EQ(committed.version, held.stored.version + 1);
  EXPECT_EQ(committed.cursors,
            (std::vector{Cursor{1, events[0].tag()}, Cursor{2, events[1].tag()}}));
  const StoredTask stored = tasks.load(held.lease.task).value();
  EXPECT_EQ(stored.version, committed.version);
  EXPECT_EQ(stored.state_json, R"({"a":1})");
  EXPECT_EQ(stored.folded, committed.cursors[1]);
  EXPECT_EQ(stored.task.status, TaskStatus::kRunning);
  EXPECT_EQ(stored.task.started_at, next.started_at);
  EXPECT_EQ(stored.task.total_cost, 4'100'000);
  EXPECT_EQ(stored.task.last_event, committed.cursors[1]);
  EXPECT_EQ(stored.holder, held.lease.worker);
  EXPECT_EQ(read(held.lease.task).events.size(), 2u);
}

TEST_P(ContractCommit, GivesTheWholeOutcomeBack) {
  const Claimed held = claimed();
  Task next = held.stored.task;
  next.completed_at = next.created_at + Milliseconds(70);
  next.error = TaskFailure{"step_failed", "exit \"1\""};
  next.result = "half\nof it";
  ASSERT_TRUE(tasks
                  .commit({.task = held.lease.task,
                           .lease = held.lease,
                           .version = held.stored.version,
                           .snapshot = snapshot_of(next, TaskStatus::kFailed, "{}"),
                           .events = {event(types::kFailed)}})
                  .ok());
  const Task stored = tasks.load(held.lease.task).value().task;
  EXPECT_EQ(stored.status, TaskStatus::kFailed);
  EXPECT_EQ(stored.completed_at, next.completed_at);
  EXPECT_EQ(stored.error, next.error);
  EXPECT_EQ(stored.result, next.result);
}

TEST_P(ContractCommit, DoesNotWriteTheRecord) {
  const Claimed held = claimed();
  Task other = a_task("t1", "someone-else");
  other.spec.description = "other";
  other.spec.labels = {{"a", "b"}};
  other.created_at += Milliseconds(99);
  ASSERT_TRUE(tasks
                  .commit({.task = held.lease.task,
                           .lease = held.lease,
                           .version = held.stored.version,
                           .snapshot = snapshot_of(other, TaskStatus::kRunning, "{}")})
                  .ok());
  const Task stored = tasks.load(held.lease.task).value().task;
  EXPECT_EQ(stored.spec, held.stored.task.spec);
  EXPECT_EQ(stored.created_at, held.stored.task.created_at);
  EXPECT_EQ(stored.execution, held.stored.task.execution) << "what execute() wrote, too";
  EXPECT_EQ(stored.query, "hello?");
  EXPECT_EQ(stored.streaming, true);
  EXPECT_EQ(stored.budget, (Json{{"usd", 0.5}}));
}

TEST_P(ContractCommit, MayBeASnapshotAlone) {
  const TaskId task = created();
  const Cursor cursor = append(task, event(types::kStarted));
  const StoredTask before = tasks.load(task).value();
  const Committed committed =
      tasks
          .commit({.task = task,
                   .version = before.version,
                   .snapshot = snapshot_of(before.task, TaskStatus::kRunning, R"({"b":2})")})
          .value();
  EXPECT_TRUE(committed.cursors.empty());
  EXPECT_EQ(committed.version, before.version + 1);
  const StoredTask after = tasks.load(task).value();
  EXPECT_EQ(after.state_json, R"({"b":2})");
  EXPECT_EQ(after.task.last_event, cursor);
}

TEST_P(ContractCommit, MayBeEventsAlone) {
  const Claimed held = claimed();
  const Committed committed =
      tasks.commit({.task = held.lease.task, .lease = held.lease, .events = notes(2)}).value();
  EXPECT_EQ(committed.cursors.size(), 2u);
  EXPECT_EQ(committed.version, held.stored.version) << "a version is a snapshot's";
  const StoredTask stored = tasks.load(held.lease.task).value();
  EXPECT_EQ(stored.folded, held.stored.folded);
  EXPECT_EQ(stored.task.last_event, committed.cursors.back());
}

TEST_P(ContractCommit, MovesTheStatusByItsEventsWhereItHasNoSnapshot) {
  const Claimed held = claimed();
  ASSERT_TRUE(tasks
                  .commit({.task = held.lease.task,
                           .lease = held.lease,
                           .events = {event(types::kStarted), event(types::kPaused)}})
                  .ok());
  EXPECT_EQ(status_of(held.lease.task), TaskStatus::kPaused);
}

TEST_P(ContractCommit, OfATerminalEventEndsTaskAndLease) {
  const Claimed held = claimed();
  // A snapshot that says otherwise does not bring the task back.
  ASSERT_TRUE(tasks
                  .commit({.task = held.lease.task,
                           .lease = held.lease,
                           .version = held.stored.version,
                           .snapshot = snapshot_of(held.stored.task, TaskStatus::kRunning, "{}"),
                           .events = {event(), event(types::kCompleted)}})
                  .ok());
  const StoredTask stored = tasks.load(held.lease.task).value();
  EXPECT_EQ(stored.task.status, TaskStatus::kCompleted);
  EXPECT_FALSE(stored.holder);
  EXPECT_EQ(code_of(leases.renew(held.lease, kLong)), Errc::kFenced);
  EXPECT_EQ(code_of(leases.claim(held.lease.task, worker("w2"), kLong)), Errc::kEnded);
}

TEST_P(ContractCommit, MayLetGoOfTheLease) {
  const Claimed held = claimed();
  ASSERT_TRUE(tasks
                  .commit({.task = held.lease.task,
                           .lease = held.lease,
                           .events = {event(types::kStarted)},
                           .release = true})
                  .ok());
  EXPECT_FALSE(tasks.load(held.lease.task)->holder);
  const Claimed next = leases.claim(held.lease.task, worker("w2"), kLong).value();
  EXPECT_GT(next.lease.token, held.lease.token);
  EXPECT_EQ(next.lease.claims, 1) << "the claim before ended in good order";
}

TEST_P(ContractCommit, TakesSignalsUpToTheOneItNames) {
  const Claimed held = claimed();
  const TaskId& task = held.lease.task;
  for (const SignalKind kind : {SignalKind::kPause, SignalKind::kResume, SignalKind::kCancel}) {
    ASSERT_TRUE(tasks.signal(task, {kind, "ann", "", ""}).ok());
  }
  const auto before = leases.renew(held.lease, kLong).value();
  ASSERT_EQ(before.size(), 3u);
  ASSERT_TRUE(
      tasks.commit({.task = task, .lease = held.lease, .signals_taken = before[1].id}).ok());
  const auto after = leases.renew(held.lease, kLong).value();
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0], before[2]);
}

class ContractCommitRepeat : public Contract {};
TASKFEED_CONTRACT(ContractCommitRepeat);

TEST_P(ContractCommitRepeat, AnswersWhatTheFirstDid) {
  const Claimed held = claimed();
  Commit commit{.task = held.lease.task,
                .lease = held.lease,
                .version = held.stored.version,
                .snapshot = snapshot_of(held.stored.task, TaskStatus::kRunning, R"({"a":1})"),
                .events = {event(types::kStarted), event()}};
  const Committed first = tasks.commit(commit).value();
  commit.maybe_repeated = true;
  const Committed again = tasks.commit(commit).value();
  EXPECT_EQ(again.cursors, first.cursors);
  EXPECT_EQ(again.version, first.version);
  EXPECT_EQ(read(commit.task).last.seq, 2u);
  EXPECT_EQ(tasks.load(commit.task)->version, first.version);
}

TEST_P(ContractCommitRepeat, OfTheTerminalEventIsAnsweredThoughTheLeaseIsGone) {
  const Claimed held = claimed();
  Commit commit{.task = held.lease.task,
                .lease = held.lease,
                .version = held.stored.version,
                .snapshot = snapshot_of(held.stored.task, TaskStatus::kCompleted, "{}"),
                .events = {event(types::kCompleted)}};
  const Committed first = tasks.commit(commit).value();
  commit.maybe_repeated = true;
  EXPECT_EQ(tasks.commit(commit).value().cursors, first.cursors);
}

TEST_P(ContractCommitRepeat, OfASnapshotAloneIsRecognised) {
  const Claimed held = claimed();
  Commit commit{.task = held.lease.task,
                .lease = held.lease,
                .version = held.stored.version,
                .snapshot = snapshot_of(held.stored.task, TaskStatus::kRunning, R"({"a":1})")};
  const Committed first = tasks.commit(commit).value();
  commit.maybe_repeated = true;
  EXPECT_EQ(tasks.commit(commit).value().version, first.version);
  commit.snapshot->state_json = R"({"a":2})";
  EXPECT_EQ(code_of(tasks.commit(commit)), Errc::kConflict) << "another snapshot stands there";
}

TEST_P(ContractCommitRepeat, ThatNeverArrivedIsMade) {
  const Claimed held = claimed();
  const Committed committed =
      tasks
          .commit({.task = held.lease.task,
                   .lease = held.lease,
                   .version = held.stored.version,
                   .snapshot = snapshot_of(held.stored.task, TaskStatus::kRunning, "{}"),
                   .events = {event(types::kStarted)},
                   .maybe_repeated = true})
          .value();
  EXPECT_EQ(committed.version, held.stored.version + 1);
  EXPECT_EQ(committed.cursors.size(), 1u);
}

TEST_P(ContractCommitRepeat, IsWholeOrRefused) {
  const Claimed held = claimed();
  const std::vector<EncodedEvent> events = notes(3);
  Commit commit{.task = held.lease.task, .lease = held.lease, .events = {events[0], events[1]}};
  ASSERT_TRUE(tasks.commit(commit).ok());
  append(commit.task, event());
  commit.maybe_repeated = true;
  for (const auto& [one, two] : {std::pair{0, 2}, std::pair{2, 1}}) {
    commit.events = {events[static_cast<size_t>(one)], events[static_cast<size_t>(two)]};
    EXPECT_EQ(code_of(tasks.commit(commit)), Errc::kConflict);
  }
  EXPECT_EQ(read(commit.task).last.seq, 3u);
}

TEST_P(ContractCommitRepeat, IsRecognisedBehindWhatOthersAppendedMeanwhile) {
  const Claimed held = claimed();
  Commit commit{.task = held.lease.task, .lease = held.lease, .events = notes(3)};
  const Committed first = tasks.commit(commit).value();
  append_all(commit.task, notes(kRepeatWindow - 3));
  commit.maybe_repeated = true;
  EXPECT_EQ(tasks.commit(commit).value().cursors, first.cursors);
}

}  // namespace
}  // namespace taskfeed::broker
