/// A tool's argument within an argv: `{NAME}`.
///
/// A name begins with a letter or '_' and goes on with letters, digits, '_' and '-'; every other
/// brace is an ordinary character, and `{{NAME}}` is the text `{NAME}`.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"

namespace taskfeed::runner {

/// The names within one element, as often as they stand there.
std::vector<std::string> placeholders_in(std::string_view element);
/// Texts go in as they are, everything else as JSON, and nothing is looked for in what went in. One
/// element stays one element, whatever a value holds. Empty where an argument is absent or null.
std::optional<std::string> filled(std::string_view element, const Json& arguments);

}  // namespace taskfeed::runner
