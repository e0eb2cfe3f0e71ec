/// The options that every subcommand takes.
///
/// Threads  Values.
/// Errors   resolve() names the option or the variable, and what it may be.
/// Owns     Its text.
#pragma once

#include <optional>
#include <string>

#include "arg_parser.h"
#include "base/clock.h"
#include "base/log.h"
#include "environment.h"

namespace taskfeed::cmd {

enum class OutputFormat { kText, kJson, kSse, kRaw };
enum class ColorChoice { kAuto, kAlways, kNever };
enum class TimeStyle { kClock, kRelative, kIso, kRaw };

/// Which configuration to read; TASKFEED_CONFIG and TASKFEED_PROFILE where it is not typed.
struct ConfigChoice {
  std::optional<std::string> file, profile;
};

/// As typed, and then as configuration completes it (preset.h).
struct GlobalArgs {
  ConfigChoice config;
  std::optional<std::string> server, token_file, redis, state_dir, output, color, time, log_format,
      timeout;
  bool json = false;
  bool utc = false;
  bool quiet = false;
  bool verbose = false;
  // preset.h's:
  bool server_typed = false;
  bool redis_typed = false;
  bool place_typed = false;
};

struct Globals {
  std::string server;      ///< "http://host:port" or "unix:PATH"; empty: not given.
  std::string token_file;  ///< Whose token goes to `server`; empty: none.
  std::string redis;       ///< Empty: not given.
  std::string state_dir;   ///< Absolute.
  OutputFormat output = OutputFormat::kText;
  ColorChoice color = ColorChoice::kAuto;
  TimeStyle time = TimeStyle::kClock;
  bool time_chosen = false;  ///< Somebody wants this style, not just the default.
  bool utc = false;
  bool quiet = false;
  bool verbose = false;
  LogFormat log_format = LogFormat::kText;
  std::optional<Milliseconds> timeout;
  ConfigChoice config;
  bool server_typed = false;
  /// The place is what this command line says: the next call does not find it by itself.
  bool place_typed = false;

  /// The socket of the daemon that works on this state directory.
  std::string local_socket() const { return state_dir + "/taskfeed.sock"; }
};

/// `streams` allows -o sse and -o raw as well.
void declare_globals(ArgParser& parser, GlobalArgs& args, bool streams);
Result<Globals> resolve(const GlobalArgs& args, const Environment& environment, bool streams);
std::string default_state_dir(const Environment& environment);
/// As declare_globals() has them.
std::vector<ArgParser::Option> global_options();
/// For `taskfeed help options`.
std::string globals_help(size_t columns);
/// Whether an option before the subcommand's name takes a value.
bool global_takes_value(std::string_view option);

}  // namespace taskfeed::cmd
