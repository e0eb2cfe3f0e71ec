/// What configuration says in place of options that were not typed.
///
/// Threads  One.
/// Errors   Those of Config; explain() says where a value came from that turned out to be wrong.
/// Owns     The settings that were taken.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "arg_parser.h"
#include "base/result.h"
#include "environment.h"
#include "globals.h"

namespace taskfeed::cmd {

class Presets {
 public:
  struct Taken {
    std::string option;
    std::string place;  ///< "TASKFEED_SERVER", "FILE:LINE".
  };

  void add(Taken taken) { taken_.push_back(std::move(taken)); }
  /// `error`, with the place where the option that it names was set.
  Error explain(const Error& error) const;

 private:
  std::vector<Taken> taken_;
};

using TakesKey = std::function<bool(std::string_view key)>;

/// Sets what `parser`, which has parsed, did not meet. `subcommand` may have a verb behind it; of
/// none ("") only the options of all are set. Of --server and --redis the one that is nearer to the
/// command line hides the other.
Result<Presets> preset(ArgParser& parser, GlobalArgs& args, std::string_view subcommand,
                       const Environment& environment, const TakesKey& takes);

}  // namespace taskfeed::cmd
