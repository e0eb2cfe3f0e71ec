/// publish: what is taken, what is folded with it, and what a repeat answers.
#include "service_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;
using Words = std::vector<std::string>;

class ServicePublish : public ServiceWorld {
 protected:
  static PublishInput input(std::string_view type, Json json = Json::object()) {
    return {std::string(type), std::move(json), false};
  }
  /// With an id, as a publisher that repeats itself writes it.
  PublishInput named(std::string_view type, Json json = Json::object()) {
    json["event_id"] = ids.uuid7().str();
    return {std::string(type), std::move(json), false};
  }
  static std::vector<uint64_t> seqs(const Result<std::vector<Cursor>>& cursors) {
    EXPECT_TRUE(cursors.ok()) << cursors.error().text;
    std::vector<uint64_t> all;
    if (!cursors.ok()) return all;
    for (const Cursor& cursor : *cursors) all.push_back(cursor.seq);
    return all;
  }
  using Seqs = std::vector<uint64_t>;
};

TEST_F(ServicePublish, AddsWhatTheTaskKnows) {
  const TaskId id = task_in(TaskStatus::kRunning);
  const auto cursors = service_.publish(id, {input("Note", {{"text", "hi"}})}).value();
  const Event event = decode_event(service_.events(id, {})->events.back().json).value();
  EXPECT_EQ(event.task, id);
  EXPECT_EQ(event.agent, agent("builder"));
  EXPECT_EQ(event.execution, service_.get(id)->execution);
  EXPECT_EQ(event.time, clock.wall());
  EXPECT_EQ(event.payload, (Json{{"text", "hi"}}));
  EXPECT_EQ(cursors[0].tag, event.id.low32());
}

TEST_F(ServicePublish, OfNothingIsNothing) {
  EXPECT_TRUE(service_.publish(submitted(), {})->empty());
}

TEST_F(ServicePublish, IsAllOrNothing) {
  const TaskId id = submitted("theirs");
  const auto refused = service_.publish(id, {input("Note"), input("two words")});
  EXPECT_EQ(code_of(refused), Errc::kInvalid);
  EXPECT_TRUE(refused.error().text.starts_with("event 2: ")) << refused.error().text;
  EXPECT_EQ(code_of(service_.publish(id, {input("Note"), input("", {{"task_id", "other"}})})),
            Errc::kInvalid);
  EXPECT_EQ(
      code_of(service_.publish(id, {input("Note", {{"text", std::string(kEventBytesMax, 'x')}})})),
      Errc::kTooLarge);
  EXPECT_EQ(code_of(service_.publish(
                id, std::vector<PublishInput>(broker::kAppendEventsMax + 1, input("Note")))),
            Errc::kTooLarge);
  EXPECT_TRUE(types_of(id).empty());
}

TEST_F(ServicePublish, MovesAndFoldsTheTaskThatIsExecutedElsewhere) {
  const TaskId id = submitted("theirs");
  ASSERT_TRUE(service_.publish(id, {input(types::kStarted, {{"goal", "g"}})}).ok());
  EXPECT_EQ(service_.get(id)->status, TaskStatus::kRunning);
  clock.advance(Milliseconds(500));
  ASSERT_TRUE(
      service_
          .publish(id, {input("Note"), input(types::kStepCompleted, {{"step", 0}, {"cost", 0.5}}),
                        input(types::kCompleted, {{"final_response", "done"}})})
          .ok());
  const Task task = service_.get(id).value();
  EXPECT_EQ(task.status, TaskStatus::kCompleted);
  EXPECT_EQ(task.result, "done");
  EXPECT_EQ(task.total_cost, 500'000'000);
  EXPECT_EQ(*task.completed_at - *task.started_at, Milliseconds(500));
  EXPECT_EQ(task.last_event->seq, 4u);
  EXPECT_EQ(broker.load(id)->task.result, "done") << "kept with the events, not made up by get()";
}

TEST_F(ServicePublish, IsRefusedAfterTheEnd) {
  const TaskId id = task_in(TaskStatus::kCompleted);
  EXPECT_EQ(code_of(service_.publish(id, {input("Note")})), Errc::kEnded);
  EXPECT_EQ(code_of(service_.publish(id, {input(types::kFailed)})), Errc::kEnded);
  const TaskId other = submitted("theirs");
  EXPECT_EQ(code_of(service_.publish(other, {input(types::kCompleted), input("Note")})),
            Errc::kEnded);
  EXPECT_TRUE(types_of(other).empty());
}

