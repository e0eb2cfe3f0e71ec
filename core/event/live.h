/// What the `append` script publishes on a task's live channel: `<cursor> <type> <json>`.
///
/// Threads  Pure functions.
/// Errors   Empty where the text is not of this form; the caller counts it and goes on.
/// Owns     Nothing: the parts view the text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/cursor.h"

namespace taskfeed {

struct LiveEvent {
  Cursor cursor;
  std::string_view type;
  std::string_view json;
};

/// Splits at the first two spaces; the JSON is not looked at.
std::optional<LiveEvent> split_live(std::string_view text);
std::string join_live(const Cursor& cursor, std::string_view type, std::string_view json);

}  // namespace taskfeed
