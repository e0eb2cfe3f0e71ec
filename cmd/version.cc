// version: one line, or one JSON object.
#include "version.h"

#include <algorithm>

#include "subcommand.h"

namespace taskfeed::cmd {

ExitStatus enter_version(Invocation& invocation, Needs) {
  if (invocation.inspect != nullptr) {
    bool json = false;
    ArgParser parser({.name = "version"});
    parser.flag("--json", json, "as JSON");
    (*invocation.inspect)(parser);
    return ExitStatus::kCompleted;
  }
  const auto& args = invocation.args;
  const auto has = [&](std::string_view word) {
    return std::find(args.begin(), args.end(), word) != args.end();
  };
  if (has("-h") || has("--help")) {
    invocation.out.line("Usage: taskfeed version [--json]\n\nPrint the version.");
  } else if (has("--json") || has("json")) {
    invocation.out.line("{\"version\":\"" + std::string(kVersion) + "\"}");
  } else {
    invocation.out.line("taskfeed " + std::string(kVersion));
  }
  return ExitStatus::kCompleted;
}

}  // namespace taskfeed::cmd
