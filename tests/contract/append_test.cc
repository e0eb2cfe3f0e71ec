/// EventLog::append(): what is stored, in which order, and once.
#include <set>
#include <thread>

#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;
using Seqs = std::vector<uint64_t>;

class ContractAppend : public Contract {};
TASKFEED_CONTRACT(ContractAppend);

TEST_P(ContractAppend, CountsFromOneAndNamesEachEventByItsTag) {
  const TaskId task = created();
  const std::vector<EncodedEvent> events = notes(3);
  EXPECT_EQ(append_all(task, {events[0]}), (std::vector{Cursor{1, events[0].tag()}}));
  EXPECT_EQ(append_all(task, {events[1], events[2]}),
            (std::vector{Cursor{2, events[1].tag()}, Cursor{3, events[2].tag()}}));
}

TEST_P(ContractAppend, KeepsWhatItWasGivenByteForByte) {
  const TaskId task = created();
  EncodedEvent hostile = event("Type.of/others-é");
  hostile.json =
      "{\"event_id\":\"" + hostile.id.str() + "\",\"a\":\"\r\n\t \\u0000 \xF0\x9F\x8C\x8D'\"}";
  const Cursor cursor = append(task, hostile);
  EXPECT_EQ(read(task).events,
            std::vector<StoredEvent>{(StoredEvent{cursor, hostile.type, hostile.json})});
}

TEST_P(ContractAppend, OfNothingIsNothing) {
  EXPECT_EQ(append_all(created(), {}), std::vector<Cursor>{});
}

TEST_P(ContractAppend, KeepsTasksApart) {
  const TaskId one = created("t1");
  const TaskId two = created("t2");
  append_all(one, notes(2));
  EXPECT_EQ(append(two, event()).seq, 1u);
  EXPECT_EQ(seqs(read(one)), (Seqs{1, 2}));
}

TEST_P(ContractAppend, TakesAsMuchAtOnceAsIsPromised) {
  const TaskId task = created();
  const auto cursors = append_all(task, notes(kAppendEventsMax));
  ASSERT_EQ(cursors.size(), kAppendEventsMax);
  for (size_t at = 0; at < cursors.size(); ++at) ASSERT_EQ(cursors[at].seq, at + 1);
  EncodedEvent large = event();
  large.json.append(kEventBytesMax - large.json.size(), ' ');
  EXPECT_EQ(append(task, large).seq, kAppendEventsMax + 1);
}

