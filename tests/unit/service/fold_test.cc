/// What publishers elsewhere appended is folded by whoever looks.
#include "service_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;

class ServiceFold : public ServiceWorld {
 protected:
  explicit ServiceFold(const ServiceLimits& limits = {}) : ServiceWorld(limits) {}
};

TEST_F(ServiceFold, CatchesUpWithWhatOthersAppended) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted, {{"goal", "g"}});
  append(id, types::kStepCompleted, {{"step", 0}, {"cost", 0.25}, {"response", "half"}});
  const Task running = service_.get(id).value();
  EXPECT_EQ(running.status, TaskStatus::kRunning);
  EXPECT_EQ(running.total_cost, 250'000'000);
  EXPECT_EQ(running.started_at, clock.wall());
  append(id, types::kFailed, {{"error", {{"kind", "timeout"}, {"message", "late"}}}});
  const FinalResponse result = service_.result(id).value();
  EXPECT_EQ(result.status, TaskStatus::kFailed);
  EXPECT_EQ(result.error, (TaskFailure{"timeout", "late"}));
  EXPECT_EQ(service_.state(id)->at("steps_completed"), 1);
}

TEST_F(ServiceFold, IsKeptSoThatTheNextReaderHasLessToRead) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted);
  ASSERT_TRUE(service_.get(id).ok());
  EXPECT_FALSE(broker.load(id)->state_json.empty());
  size_t reads = 0;
  gate = [&](std::string_view call) {
    reads += call == "read" ? 1 : 0;
    return Passage::kOpen;
  };
  ASSERT_TRUE(service_.get(id).ok());
  EXPECT_EQ(reads, 0u);
}

TEST_F(ServiceFold, AnswersThoughItCannotBeKept) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted, {{"goal", "g"}});
  gate = [](std::string_view call) { return call == "commit" ? Passage::kDead : Passage::kOpen; };
  EXPECT_EQ(service_.state(id)->at("goal"), "g");
}

TEST_F(ServiceFold, CountsNoEventTwiceHoweverManyLook) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted);
  for (int step = 0; step < 3; ++step) {
    append(id, types::kStepCompleted, {{"step", step}, {"cost", 1}});
    for (int look = 0; look < 2; ++look) ASSERT_TRUE(service_.get(id).ok());
    ASSERT_TRUE(service_.publish(id, {{"Note", Json::object(), false}}).ok());
    ASSERT_TRUE(service_.publish(id, {{std::string(types::kPaused), Json::object(), false}}).ok());
    ASSERT_TRUE(service_.publish(id, {{std::string(types::kResumed), Json::object(), false}}).ok());
  }
  EXPECT_EQ(service_.get(id)->total_cost, 3'000'000'000);
  EXPECT_EQ(service_.state(id)->at("steps_completed"), 3);
}

TEST_F(ServiceFold, DoesWithoutWhatCannotBeRead) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted);
  const Uuid odd = ids.uuid7();
  const std::vector<EncodedEvent> events{{odd, "Odd", "this is no JSON"}};
  ASSERT_TRUE(broker.append(id, events, {}).ok());
  append(id, types::kCompleted, {{"final_response", "done"}});
  EXPECT_EQ(service_.get(id)->result, "done");
}

TEST_F(ServiceFold, FoldsWhatIsLeftWhereTheBeginningWasTrimmed) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted);
  append(id, "Note");
  append(id, types::kCompleted, {{"final_response", "done"}});
  broker.trim_before(id, 3);
  const Task task = service_.get(id).value();
  EXPECT_EQ(task.status, TaskStatus::kCompleted);
  EXPECT_EQ(task.result, "done");
}

TEST_F(ServiceFold, LeavesTheFoldOfAWorkersTaskToTheWorker) {
  const TaskId id = task_in(TaskStatus::kPending);
  append(id, "Note");
  ASSERT_TRUE(service_.get(id).ok());
  EXPECT_TRUE(broker.load(id)->state_json.empty());
  EXPECT_EQ(broker.load(id)->version, 0u);
}

class ServiceFoldPatience : public ServiceFold {
 protected:
  ServiceFoldPatience() : ServiceFold({.fold_pages_max = 1}) {}
};

TEST_F(ServiceFoldPatience, GoesOnWithTheNextLookWhereThereIsTooMuch) {
  const TaskId id = submitted("theirs");
  append(id, types::kStarted);
  for (int i = 0; i < 2'000; ++i) append(id, "Note");
  append(id, types::kStepCompleted, {{"step", 0}, {"cost", 1}});
  EXPECT_EQ(service_.get(id)->total_cost, 0);
  EXPECT_EQ(service_.get(id)->total_cost, 0);
  EXPECT_EQ(service_.get(id)->total_cost, 1'000'000'000);
}

}  // namespace
}  // namespace taskfeed::service
