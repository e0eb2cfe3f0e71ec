/// What a subcommand works with: a daemon, a Redis, or the private Redis of the state directory.
///
/// Threads  tasks() is safe from any thread; the rest from one.
/// Errors   open_backend() says what could not be reached, and what to do.
/// Owns     Its adapters and what they run on.
#pragma once

#include <memory>
#include <string>

#include "service/tasks.h"
#include "stream_source.h"

namespace taskfeed::cmd {

class Backend {
 public:
  virtual ~Backend() = default;
  virtual service::Tasks& tasks() = 0;
  virtual std::unique_ptr<StreamSource> stream() = 0;
  /// True where nobody else is known to execute tasks: then `run` does, in this process.
  virtual bool lacks_worker() const = 0;
  /// Executes `task` in this process, and no other, until the Backend ends. Only where
  /// lacks_worker().
  virtual Result<void> start_worker(const TaskId& task) = 0;
  /// " --redis URL" or " --server URL", for a line that a person copies; empty for the default.
  virtual std::string origin_options() const = 0;
};

}  // namespace taskfeed::cmd
