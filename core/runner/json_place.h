/// Where something stands in the text of a JSON document.
///
/// Parsed JSON knows no lines, and a person who wrote it in a file looks for one.
///
/// Threads  Pure functions.
/// Errors   None: what is not found is placed as near as it can be.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed::runner {

/// The line, from 1, of the member that `path` ("steps[2].cwd") names in `text`, which is JSON.
/// Where it is absent: of what it should stand in.
size_t line_of_member(std::string_view text, std::string_view path);
/// The line of the byte that parse_json() names in `error`.
size_t line_of_json_error(std::string_view text, const Error& error);

}  // namespace taskfeed::runner
