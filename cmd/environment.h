/// The process's environment, and where it was started, as an argument.
///
/// Threads  Values; lookups are safe from any thread.
/// Errors   None: an absent variable is empty, as an empty one is.
/// Owns     Its function and its text.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace taskfeed::cmd {

struct Environment {
  std::function<std::string(std::string_view name)> get;
  std::string working_folder = {};  ///< Absolute; empty: no project's file is looked for.
  std::string system_config = {};   ///< The system's file; empty: none.

  bool has(std::string_view name) const { return !get(name).empty(); }
};

}  // namespace taskfeed::cmd
