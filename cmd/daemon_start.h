/// What serve and worker do before they begin.
///
/// Threads  Main thread.
/// Errors   As each says.
/// Owns     Nothing.
#pragma once

#include <string_view>

#include "wiring.h"

namespace taskfeed::cmd {

struct NumberRange {
  size_t least;
  size_t most;
};
/// kInvalid names the option and the range.
Result<size_t> whole_number(std::string_view option, std::string_view text, NumberRange range);

/// serve and worker stand on a Redis, never on another daemon. That of the configuration is
/// for the others.
Result<void> refuse_server_option(const WiringPorts& ports);

/// The Redis of the options. One that is absent will be waited for; one that is wrong (another
/// program, a password that is refused, too old) is kInvalid now.
Result<RedisPlace> open_redis_to_serve(const WiringPorts& ports);

/// RLIMIT_NOFILE up to the hard limit: each stream is a descriptor.
void raise_descriptor_limit(Log& log);

}  // namespace taskfeed::cmd
