/// Which events a person wants to see: what --types, --exclude, --since, --until and --grep say.
///
/// It is asked here, beside the printer, so that a daemon and Redis give the same; what a source
/// leaves out beforehand only saves the way.
///
/// Threads  Values; pure functions.
/// Errors   read_filter() names the option.
/// Owns     Its patterns.
#pragma once

#include <optional>
#include <string>

#include "arg_parser.h"
#include "base/clock.h"
#include "event/event_type.h"
#include "pattern.h"

namespace taskfeed::cmd {

/// As typed.
struct FilterArgs {
  std::string types, exclude;
  std::optional<std::string> since, until, grep;
};
void declare_filter(ArgParser& parser, FilterArgs& args);

class EventFilter {
 public:
  enum class Verdict {
    kWanted,
    kPassedOver,  ///< Seen, and not to be shown.
    kLater,       ///< After --until: who goes on later begins with it.
  };
  /// `json` is the event's, on one line.
  Verdict judge(std::string_view type, std::string_view json) const;
  bool empty() const { return types.empty() && !since && !until && !grep; }
  /// " --types a --until 2026-…", as a shell takes it; --since where it still says something.
  std::string options(bool with_since) const;

  TypeFilter types;
  std::optional<WallTime> since, until;
  std::optional<Pattern> grep;
  FilterArgs args;
};

/// Ages count from `now`.
Result<EventFilter> read_filter(const FilterArgs& args, WallTime now);

}  // namespace taskfeed::cmd
