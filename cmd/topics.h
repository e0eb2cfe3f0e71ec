/// What `taskfeed help TOPIC` says beyond the subcommands.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Static text.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace taskfeed::cmd {

struct Topic {
  std::string_view name;
  std::string_view about;
  std::string (*text)(size_t columns);
};

std::span<const Topic> topics();

}  // namespace taskfeed::cmd
