#include "deps.h"

#include "base/text.h"

namespace taskfeed::cmd {

ExitStatus fail(Deps& deps, const Error& error) {
  deps.out.flush();
  deps.err.line("taskfeed: " + escape_controls(error.text));
  if (deps.interrupts.received() != 0) return deps.interrupts.status();
  return exit_status_of(error.code);
}

void print_json(const Json& json, Deps& deps) {
  const std::string line = dump_json(json);
  deps.out.line(deps.out.is_terminal() ? json_for_terminal(line) : line);
}

void remark(Deps& deps, std::string_view text) {
  if (!deps.globals.quiet) deps.err.line("taskfeed: " + escape_controls(text));
}

}  // namespace taskfeed::cmd
