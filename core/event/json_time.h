/// Times in JSON.
///
/// Threads  Pure function.
/// Errors   kInvalid; the text is what follows the key, which the caller names in its own words.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "event/json.h"

namespace taskfeed {

/// The RFC 3339 time of a member; nothing where it is absent or null.
Result<std::optional<WallTime>> time_at(const Json& object, std::string_view key);
/// Null where there is none.
Json time_to_json(const std::optional<WallTime>& time);

}  // namespace taskfeed
