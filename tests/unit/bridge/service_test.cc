/// What the service does with tasks that the bridge made.
#include <gtest/gtest.h>

#include "broker/memory_broker.h"
#include "engine/local_engine.h"
#include "service/task_service.h"
#include "support/clock.h"
#include "support/ids.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;

class BridgedTasks : public ::testing::Test {
 protected:
  BridgedTasks() {
    Task made{.id = task("t1"),
              .spec = {.agent = agent("foreign-agent"),
                       .description = {},
                       .user_id = {},
                       .parameters = Json::object(),
                       .labels = {{std::string(kBridgedLabel), "workflow.t1"}}},
              .created_at = clock.wall()};
    EXPECT_TRUE(broker.create(made).ok());
  }
  void append(std::string_view type, Json payload) {
    const Event event{ids.uuid7(),       EventType::parse(type).value(),
                      clock.wall(),      task("t1"),
                      std::nullopt,      std::nullopt,
                      std::move(payload)};
    const std::vector<EncodedEvent> events{encode(event).value()};
    ASSERT_TRUE(broker.append(task("t1"), events, {}).ok());
  }

  ManualClock clock;
  SeededIdSource ids;
  broker::MemoryBroker broker{clock};
  engine::LocalEngine engine{broker, broker, broker, ids, clock};
  TaskService tasks{{broker, broker, broker, engine, ids, clock}};
};

TEST_F(BridgedTasks, AreFoldedThoughNobodyDeclaredTheirAgent) {
  append(types::kStarted, Json::object());
  EXPECT_EQ(tasks.get(task("t1"))->status, TaskStatus::kRunning);
  append(types::kCompleted, {{"final_response", "done"}});
  EXPECT_EQ(tasks.get(task("t1"))->status, TaskStatus::kCompleted);
  EXPECT_EQ(tasks.result(task("t1"))->response, "done");
}

TEST_F(BridgedTasks, CannotBeExecutedHere) {
  const auto executed = tasks.execute(task("t1"), {});
  ASSERT_FALSE(executed.ok());
  EXPECT_EQ(executed.error().code, Errc::kConflict);
}

TEST_F(BridgedTasks, TheLabelThatMarksThemIsNobodyElses) {
  const auto created = tasks.create({.agent = agent("run"),
                                     .description = {},
                                     .user_id = {},
                                     .parameters = Json::object(),
                                     .labels = {{std::string(kBridgedLabel), "x"}}});
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error().code, Errc::kInvalid);
  EXPECT_NE(created.error().text.find("taskfeed's own"), std::string::npos);
}

TEST_F(BridgedTasks, TheirAgentIsBuiltInWhereTheyNameNone) {
  EXPECT_EQ(tasks.agent(agent(kForeignAgent))->runner, runner::RunnerKind::kExternal);
  EXPECT_EQ(tasks.remove_agent(agent(kForeignAgent)).error().code, Errc::kInvalid);
  runner::AgentConfig config = *tasks.agent(agent(kForeignAgent));
  EXPECT_EQ(tasks.put_agent(config).error().code, Errc::kInvalid);
}

}  // namespace
}  // namespace taskfeed::service
