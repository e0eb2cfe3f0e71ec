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
#include "redis/private_server.h"

namespace taskfeed::cmd {

struct WiringPorts {
  const Globals& globals;
  const Environment& environment;
  const Clock& clock;
  IdSource& ids;
  Log& log;
};

/// --server, else --redis, else the daemon on the state directory's socket, else the private Redis.
/// Connects to nothing that the first call would not connect to, but for the private Redis, which
/// may have to be started.
Result<std::unique_ptr<Backend>> open_backend(const WiringPorts& ports);

/// Makes the state directory, mode 0700, and those above it. Refused: a symbolic link, somebody
/// else's, one that group or others may write to.
Result<void> prepare_state_dir(const std::string& state_dir);

/// What serve and worker stand on.
struct RedisPlace {
  redis::Url url;
  std::unique_ptr<redis::PrivateServer> own;  ///< Where --redis was not given.
};
Result<RedisPlace> open_redis(const WiringPorts& ports);

}  // namespace taskfeed::cmd
