/// The engine of one machine, or of several that share a Redis: workers take tasks from a queue.
///
/// Threads  Safe from any thread, as its store is.
/// Errors   Those of broker::TaskStore; kEnded on a finished task.
/// Owns     Nothing.
#pragma once

#include "base/ids.h"
#include "engine/engine.h"

namespace taskfeed::engine {

class LocalEngine final : public Engine {
 public:
  LocalEngine(broker::TaskStore& tasks, IdSource& ids, const Clock& clock)
      : tasks_(tasks), ids_(ids), clock_(clock) {}

  Result<void> submit(const TaskId& task, const broker::Execution& execution) override;
  /// A cancel of a task that no worker holds is carried out here and now: nobody else would until
  /// a worker comes by.
  Result<void> signal(const TaskId& task, const broker::Signal& signal) override;

 private:
  Result<void> cancel(const broker::StoredTask& stored, const broker::Signal& signal);

  broker::TaskStore& tasks_;
  IdSource& ids_;
  const Clock& clock_;
};

}  // namespace taskfeed::engine
