/// What drives a workflow: LocalEngine here, Temporal where one machine is not enough.
///
/// Threads  submit() and signal() from any thread.
/// Errors   Those of broker::TaskStore.
/// Owns     Nothing.
#pragma once

#include "broker/task_store.h"

namespace taskfeed::engine {

class Engine {
 public:
  virtual ~Engine() = default;
  /// Begins the execution of a submitted task.
  virtual Result<void> submit(const TaskId& task, const broker::Execution& execution) = 0;
  /// Pause, resume, cancel of a task that is not finished.
  virtual Result<void> signal(const TaskId& task, const broker::Signal& signal) = 0;
};

}  // namespace taskfeed::engine
