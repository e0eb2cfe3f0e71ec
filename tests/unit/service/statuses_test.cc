/// execute, control, state and result: what each answers in each status.
#include "service_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;
using broker::SignalKind;

class ServiceExecute : public ServiceWorld {};

TEST_F(ServiceExecute, MakesASubmittedTaskPendingAndNoOther) {
  for (const TaskStatus status : kTaskStatuses) {
    const TaskId id = task_in(status);
    const auto executed = service_.execute(id, {.query = "hello?", .streaming = true});
    EXPECT_EQ(executed.ok(), status == TaskStatus::kSubmitted) << to_string(status);
    if (!executed.ok()) {
      EXPECT_EQ(executed.error().code, Errc::kConflict);
      EXPECT_EQ(service_.get(id)->status, status);
      continue;
    }
    EXPECT_EQ(executed->status, TaskStatus::kPending);
    EXPECT_EQ(executed->query, "hello?");
    EXPECT_EQ(executed->streaming, true);
    EXPECT_TRUE(executed->execution);
  }
}

TEST_F(ServiceExecute, AsksTheDescriptionWhereThereIsNoQuery) {
  const Task executed = service_.execute(submitted(), {}).value();
  EXPECT_EQ(executed.query, "say hello");
  EXPECT_FALSE(executed.streaming);
}

TEST_F(ServiceExecute, QueuesTheTaskOnce) {
  const TaskId id = submitted();
  ASSERT_TRUE(service_.execute(id, {}).ok());
  ASSERT_FALSE(service_.execute(id, {}).ok());
  const broker::Take take{
      .queue = default_queue(), .worker = worker("w1"), .count = 9, .wait = Milliseconds(0)};
  const auto entries = broker.take(take).value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].task, id);
}

TEST_F(ServiceExecute, IsNotForTasksThatAreExecutedElsewhere) {
  for (const char* elsewhere : {"theirs", "run", "bridge"}) {
    const auto refused = service_.execute(submitted(elsewhere), {});
    EXPECT_EQ(code_of(refused), Errc::kConflict) << elsewhere;
    EXPECT_NE(refused.error().text.find("external"), std::string::npos) << refused.error().text;
  }
}

TEST_F(ServiceExecute, NeedsAnAgentThatIsStillDeclared) {
  const TaskId id = submitted();
  ASSERT_TRUE(service_.remove_agent(agent("builder")).ok());
  EXPECT_EQ(code_of(service_.execute(id, {})), Errc::kNotFound);
}

TEST_F(ServiceExecute, TakesAQueryUpToItsLimit) {
  const size_t most = TaskLimits{}.description_bytes_max;
  EXPECT_EQ(code_of(service_.execute(submitted(), {.query = std::string(most + 1, 'q')})),
            Errc::kTooLarge);
  EXPECT_TRUE(service_.execute(submitted(), {.query = std::string(most, 'q')}).ok());
}

TEST_F(ServiceExecute, IsAnsweredThoughTheStoresAnswerWasLost) {
  const TaskId id = submitted();
  int asked = 0;
  gate = [&](std::string_view call) {
    return call == "execute" && ++asked == 1 ? Passage::kReplyLost : Passage::kOpen;
  };
  const auto executed = service_.execute(id, {});
  ASSERT_TRUE(executed.ok()) << executed.error().text;
  EXPECT_EQ(executed->status, TaskStatus::kPending);
  EXPECT_EQ(asked, 2);
}

class ServiceControl : public ServiceWorld {};

TEST_F(ServiceControl, AnswersEveryKindInEveryStatus) {
  using enum TaskStatus;
  const std::map<TaskStatus, std::map<SignalKind, Errc>> refused{
      {kSubmitted, {{SignalKind::kPause, Errc::kConflict}, {SignalKind::kResume, Errc::kConflict}}},
      {kPending, {{SignalKind::kResume, Errc::kConflict}}},
      {kRunning, {{SignalKind::kResume, Errc::kConflict}}},
      {kPaused, {{SignalKind::kPause, Errc::kConflict}}}};
  for (const TaskStatus status : kTaskStatuses) {
    for (const SignalKind kind : {SignalKind::kCancel, SignalKind::kPause, SignalKind::kResume}) {
      SCOPED_TRACE(std::string(to_string(status)) + " " + std::string(broker::to_string(kind)));
      const TaskId id = task_in(status);
      const auto answered = service_.control(id, {kind, "ann", "enough"});
      if (is_terminal(status)) {
        EXPECT_EQ(code_of(answered), Errc::kEnded);
      } else if (refused.contains(status) && refused.at(status).contains(kind)) {
        EXPECT_EQ(code_of(answered), refused.at(status).at(kind));
      } else {
        ASSERT_TRUE(answered.ok()) << answered.error().text;
        // Without a worker a cancel is at once; the others wait for one.
        EXPECT_EQ(answered->status, kind == SignalKind::kCancel ? kCancelled : status);
      }
    }
  }
}

TEST_F(ServiceControl, WritesWhoCancelledAndWhy) {
  const TaskId id = task_in(TaskStatus::kPending);
  ASSERT_TRUE(service_.control(id, {SignalKind::kCancel, "ann", "enough"}).ok());
  const auto page = service_.events(id, {}).value();
  ASSERT_EQ(page.events.size(), 1u);
  const Json payload = decode_event(page.events[0].json)->payload;
  EXPECT_EQ(payload["by"], "ann");
  EXPECT_EQ(payload["reason"], "enough");
}

