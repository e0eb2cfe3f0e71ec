// How a subcommand is entered: what enter() does that does not depend on its options.
#include "base/text.h"
#include "help_text.h"
#include "subcommand.h"
#include "wiring.h"

namespace taskfeed::cmd {

ExitStatus usage_error(Invocation& invocation, const Error& error) {
  invocation.err.line("taskfeed: " + error.text);
  return exit_status_of(error.code);
}

ExitStatus print_help(Invocation& invocation, const ArgParser& parser) {
  invocation.out.write(parser.help(help_columns(invocation.out)));
  invocation.out.flush();
  return ExitStatus::kCompleted;
}

ExitStatus with_deps(Invocation& invocation, const Globals& globals, Needs needs,
                     const std::function<ExitStatus(Deps&)>& run) {
  const bool daemon = needs == Needs::kRedis;
  BottomLine bottom(invocation.err.descriptor());
  // A daemon has its own use for SIGHUP.
  Interrupts interrupts(daemon ? Interrupts::Hangup::kDefault : Interrupts::Hangup::kWatched,
                        {[&bottom] { bottom.leave(); }, [&bottom] { bottom.back(); }});
  Input in(invocation.stdin_descriptor, interrupts.descriptor());
  const SystemClock clock;
  SystemIdSource ids(clock);
  const LogLevel least = globals.verbose ? LogLevel::kDebug
                         : globals.quiet ? LogLevel::kError
                         : daemon        ? LogLevel::kInfo
                                         : LogLevel::kWarning;
  const std::unique_ptr<Log> stderr_log = make_stderr_log(least, globals.log_format);
  LogAbove log(*stderr_log, least, bottom);
  Deps deps{globals,
            invocation.environment,
            in,
            invocation.out,
            invocation.err,
            clock,
            ids,
            log,
            interrupts,
            nullptr,
            &bottom};
  if (needs != Needs::kTasks) return run(deps);
  Result<std::unique_ptr<Backend>> backend =
      invocation.open_backend({globals, invocation.environment, clock, ids, log});
  if (!backend) return fail(deps, backend.error());
  deps.backend = backend->get();
  const ExitStatus status = run(deps);
  deps.out.flush();
  return deps.out.broken() ? ExitStatus::kPipe : status;
}

}  // namespace taskfeed::cmd
