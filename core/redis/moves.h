/// How an event moves its task's status, in the text that append_guarded.lua and commit.lua take.
///
/// The table is task/status.h's alone; the scripts are handed the row that they need.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "event/event.h"
#include "redis/batch.h"

namespace taskfeed::redis {

/// "from=to,from=to", with '!' in front for a type that ends the stream; empty for most types.
std::string moves_of(std::string_view event_type);
/// tag, type, json, id, moves: five words for each event.
void add_guarded_events(Batch& batch, std::span<const EncodedEvent> events);

}  // namespace taskfeed::redis
