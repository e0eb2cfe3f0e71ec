/// The table of subcommands, and how one is entered.
///
/// Each subcommand is a file: Options, a parser for them, validate(Options) without I/O, and
/// run(Options, Deps&). Only the chosen subcommand's options are ever built, since that is what
/// costs time at start-up.
///
/// Threads  Main thread.
/// Errors   Printed once, in enter(); the exit status says which.
/// Owns     Nothing.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "arg_parser.h"
#include "deps.h"
#include "preset.h"

namespace taskfeed::cmd {

enum class Needs {
  kNothing,
  kTasks,  ///< A Backend: a daemon or a Redis.
  kRedis,  ///< A Redis to itself: serve and worker wire their own.
};

struct WiringPorts;
/// wiring.h's open_backend(), or a test's.
using OpenBackend = std::function<Result<std::unique_ptr<Backend>>(const WiringPorts&)>;

/// One call of the binary, up to where a subcommand takes over.
struct Invocation {
  /// After the subcommand's name; global options may be among them.
  std::vector<std::string> args;
  const Environment& environment;
  int stdin_descriptor;
  Output& out;
  Output& err;
  const OpenBackend& open_backend;
  /// Set: enter() shows it the subcommand's declarations, and runs nothing.
  const std::function<void(const ArgParser&)>* inspect = nullptr;
};

struct Subcommand {
  std::string_view name;
  std::string_view help;  ///< For `taskfeed help`; empty: hidden.
  Needs needs = Needs::kNothing;
  ExitStatus (*enter)(Invocation& invocation, Needs needs);
  std::string_view verbs = {};  ///< "list|show": one of them follows the name.
};

inline constexpr std::string_view kAgentsVerbs = "list|show|apply|check|delete";
inline constexpr std::string_view kConfigVerbs = "show|check|init";
inline constexpr std::string_view kTokenVerbs = "create|list|revoke";

std::span<const Subcommand> subcommands();

/// How a subcommand's parts hang together; `Options` is its own.
template <class Options>
struct Parts {
  ArgParser::About about;
  void (*declare)(ArgParser& parser, Options& options);
  Result<void> (*validate)(Options& options);
  ExitStatus (*run)(const Options& options, Deps& deps);
  bool streams = false;  ///< -o sse and -o raw make sense.
  /// False: what is not typed stays at its default, so that configuration itself can be mended.
  bool configured = true;
  /// Whether this key of the configuration makes sense beside what was typed; null: each does.
  bool (*takes)(const Options& options, std::string_view key) = nullptr;
};

/// What enter() does that does not depend on Options.
ExitStatus usage_error(Invocation& invocation, const Error& error);
ExitStatus print_help(Invocation& invocation, const ArgParser& parser);
/// Builds Deps as `needs` says, and calls `run`.
ExitStatus with_deps(Invocation& invocation, const Globals& globals, Needs needs,
                     const std::function<ExitStatus(Deps&)>& run);

template <class Options>
ExitStatus enter(const Parts<Options>& parts, Invocation& invocation, Needs needs,
                 Options options = {}) {
  GlobalArgs global_args;
  ArgParser parser(parts.about);
  parts.declare(parser, options);
  declare_globals(parser, global_args, parts.streams);
  if (invocation.inspect != nullptr) {
    (*invocation.inspect)(parser);
    return ExitStatus::kCompleted;
  }
  const Result<bool> help_asked = parser.parse(invocation.args);
  if (!help_asked) return usage_error(invocation, help_asked.error());
  if (*help_asked) return print_help(invocation, parser);
  const TakesKey takes = [&](std::string_view key) {
    return parts.takes == nullptr || parts.takes(options, key);
  };
  const Result<Presets> presets = parts.configured ? preset(parser, global_args, parts.about.name,
                                                            invocation.environment, takes)
                                                   : Presets();
  if (!presets) return usage_error(invocation, presets.error());
  const Result<Globals> globals = resolve(global_args, invocation.environment, parts.streams);
  if (!globals) return usage_error(invocation, presets->explain(globals.error()));
  if (const Result<void> valid = parts.validate(options); !valid) {
    return usage_error(invocation, presets->explain(valid.error()));
  }
  return with_deps(invocation, *globals, needs,
                   [&](Deps& deps) { return parts.run(options, deps); });
}

// One for each file; `run` and `help` look at their arguments before the parser does.
ExitStatus enter_agents(Invocation& invocation, Needs needs);
ExitStatus enter_cancel(Invocation& invocation, Needs needs);
ExitStatus enter_complete(Invocation& invocation, Needs needs);
ExitStatus enter_completion(Invocation& invocation, Needs needs);
ExitStatus enter_config(Invocation& invocation, Needs needs);
ExitStatus enter_create(Invocation& invocation, Needs needs);
ExitStatus enter_doctor(Invocation& invocation, Needs needs);
ExitStatus enter_events(Invocation& invocation, Needs needs);
ExitStatus enter_execute(Invocation& invocation, Needs needs);
ExitStatus enter_get(Invocation& invocation, Needs needs);
ExitStatus enter_help(Invocation& invocation, Needs needs);
ExitStatus enter_list(Invocation& invocation, Needs needs);
ExitStatus enter_pause(Invocation& invocation, Needs needs);
ExitStatus enter_private_redis(Invocation& invocation, Needs needs);
ExitStatus enter_publish(Invocation& invocation, Needs needs);
ExitStatus enter_result(Invocation& invocation, Needs needs);
ExitStatus enter_resume(Invocation& invocation, Needs needs);
ExitStatus enter_approve(Invocation& invocation, Needs needs);
ExitStatus enter_input(Invocation& invocation, Needs needs);
ExitStatus enter_run(Invocation& invocation, Needs needs);
ExitStatus enter_serve(Invocation& invocation, Needs needs);
ExitStatus enter_state(Invocation& invocation, Needs needs);
ExitStatus enter_tail(Invocation& invocation, Needs needs);
ExitStatus enter_token(Invocation& invocation, Needs needs);
ExitStatus enter_version(Invocation& invocation, Needs needs);
ExitStatus enter_wait(Invocation& invocation, Needs needs);
ExitStatus enter_worker(Invocation& invocation, Needs needs);

}  // namespace taskfeed::cmd
