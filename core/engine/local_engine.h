/// The engine of one machine, or of several that share a Redis: workers take tasks from a queue.
///
/// Threads  Safe from any thread, as its store is.
/// Errors   Those of broker::TaskStore; kEnded on a finished task.
/// Owns     Nothing.
#pragma once

#include "base/ids.h"
#include "broker/agent_store.h"
#include "broker/event_log.h"
#include "engine/engine.h"
#include "workflow/state.h"

namespace taskfeed::engine {

class LocalEngine final : public Engine {
 public:
  LocalEngine(broker::TaskStore& tasks, broker::EventLog& events, broker::AgentStore& agents,
              IdSource& ids, const Clock& clock)
      : tasks_(tasks), events_(events), agents_(agents), ids_(ids), clock_(clock) {}

  Result<void> submit(const TaskId& task, const broker::Execution& execution) override;
  /// A cancel of a task that no worker holds is carried out here and now: nobody else would until
  /// a worker comes by.
  Result<void> signal(const TaskId& task, const broker::Signal& signal) override;

 private:
  Result<void> cancel(const broker::StoredTask& stored, const broker::Signal& signal);
  /// The end of model calls that were left open.
  Result<std::vector<Json>> open_calls(const broker::StoredTask& stored,
                                       const workflow::State& state) const;

  broker::TaskStore& tasks_;
  broker::EventLog& events_;
  broker::AgentStore& agents_;
  IdSource& ids_;
  const Clock& clock_;
};

}  // namespace taskfeed::engine