TEST_F(ServiceControl, TakesTheVerySameAnswerAgainWhenItsStepIsOver) {
  using enum SignalKind;
  const TaskId id = task_in(TaskStatus::kRunning);
  const auto answer = [&](const service::ControlRequest& request) {
    return service_.control(id, request);
  };
  EXPECT_EQ(code_of(answer({kApprove, "ann", "fine"})), Errc::kConflict);
  append(id, types::kApprovalReceived,
         {{"tool_call_id", "c1"}, {"approved", true}, {"by", "ann"}, {"reason", "fine"}});
  append(id, types::kInputReceived, {{"tool_call_id", "c2"}, {"text", "1.2"}, {"by", "ann"}});
  for (const TaskStatus status : {TaskStatus::kRunning, TaskStatus::kCompleted}) {
    if (status == TaskStatus::kCompleted) append(id, types::kCompleted);
    SCOPED_TRACE(to_string(status));
    const Errc refused = is_terminal(status) ? Errc::kEnded : Errc::kConflict;
    const size_t events = types_of(id).size();
    EXPECT_EQ(answer({kApprove, "ann", "fine"}).value().status, status);
    EXPECT_TRUE(answer({kApprove, "ann", "fine", "c1"}).ok());
    EXPECT_TRUE(answer({kInput, "ann", "", "", "1.2"}).ok());
    EXPECT_EQ(code_of(answer({kRefuse, "ann", "fine"})), refused);
    EXPECT_EQ(code_of(answer({kApprove, "bob", "fine"})), refused);
    EXPECT_EQ(code_of(answer({kApprove, "ann", "fine", "c2"})), refused);
    EXPECT_EQ(code_of(answer({kInput, "ann", "", "", "1.3"})), refused);
    EXPECT_EQ(types_of(id).size(), events);
  }
}

TEST_F(ServiceControl, SaysWhoAnsweredBefore) {
  const TaskId id = task_in(TaskStatus::kRunning);
  append(id, types::kApprovalReceived, {{"tool_call_id", "c1"}, {"approved", true}, {"by", "ann"}});
  const auto answered = service_.control(id, {SignalKind::kApprove, "bob", ""});
  ASSERT_FALSE(answered.ok());
  EXPECT_NE(answered.error().text.find("was approved already, by ann"), std::string::npos)
      << answered.error().text;
}

TEST_F(ServiceControl, SaysThatTheTimeToAnswerIsOver) {
  const TaskId id = task_in(TaskStatus::kRunning);
  append(id, types::kApprovalReceived,
         {{"tool_call_id", "c1"}, {"approved", false}, {"by", ""}, {"reason", "timeout"}});
  const auto answered = service_.control(id, {SignalKind::kApprove, "bob", ""});
  ASSERT_FALSE(answered.ok());
  EXPECT_NE(answered.error().text.find("nobody answered it in time"), std::string::npos)
      << answered.error().text;
}

TEST_F(ServiceControl, LeavesATaskThatAWorkerHoldsToTheWorker) {
  const TaskId id = task_in(TaskStatus::kPending);
  const auto held = broker.claim(id, worker("w1"), Milliseconds(60'000)).value();
  const auto answered = service_.control(id, {SignalKind::kCancel, "ann", ""});
  ASSERT_TRUE(answered.ok());
  EXPECT_EQ(answered->status, TaskStatus::kPending);
  EXPECT_EQ(broker.renew(held.lease, Milliseconds(60'000))->at(0).by, "ann");
}

TEST_F(ServiceControl, CanOnlyCancelWhatIsExecutedElsewhere) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted);
  EXPECT_EQ(code_of(service_.control(id, {SignalKind::kPause, "ann", ""})), Errc::kConflict);
  const auto cancelled = service_.control(id, {SignalKind::kCancel, "ann", ""});
  ASSERT_TRUE(cancelled.ok()) << cancelled.error().text;
  EXPECT_EQ(cancelled->status, TaskStatus::kCancelled);
}

TEST_F(ServiceControl, CancelsATaskWhoseAgentIsGone) {
  const TaskId id = task_in(TaskStatus::kPending);
  ASSERT_TRUE(service_.remove_agent(agent("builder")).ok());
  EXPECT_EQ(service_.control(id, {SignalKind::kCancel, "ann", ""})->status, TaskStatus::kCancelled);
}

class ServiceQueries : public ServiceWorld {};

TEST_F(ServiceQueries, StateNamesTheTaskAndItsStatus) {
  for (const TaskStatus status : kTaskStatuses) {
    const TaskId id = task_in(status);
    const Json state = service_.state(id).value();
    EXPECT_EQ(state["task_id"], id.str());
    EXPECT_EQ(state["status"], to_string(status)) << dump_json(state);
  }
}

TEST_F(ServiceQueries, ResultIsEmptyUntilThereIsOne) {
  for (const TaskStatus status :
       {TaskStatus::kSubmitted, TaskStatus::kPending, TaskStatus::kRunning, TaskStatus::kPaused}) {
    const FinalResponse result = service_.result(task_in(status)).value();
    EXPECT_EQ(result.status, status);
    EXPECT_TRUE(result.response.empty());
    EXPECT_FALSE(result.error);
  }
}

}  // namespace
}  // namespace taskfeed::service
