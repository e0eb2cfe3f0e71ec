/// What a worker's environment says, as an argument, so that nothing reads it behind one's back.
///
/// Threads  As the function given.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace taskfeed {

/// A variable of the worker's environment; empty where it is not set.
using Variables = std::function<std::string(std::string_view name)>;

}  // namespace taskfeed