TEST_F(ServicePublish, OfALifecycleEventIsTheWorkersWhileOneHoldsTheTask) {
  const TaskId id = task_in(TaskStatus::kPending);
  ASSERT_TRUE(broker.claim(id, worker("w1"), Milliseconds(60'000)).ok());
  EXPECT_EQ(code_of(service_.publish(id, {input(types::kCompleted)})), Errc::kConflict);
  EXPECT_EQ(seqs(service_.publish(id, {input("Note")})), Seqs{1});
}

class ServiceRepeat : public ServicePublish {};

TEST_F(ServiceRepeat, OfAnEventWithAnIdAnswersItsCursor) {
  const TaskId id = submitted("theirs");
  for (const PublishInput& event :
       {named("Note"), named(types::kStarted), named("Note"), named(types::kCompleted)}) {
    const auto first = service_.publish(id, {event}).value();
    EXPECT_EQ(service_.publish(id, {event}).value(), first) << event.type;
  }
  EXPECT_EQ(types_of(id), (Words{"Note", "WorkflowStarted", "Note", "WorkflowCompleted"}));
}

TEST_F(ServiceRepeat, OfAWholeCallAnswersItsCursors) {
  const TaskId id = submitted("theirs");
  const std::vector<PublishInput> events{named(types::kStarted), named("Note"), named("Note")};
  const auto first = service_.publish(id, events).value();
  EXPECT_EQ(service_.publish(id, events).value(), first);
  EXPECT_EQ(types_of(id).size(), 3u);
}

TEST_F(ServiceRepeat, StoresWhatIsNewBesideALifecycleEventThatIsKnown) {
  const TaskId id = submitted("theirs");
  const PublishInput started = named(types::kStarted);
  ASSERT_TRUE(service_.publish(id, {started}).ok());
  EXPECT_EQ(seqs(service_.publish(id, {started, named("Note")})), (Seqs{1, 2}));
  EXPECT_EQ(seqs(service_.publish(id, {named("Note"), started})), (Seqs{3, 1}));
  EXPECT_EQ(types_of(id), (Words{"WorkflowStarted", "Note", "Note"}));
}

TEST_F(ServiceRepeat, WithinOneCallIsStoredOnce) {
  const TaskId id = submitted("theirs");
  const PublishInput note = named("Note");
  EXPECT_EQ(seqs(service_.publish(id, {note, named("Other"), note})), (Seqs{1, 2, 1}));
  const PublishInput started = named(types::kStarted);
  EXPECT_EQ(seqs(service_.publish(id, {started, started, note})), (Seqs{3, 3, 1}));
  EXPECT_EQ(types_of(id), (Words{"Note", "Other", "WorkflowStarted"}));
}

TEST_F(ServiceRepeat, LosesNothingWhereAnotherEventStandsBehindTheKnownOne) {
  const TaskId id = submitted("theirs");
  const PublishInput started = named(types::kStarted);
  ASSERT_TRUE(service_.publish(id, {started}).ok());
  append(id, "Other");
  EXPECT_EQ(seqs(service_.publish(id, {started, named("Note")})), (Seqs{1, 3}));
  EXPECT_EQ(types_of(id), (Words{"WorkflowStarted", "Other", "Note"}));
}

TEST_F(ServiceRepeat, EndsATaskThatIsAlreadyStarted) {
  const TaskId id = submitted("theirs");
  const PublishInput started = named(types::kStarted);
  ASSERT_TRUE(service_.publish(id, {started}).ok());
  EXPECT_EQ(seqs(service_.publish(id, {started, named(types::kCompleted)})), (Seqs{1, 2}));
  EXPECT_EQ(service_.get(id)->status, TaskStatus::kCompleted);
}

TEST_F(ServiceRepeat, IsMadeByItselfWhereTheStoresAnswerWasLost) {
  const std::vector<std::pair<std::string_view, std::string_view>> calls{
      {"append", "Note"}, {"commit", types::kStarted}};
  for (const auto& [call, type] : calls) {
    const TaskId id = submitted("theirs");
    int asked = 0;
    gate = [&, call = call](std::string_view name) {
      return name == call && ++asked == 1 ? Passage::kReplyLost : Passage::kOpen;
    };
    EXPECT_EQ(seqs(service_.publish(id, {input(type)})), Seqs{1}) << call;
    EXPECT_EQ(types_of(id), Words{std::string(type)});
  }
}

}  // namespace
}  // namespace taskfeed::service
