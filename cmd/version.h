/// The version, from CMakeLists.txt.
///
/// Threads  A constant.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string_view>

namespace taskfeed::cmd {
inline constexpr std::string_view kVersion = TASKFEED_VERSION;
}  // namespace taskfeed::cmd
