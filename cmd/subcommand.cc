#include "subcommand.h"

#include <array>
#include <csignal>

#include "base/text.h"
#include "wiring.h"

namespace taskfeed::cmd {
namespace {

constexpr std::array kSubcommands{
    Subcommand{"create", "create a task for an agent", Needs::kTasks, enter_create},
    Subcommand{"execute", "execute a task that was created", Needs::kTasks, enter_execute},
    Subcommand{"run", "create, execute and follow; or run a program: run -- CMD", Needs::kTasks,
               enter_run},
    Subcommand{"tail", "follow the events of tasks, history first", Needs::kTasks, enter_tail},
    Subcommand{"events", "a page of a task's history", Needs::kTasks, enter_events},
    Subcommand{"get", "show a task", Needs::kTasks, enter_get},
    Subcommand{"list", "list tasks, newest first", Needs::kTasks, enter_list},
    Subcommand{"wait", "wait until tasks have ended", Needs::kTasks, enter_wait},
    Subcommand{"state", "the workflow's state (get_current_state)", Needs::kTasks, enter_state},
    Subcommand{"result", "the final response (get_final_response)", Needs::kTasks, enter_result},
    Subcommand{"cancel", "cancel tasks", Needs::kTasks, enter_cancel},
    Subcommand{"pause", "pause tasks after the activity under way", Needs::kTasks, enter_pause},
    Subcommand{"resume", "let paused tasks go on", Needs::kTasks, enter_resume},
    Subcommand{"publish", "add an event to a task", Needs::kTasks, enter_publish},
    Subcommand{"agents", "list, show, apply and delete agents", Needs::kTasks, enter_agents},
    Subcommand{"serve", "the daemon: HTTP, SSE and workers", Needs::kRedis, enter_serve},
    Subcommand{"worker", "workers alone", Needs::kRedis, enter_worker},
    Subcommand{"help", "how to use a subcommand", Needs::kNothing, enter_help},
    Subcommand{"version", "the version", Needs::kNothing, enter_version},
    Subcommand{"__private-redis", "", Needs::kNothing, enter_private_redis}};

}  // namespace

std::span<const Subcommand> subcommands() {
  return kSubcommands;
}

ExitStatus usage_error(Invocation& invocation, const Error& error) {
  invocation.err.line("taskfeed: " + error.text);
  return exit_status_of(error.code);
}

ExitStatus print_help(Invocation& invocation, const ArgParser& parser) {
  invocation.out.write(parser.help());
  invocation.out.flush();
  return ExitStatus::kCompleted;
}

ExitStatus with_deps(Invocation& invocation, const Globals& globals, Needs needs,
                     const std::function<ExitStatus(Deps&)>& run) {
  Interrupts interrupts;
  const SystemClock clock;
  SystemIdSource ids(clock);
  const bool daemon = needs == Needs::kRedis;
  const LogLevel least = globals.verbose ? LogLevel::kDebug
                         : globals.quiet ? LogLevel::kError
                         : daemon        ? LogLevel::kInfo
                                         : LogLevel::kWarning;
  const std::unique_ptr<Log> log = make_stderr_log(least, globals.log_format);
  Deps deps{
      globals, invocation.environment, invocation.out, invocation.err, clock, ids, *log, interrupts,
      nullptr};
  if (needs != Needs::kTasks) return run(deps);
  Result<std::unique_ptr<Backend>> backend =
      open_backend({globals, invocation.environment, clock, ids, *log});
  if (!backend) return fail(deps, backend.error());
  deps.backend = backend->get();
  const ExitStatus status = run(deps);
  deps.out.flush();
  return deps.out.broken() ? ExitStatus::kPipe : status;
}

ExitStatus fail(Deps& deps, const Error& error) {
  deps.out.flush();
  deps.err.line("taskfeed: " + escape_controls(error.text));
  return exit_status_of(error.code);
}

void remark(Deps& deps, std::string_view text) {
  if (!deps.globals.quiet) deps.err.line("taskfeed: " + escape_controls(text));
}

}  // namespace taskfeed::cmd
