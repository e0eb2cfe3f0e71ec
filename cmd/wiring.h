/// The one place that builds adapters and passes them to each other.
///
/// Threads  Main thread.
/// Errors   kUnavailable: nothing answers where the options point; kInvalid: they are wrong.
/// Owns     Nothing; what it builds owns its parts.
#pragma once

#include <memory>

#include "backend.h"
#include "base/ids.h"
#include "base/log.h"
#include "globals.h"

namespace taskfeed::cmd {

struct WiringPorts {
  const Globals& globals;
  const Environment& environment;
  const Clock& clock;
  IdSource& ids;
  Log& log;
};

/// --server, else --redis, else the daemon on the state directory's socket, else the private Redis.
Result<std::unique_ptr<Backend>> open_backend(const WiringPorts& ports);

}  // namespace taskfeed::cmd
