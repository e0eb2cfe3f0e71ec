/// What run() of a subcommand may use.
///
/// Threads  As each part says.
/// Errors   None of its own.
/// Owns     Nothing.
#pragma once

#include "backend.h"
#include "base/ids.h"
#include "base/log.h"
#include "bottom_line.h"
#include "globals.h"
#include "input.h"
#include "interrupts.h"
#include "looks.h"
#include "output.h"

namespace taskfeed::cmd {

struct Deps {
  const Globals& globals;
  const Environment& environment;
  Input& in;
  Output& out;
  Output& err;
  const Clock& clock;
  IdSource& ids;
  Log& log;
  Interrupts& interrupts;
  /// Set where the subcommand's entry in the table says Needs::kTasks.
  Backend* backend = nullptr;
  /// Of the terminal that stderr is; null: nothing is drawn there.
  BottomLine* bottom = nullptr;

  service::Tasks& tasks() { return backend->tasks(); }
  Looks looks() const { return looks_for(globals, out, environment); }
  bool json() const { return globals.output == OutputFormat::kJson; }
  /// When --timeout runs out.
  std::optional<MonoTime> deadline() const {
    if (!globals.timeout) return std::nullopt;
    return clock.mono() + *globals.timeout;
  }
};

/// Prints "taskfeed: …" to stderr and answers the error's exit status; after an interrupt, the
/// signal's.
ExitStatus fail(Deps& deps, const Error& error);
/// One JSON value a line. On a terminal, what could move or disguise text is escaped within it.
void print_json(const Json& json, Deps& deps);
/// A remark for people on stderr; silent with --quiet.
void remark(Deps& deps, std::string_view text);

}  // namespace taskfeed::cmd
