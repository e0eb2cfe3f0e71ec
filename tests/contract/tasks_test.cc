/// TaskStore: create, load, execute.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractTasks : public Contract {
 protected:
  std::vector<QueueEntry> take_all() {
    return queue
        .take({.queue = testing::queue("default"),
               .worker = worker("w1"),
               .count = 10,
               .wait = Milliseconds(0)})
        .value();
  }
  Execution execution() {
    return {ids.uuid7(), "a question", false, testing::queue("default"), {{"steps", 3}}};
  }
};
TASKFEED_CONTRACT(ContractTasks);

TEST_P(ContractTasks, AreLoadedAsTheyWereCreated) {
  Task task = a_task("t1");
  task.spec.description = "line\n\"quoted\" \xE2\x82\xAC";
  task.spec.parameters = parse_json(R"({"z":1,"a":[true,null,1.5,"x"],"deep":{"k":{}}})").value();
  task.spec.labels = {{"taskfeed.bridged", "workflow.x"}, {"team", ""}};
  ASSERT_TRUE(tasks.create(task).ok());
  const StoredTask stored = tasks.load(task.id).value();
  EXPECT_EQ(stored.task, task);
  EXPECT_EQ(dump_json(stored.task.spec.parameters), dump_json(task.spec.parameters)) << "in order";
  EXPECT_EQ(stored.version, 0u);
  EXPECT_EQ(stored.folded, Cursor{});
  EXPECT_TRUE(stored.state_json.empty());
  EXPECT_TRUE(stored.last_error.empty());
  EXPECT_FALSE(stored.holder);
}

TEST_P(ContractTasks, AreCreatedOnce) {
  created();
  Task again = a_task("t1");
  again.spec.description = "another";
  EXPECT_EQ(code_of(tasks.create(again)), Errc::kConflict);
  EXPECT_EQ(code_of(tasks.create(a_task("t1"))), Errc::kConflict) << "the same one, too";
  EXPECT_EQ(tasks.load(again.id)->task.spec.description, a_task("t1").spec.description);
}

TEST_P(ContractTasks, ThatAreUnknownAreNotFound) {
  EXPECT_EQ(code_of(tasks.load(task("nobody"))), Errc::kNotFound);
  EXPECT_EQ(code_of(tasks.execute(task("nobody"), execution())), Errc::kNotFound);
  EXPECT_TRUE(take_all().empty());
}

TEST_P(ContractTasks, AreNotCreatedForWantOfMemory) {
  created("t0");
  world->set_full(true);
  EXPECT_EQ(code_of(tasks.create(a_task("t1"))), Errc::kFull);
  world->set_full(false);
  EXPECT_EQ(code_of(tasks.load(task("t1"))), Errc::kNotFound);
  EXPECT_TRUE(tasks.create(a_task("t1")).ok());
}

TEST_P(ContractTasks, AreGoneWithTheStore) {
  created();
  world->lose_everything();
  EXPECT_EQ(code_of(tasks.load(task("t1"))), Errc::kNotFound);
  EXPECT_TRUE(tasks.list({})->tasks.empty());
}

TEST_P(ContractTasks, ThatAreExecutedArePendingAndQueued) {
  const TaskId task = created();
  const Execution wanted = execution();
  ASSERT_TRUE(tasks.execute(task, wanted).ok());
  const Task stored = tasks.load(task)->task;
  EXPECT_EQ(stored.status, TaskStatus::kPending);
  EXPECT_EQ(stored.execution, wanted.id);
  EXPECT_EQ(stored.query, "a question");
  EXPECT_EQ(stored.streaming, false);
  EXPECT_EQ(stored.budget, wanted.budget);
  const auto entries = take_all();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].task, task);
}

TEST_P(ContractTasks, ThatArePendingAreOnlyQueuedAgainByTheSameExecution) {
  const TaskId task = created();
  const Execution first = execution();
  ASSERT_TRUE(tasks.execute(task, first).ok());
  Execution retried = first;
  retried.query = "another question";
  EXPECT_TRUE(tasks.execute(task, retried).ok());
  EXPECT_EQ(take_all().size(), 2u);
  EXPECT_EQ(tasks.load(task)->task.query, "a question");
  const auto refused = tasks.execute(task, execution());
  EXPECT_EQ(code_of(refused), Errc::kConflict);
  EXPECT_NE(refused.error().text.find("pending"), std::string::npos) << refused.error().text;
  EXPECT_TRUE(take_all().empty()) << "what was refused is not queued";
}

TEST_P(ContractTasks, ThatAreBeyondPendingAreNotExecuted) {
  const std::vector<std::pair<std::string_view, std::string_view>> moves{
      {types::kStarted, "running"},
      {types::kPaused, "paused"},
      {types::kCompleted, "completed"},
  };
  const TaskId task = created();
  const Execution wanted = execution();
  ASSERT_TRUE(tasks.execute(task, wanted).ok());
  ASSERT_EQ(take_all().size(), 1u);
  for (const auto& [type, status] : moves) {
    append(task, event(type));
    const auto refused = tasks.execute(task, wanted);
    EXPECT_EQ(code_of(refused), Errc::kConflict) << status;
    EXPECT_NE(refused.error().text.find(status), std::string::npos) << refused.error().text;
  }
  EXPECT_TRUE(take_all().empty());
}

TEST_P(ContractTasks, AreNotExecutedForWantOfMemory) {
  const TaskId task = created();
  world->set_full(true);
  EXPECT_EQ(code_of(tasks.execute(task, execution())), Errc::kFull);
  world->set_full(false);
  EXPECT_EQ(status_of(task), TaskStatus::kSubmitted);
  EXPECT_FALSE(tasks.load(task)->task.execution);
  EXPECT_TRUE(take_all().empty());
}

}  // namespace
}  // namespace taskfeed::broker
