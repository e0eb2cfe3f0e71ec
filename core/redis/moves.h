/// Events as the scripts take them: within the limits, and with how each moves its task's status,
/// in the text that append_guarded.lua and commit.lua read.
///
/// The table is task/status.h's alone; the scripts are handed the row that they need.
///
/// Threads  Pure functions.
/// Errors   check_events() names the limit.
/// Owns     Nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "event/event.h"
#include "redis/batch.h"
#include "redis/keys.h"

namespace taskfeed::redis {

/// "from=to,from=to", with '!' in front for a type that ends the stream; empty for most types.
std::string moves_of(std::string_view event_type);
/// kTooLarge where they are more, or one is larger, than an append() or a commit() takes.
Result<void> check_events(std::span<const EncodedEvent> events);
/// tag, type, json, id, moves: five words for each event.
void add_guarded_events(Batch& batch, std::span<const EncodedEvent> events);

struct RegistrationOptions {
  bool maybe_repeated = false;
  size_t kept_max = 0;
};
/// The script that enters a task into the record of creations (broker/registry.h).
void add_registration(Batch& batch, const Keys& keys, const EncodedEvent& registration,
                      const RegistrationOptions& options);

}  // namespace taskfeed::redis
