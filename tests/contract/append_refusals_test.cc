/// EventLog::append(): what is refused, whole, and leaves no trace.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractAppendRefusal : public Contract {
 protected:
  /// Nothing of what was refused is in history.
  void expect_last(const TaskId& task, uint64_t seq) {
    const Page page = read(task);
    EXPECT_EQ(page.last.seq, seq);
    EXPECT_EQ(page.events.size(), seq);
  }
};
TASKFEED_CONTRACT(ContractAppendRefusal);

TEST_P(ContractAppendRefusal, OfAnUnknownTask) {
  EXPECT_EQ(code_of(try_append(task("nobody"), notes(1), {})), Errc::kNotFound);
  EXPECT_EQ(code_of(try_append(task("nobody"), notes(1), {.maybe_repeated = true})),
            Errc::kNotFound);
  EXPECT_EQ(code_of(try_append(task("nobody"), {event(types::kStarted)}, {})), Errc::kNotFound);
  EXPECT_FALSE(read(task("nobody")).status);
}

TEST_P(ContractAppendRefusal, AfterEachTerminalEventWhoeverAsks) {
  for (const std::string_view end : {types::kCompleted, types::kFailed, types::kCancelled}) {
    const TaskId task = created("t-" + std::string(end));
    append(task, event(end));
    EXPECT_EQ(code_of(try_append(task, notes(1), {})), Errc::kEnded) << end;
    EXPECT_EQ(code_of(try_append(task, notes(1), {.maybe_repeated = true})), Errc::kEnded) << end;
    EXPECT_EQ(code_of(try_append(task, notes(1), {.create_stream = true})), Errc::kEnded) << end;
    for (const std::string_view other : {types::kStarted, types::kCompleted, types::kCancelled}) {
      EXPECT_EQ(code_of(try_append(task, {event(other)}, {})), Errc::kEnded) << end << other;
    }
    expect_last(task, 1);
  }
}

TEST_P(ContractAppendRefusal, OfAnEventBehindTheTerminalOneOfTheSameCall) {
  const TaskId task = created();
  const std::vector<EncodedEvent> events{event(), event(types::kCompleted), event()};
  EXPECT_EQ(code_of(try_append(task, events, {})), Errc::kEnded);
  expect_last(task, 0);
  EXPECT_EQ(status_of(task), TaskStatus::kSubmitted);
}

TEST_P(ContractAppendRefusal, OfLifecycleEventsWhileAWorkerHoldsTheTask) {
  const TaskId task = claimed().lease.task;
  for (const std::string_view type : types::kAll) {
    if (!is_lifecycle(type)) continue;
    EXPECT_EQ(code_of(try_append(task, {event(type)}, {})), Errc::kConflict) << type;
    EXPECT_EQ(code_of(try_append(task, {event(), event(type)}, {})), Errc::kConflict) << type;
  }
  expect_last(task, 0);
  append(task, event(types::kProgress));
  expect_last(task, 1);
}

TEST_P(ContractAppendRefusal, OfLifecycleEventsEndsWithTheLease) {
  const TaskId task = pending();
  ASSERT_TRUE(leases.claim(task, worker("w1"), Milliseconds(20)).ok());
  world->pass(Milliseconds(20));
  append(task, event(types::kStarted));
  EXPECT_EQ(status_of(task), TaskStatus::kRunning);
}

TEST_P(ContractAppendRefusal, OfMoreAtOnceThanIsPromised) {
  const TaskId task = created();
  EXPECT_EQ(code_of(try_append(task, notes(kAppendEventsMax + 1), {})), Errc::kTooLarge);
  EncodedEvent large = event();
  large.json.append(kEventBytesMax + 1 - large.json.size(), ' ');
  EXPECT_EQ(code_of(try_append(task, {event(), large}, {})), Errc::kTooLarge);
  expect_last(task, 0);
}

TEST_P(ContractAppendRefusal, ForWantOfMemoryStoresNothing) {
  const TaskId task = created();
  append(task, event());
  world->set_full(true);
  EXPECT_EQ(code_of(try_append(task, notes(2), {})), Errc::kFull);
  EXPECT_EQ(code_of(try_append(task, {event(types::kCompleted)}, {})), Errc::kFull);
  EXPECT_EQ(code_of(try_append(testing::task("new"), notes(1), {.create_stream = true})),
            Errc::kFull);
  world->set_full(false);
  expect_last(task, 1);
  EXPECT_EQ(status_of(task), TaskStatus::kSubmitted);
  EXPECT_FALSE(read(testing::task("new")).status);
  EXPECT_EQ(append(task, event()).seq, 2u) << "no seq was spent";
}

}  // namespace
}  // namespace taskfeed::broker
