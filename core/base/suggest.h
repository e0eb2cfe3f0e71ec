/// "did you mean …?"
///
/// Threads  Pure functions.
/// Errors   None; empty where nothing is near.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace taskfeed {

/// The candidate with the fewest edits from `word`; empty where all are further than a third of
/// its letters (and two at least).
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace taskfeed
