/// The process's environment, as an argument.
///
/// Threads  Values; lookups are safe from any thread.
/// Errors   None: an absent variable is empty, as an empty one is.
/// Owns     Its function.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace taskfeed::cmd {

struct Environment {
  std::function<std::string(std::string_view name)> get;

  bool has(std::string_view name) const { return !get(name).empty(); }
};

}  // namespace taskfeed::cmd
