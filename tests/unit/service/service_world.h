/// A TaskService over a broker in memory, and tasks in whatever status a test wants.
///
/// Threads  One.
/// Errors   What must not fail in a set-up aborts.
/// Owns     All of it.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "broker/memory_broker.h"
#include "engine/local_engine.h"
#include "service/task_service.h"
#include "support/clock.h"
#include "support/gated_broker.h"
#include "support/ids.h"

namespace taskfeed::testing {

class ServiceWorld : public ::testing::Test {
 protected:
  explicit ServiceWorld(const service::ServiceLimits& limits = {})
      : service_({gated, gated, gated, engine, ids, clock}, limits) {
    runner::AgentConfig builder{.id = agent("builder"), .runner = runner::RunnerKind::kCommand};
    runner::CommandStep step;
    step.argv = {"true"};
    builder.steps.push_back(step);
    TF_ASSERT(service_.put_agent(builder).ok());
    TF_ASSERT(
        service_.put_agent({.id = agent("theirs"), .runner = runner::RunnerKind::kExternal}).ok());
  }

  TaskSpec spec(std::string_view agent_id = "builder") const {
    return {.agent = agent(agent_id),
            .description = "say hello",
            .user_id = "u1",
            .parameters = Json::object(),
            .labels = {}};
  }
  TaskId submitted(std::string_view agent_id = "builder") {
    return service_.create(spec(agent_id)).value().id;
  }
  /// A task of "builder" in `status`, its events as an engine would have written them.
  TaskId task_in(TaskStatus status) {
    const TaskId id = submitted();
    if (status == TaskStatus::kSubmitted) return id;
    TF_ASSERT(service_.execute(id, {}).ok());
    if (status == TaskStatus::kPending) return id;
    append(id, types::kStarted);
    if (status == TaskStatus::kPaused) append(id, types::kPaused);
    if (status == TaskStatus::kCompleted) append(id, types::kCompleted);
    if (status == TaskStatus::kFailed) append(id, types::kFailed);
    if (status == TaskStatus::kCancelled) append(id, types::kCancelled);
    TF_ASSERT(broker.load(id)->task.status == status);
    return id;
  }
  /// Past the service, as a writer in another language does.
  Cursor append(const TaskId& id, std::string_view type, Json payload = Json::object()) {
    const Event event{ids.uuid7(),       EventType::parse(type).value(),
                      clock.wall(),      id,
                      std::nullopt,      std::nullopt,
                      std::move(payload)};
    const std::vector<EncodedEvent> events{encode(event).value()};
    return broker.append(id, events, {}).value().front();
  }
  std::vector<std::string> types_of(const TaskId& id) {
    std::vector<std::string> types;
    const auto page = broker.read(id, {}).value();
    for (const StoredEvent& event : page.events) types.push_back(event.type);
    return types;
  }

  ManualClock clock;
  SeededIdSource ids;
  broker::MemoryBroker broker{clock};
  /// What the gate answers for a call, by name; open unless a test says otherwise.
  Gate gate = [](std::string_view) { return Passage::kOpen; };
  GatedBroker<broker::MemoryBroker> gated{broker,
                                          [this](std::string_view call) { return gate(call); }};
  engine::LocalEngine engine{gated, gated, gated, ids, clock};
  service::TaskService service_;
};

template <class T>
Errc code_of(const Result<T>& result) {
  EXPECT_FALSE(result.ok());
  return result.ok() ? Errc{} : result.error().code;
}

}  // namespace taskfeed::testing
