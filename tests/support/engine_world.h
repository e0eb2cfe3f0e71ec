/// A broker in memory, an agent, a task and any number of workers, in time that the test moves.
///
/// Threads  One.
/// Errors   What must not fail in a set-up aborts.
/// Owns     All of it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/memory_broker.h"
#include "engine/local_engine.h"
#include "engine/worker.h"
#include "support/clock.h"
#include "support/fake_runner.h"
#include "support/gated_broker.h"
#include "support/ids.h"

namespace taskfeed::testing {

using Gated = GatedBroker<broker::MemoryBroker>;

/// Waiting moves the clock.
class ClockWaiter final : public engine::Waiter {
 public:
  explicit ClockWaiter(ManualClock& clock) : clock_(clock) {}
  std::function<void()> on_wait = [] {};
  void wait(Milliseconds at_most, engine::Mailbox&) override {
    clock_.advance(at_most);
    on_wait();
  }

 private:
  ManualClock& clock_;
};

/// Keeps no lease alive by itself: the test beats when it wants to.
class ManualKeeper final : public engine::LeaseKeeper {
 public:
  void keep(const broker::Lease& lease, engine::Mailbox& mailbox) override {
    lease_ = lease;
    mailbox_ = &mailbox;
  }
  void leave(const broker::Lease&) override { mailbox_ = nullptr; }
  const std::optional<broker::Lease>& lease() const { return lease_; }
  engine::Mailbox* mailbox() const { return mailbox_; }

 private:
  std::optional<broker::Lease> lease_;
  engine::Mailbox* mailbox_ = nullptr;
};

class EngineWorld;

/// One worker with one slot, its broker behind a gate.
class SimWorker {
 public:
  SimWorker(EngineWorld& world, std::string_view name, Gate gate);
  /// Takes what there is and carries it out; false where there was nothing.
  bool turn();
  void beat() { worker_.beat(*keeper_.lease(), *keeper_.mailbox()); }
  Gated& broker() { return gated_; }
  ManualKeeper& keeper() { return keeper_; }

 private:
  Gated gated_;
  WorkerId id_;
  ManualKeeper keeper_;
  ClockWaiter waiter_;
  engine::Worker worker_;
};

class EngineWorld {
 public:
  explicit EngineWorld(int steps = 2, bool streaming = false)
      : id(testing::task("task-1")), queue(testing::queue("default")) {
    runner::AgentConfig config{.id = testing::agent("agent-1"),
                               .description = {},
                               .runner = runner::RunnerKind::kCommand,
                               .enable_streaming = streaming,
                               .steps = {},
                               .retry = {}};
    for (int i = 0; i < steps; ++i) {
      runner::CommandStep step;
      step.name = "step-" + std::to_string(i);
      step.argv = {"true"};
      config.steps.push_back(std::move(step));
    }
    set_agent(config);
    limits.commit_patience = Milliseconds(60'000);
  }

  void set_agent(const runner::AgentConfig& config) {
    agent = config;
    TF_ASSERT(broker.put_agent({config.id, dump_json(runner::agent_to_json(config))}).ok());
  }
  struct Submission {
    Json parameters = Json::object();
    std::optional<bool> streaming;
    Json budget = nullptr;
  };
  void submit() { submit(Submission{}); }
  void submit(const Submission& submission) {
    TF_ASSERT(broker
                  .create({.id = id,
                           .spec = {.agent = testing::agent("agent-1"),
                                    .description = "a goal",
                                    .user_id = {},
                                    .parameters = submission.parameters,
                                    .labels = {}},
                           .created_at = clock.wall(),
                           .execution = {},
                           .query = {},
                           .streaming = {},
                           .started_at = {},
                           .completed_at = {},
                           .result = {},
                           .error = {},
                           .last_event = {}})
                  .ok());
    TF_ASSERT(
        engine.submit(id, {ids.uuid7(), "", submission.streaming, queue, submission.budget}).ok());
  }
  Result<void> signal(broker::SignalKind kind) {
    return engine.signal(id, {kind, "tester", "because", {}});
  }
  /// Answers what the task waits for first, as the service does: with the call's name.
  Result<void> answer(broker::SignalKind kind) {
    const Task task = stored().task;
    if (task.waiting_for.empty()) return {Errc::kConflict, "nothing waits"};
    return engine.signal(id, {kind, "tester", "because", {}, task.waiting_for.front().call, {}});
  }
  /// Turns of `worker`, the time moving on when there is nothing to do, until the task has ended.
  bool finish(SimWorker& worker, int turns_max = 50) {
    for (int i = 0; i < turns_max && !ended(); ++i) {
      if (!worker.turn()) clock.advance(Milliseconds(5'000));
    }
    return ended();
  }
  broker::StoredTask stored() { return broker.load(id).value(); }
  bool ended() { return is_terminal(stored().task.status); }
  std::vector<StoredEvent> events() {
    std::vector<StoredEvent> all;
    broker::ReadRange range;
    for (;;) {
      broker::Page page = broker.read(id, range).value();
      all.insert(all.end(), page.events.begin(), page.events.end());
      if (!page.more) return all;
      range.after = all.back().cursor;
    }
  }
  std::vector<std::string> types() {
    std::vector<std::string> result;
    for (const StoredEvent& event : events()) result.push_back(event.type);
    return result;
  }
  size_t count(std::string_view type) {
    size_t result = 0;
    for (const std::string& each : types()) result += each == type ? 1 : 0;
    return result;
  }
  Json payload(std::string_view type) {
    for (const StoredEvent& event : events()) {
      if (event.type == type) return decode_event(event.json).value().payload;
    }
    return {};
  }

  ManualClock clock;
  SeededIdSource ids;
  broker::MemoryBroker broker{clock};
  FakeRunner runner;
  runner::Runners* runners = &runner;  ///< Others, where a test wants them.
  NullLog log;
  engine::LocalEngine engine{broker, broker, broker, ids, clock};
  engine::WorkerLimits limits;
  TaskId id;
  QueueName queue;
  std::optional<runner::AgentConfig> agent;
};

inline SimWorker::SimWorker(EngineWorld& world, std::string_view name, Gate gate)
    : gated_(world.broker, std::move(gate)),
      id_(testing::worker(name)),
      waiter_(world.clock),
      worker_({gated_, gated_, gated_, gated_, gated_, *world.runners, world.ids, world.clock,
               world.log},
              {id_, world.queue, world.limits}, waiter_, keeper_) {}

inline bool SimWorker::turn() {
  const auto entries = gated_.take({.queue = testing::queue("default"),
                                    .worker = id_,
                                    .count = 1,
                                    .wait = Milliseconds(0),
                                    .redeliver_after = Milliseconds(15'000)});
  if (!entries || entries->empty()) return false;
  for (const broker::QueueEntry& entry : *entries) worker_.carry_out(entry);
  return true;
}

inline Passage open_gate(std::string_view) {
  return Passage::kOpen;
}

}  // namespace taskfeed::testing
