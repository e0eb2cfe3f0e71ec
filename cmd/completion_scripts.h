/// The files of completion/, embedded when taskfeed is built.
///
/// Threads  Immutable.
/// Errors   None.
/// Owns     Static text.
#pragma once

#include <string_view>

namespace taskfeed::cmd::completion {

extern const std::string_view k_bash, k_zsh, k_fish;

}  // namespace taskfeed::cmd::completion