TEST_P(ContractAppend, LeavesNoHoleBetweenWritersThatWriteAtOnce) {
  constexpr size_t kWriters = 4;
  constexpr size_t kRounds = 25;
  const TaskId task = created();
  std::vector<std::vector<Cursor>> answered(kWriters);
  std::vector<std::thread> writers;
  for (size_t w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (size_t round = 0; round < kRounds; ++round) {
        const auto cursors = append_all(task, notes(3));
        // The events of one call stand together.
        EXPECT_EQ(cursors[1].seq, cursors[0].seq + 1);
        EXPECT_EQ(cursors[2].seq, cursors[0].seq + 2);
        answered[w].insert(answered[w].end(), cursors.begin(), cursors.end());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::set<Cursor> all;
  for (const auto& cursors : answered) all.insert(cursors.begin(), cursors.end());
  std::set<Cursor> stored;
  for (const StoredEvent& event : read(task).events) stored.insert(event.cursor);
  EXPECT_EQ(stored, all);
  EXPECT_EQ(stored.size(), kWriters * kRounds * 3);
  EXPECT_EQ(stored.rbegin()->seq, kWriters * kRounds * 3);
}

TEST_P(ContractAppend, MovesTheStatusWithEachLifecycleEvent) {
  const TaskId task = created();
  const std::vector<std::pair<std::string_view, TaskStatus>> life{
      {types::kStarted, TaskStatus::kRunning},
      {"Note", TaskStatus::kRunning},
      {types::kPaused, TaskStatus::kPaused},
      {types::kResumed, TaskStatus::kRunning},
      {types::kFailed, TaskStatus::kFailed}};
  for (const auto& [type, status] : life) {
    append(task, event(type));
    EXPECT_EQ(status_of(task), status) << type;
    EXPECT_EQ(read(task).status, status) << type;
  }
}

TEST_P(ContractAppend, StoresALifecycleEventThatMovesNothing) {
  const TaskId task = created();
  append(task, event(types::kPaused));
  EXPECT_EQ(status_of(task), TaskStatus::kSubmitted);
  EXPECT_EQ(read(task).last.seq, 1u);
}

TEST_P(ContractAppend, IsTheLastEventOfTheTask) {
  const TaskId task = created();
  EXPECT_FALSE(tasks.load(task)->task.last_event);
  const Cursor cursor = append(task, event());
  EXPECT_EQ(tasks.load(task)->task.last_event, cursor);
}

TEST_P(ContractAppend, MayMakeAStreamThatNoCreateMade) {
  const EncodedEvent first = event();
  EXPECT_EQ(append(task("foreign"), first, {.create_stream = true}), (Cursor{1, first.tag()}));
  EXPECT_EQ(append(task("foreign"), event(types::kStarted), {.create_stream = true}).seq, 2u);
  EXPECT_EQ(append(task("foreign"), event()).seq, 3u) << "from now on the stream is there";
  EXPECT_EQ(read(task("foreign")).status, TaskStatus::kRunning);
}

class ContractRepeat : public Contract {};
TASKFEED_CONTRACT(ContractRepeat);

TEST_P(ContractRepeat, AnswersTheSameCursorAndStoresNothing) {
  const TaskId task = created();
  const std::vector<EncodedEvent> events = notes(3);
  const auto cursors = append_all(task, events);
  EXPECT_EQ(append_all(task, events, {.maybe_repeated = true}), cursors);
  EXPECT_EQ(append_all(task, {events[1]}, {.maybe_repeated = true}), (std::vector{cursors[1]}));
  EXPECT_EQ(read(task).last.seq, 3u);
}

TEST_P(ContractRepeat, OfWhatIsNewIsAnAppend) {
  const TaskId task = created();
  EXPECT_EQ(append(task, event(), {.maybe_repeated = true}).seq, 1u);
  EXPECT_EQ(append(task, event(), {.maybe_repeated = true}).seq, 2u);
}

TEST_P(ContractRepeat, StoresWhatIsNewBesideWhatIsKnown) {
  const TaskId task = created();
  const std::vector<EncodedEvent> events = notes(4);
  append_all(task, {events[0], events[1]});
  const auto cursors =
      append_all(task, {events[2], events[1], events[3]}, {.maybe_repeated = true});
  EXPECT_EQ(cursors, (std::vector{Cursor{3, events[2].tag()}, Cursor{2, events[1].tag()},
                                  Cursor{4, events[3].tag()}}));
  EXPECT_EQ(seqs(read(task)), (Seqs{1, 2, 3, 4}));
}

TEST_P(ContractRepeat, IsRecognisedAmongTheLastOfHistory) {
  const TaskId task = created();
  const EncodedEvent old = event();
  const Cursor cursor = append(task, old);
  append_all(task, notes(kRepeatWindow - 1));
  EXPECT_EQ(append(task, old, {.maybe_repeated = true}), cursor);
}

TEST_P(ContractRepeat, IsTheSameEventOnlyByItsId) {
  const TaskId task = created();
  const EncodedEvent one = event();
  append(task, one);
  // Another id with the same low bits, and so the same tag.
  std::array<uint8_t, 16> bytes = one.id.bytes();
  bytes[0] ^= 0xFF;
  const Uuid other_id(bytes);
  const EncodedEvent other{other_id, "Note", R"({"event_id":")" + other_id.str() + "\"}"};
  ASSERT_EQ(other.tag(), one.tag());
  EXPECT_EQ(append(task, other, {.maybe_repeated = true}), (Cursor{2, one.tag()}));
}

TEST_P(ContractRepeat, OfTheTerminalEventAnswersItsCursor) {
  const TaskId task = created();
  const EncodedEvent end = event(types::kCompleted);
  const Cursor cursor = append(task, end);
  EXPECT_EQ(append(task, end, {.maybe_repeated = true}), cursor);
  EXPECT_EQ(read(task).last, cursor);
}

TEST_P(ContractRepeat, OfALifecycleEventIsFineWhileAWorkerHoldsTheTask) {
  const TaskId task = pending();
  const EncodedEvent start = event(types::kStarted);
  const Cursor cursor = append(task, start);
  ASSERT_TRUE(leases.claim(task, worker("w1"), kLong).ok());
  EXPECT_EQ(append(task, start, {.maybe_repeated = true}), cursor);
}

}  // namespace
}  // namespace taskfeed::broker
