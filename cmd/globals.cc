#include "globals.h"

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "help_text.h"

namespace taskfeed::cmd {
namespace {

Error wrong(std::string_view option, std::string_view text, std::string_view allowed) {
  return {Errc::kInvalid, std::string(option) + " '" + escape_controls(to_utf8(text)) +
                              "' is unknown; use " + std::string(allowed)};
}

/// systemd.exec(5): whether JOURNAL_STREAM, "device:inode", is this very stderr.
bool stderr_is_journal(const Environment& environment) {
  struct stat status {};
  if (!environment.has("JOURNAL_STREAM") || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return environment.get("JOURNAL_STREAM") ==
         std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

Result<void> resolve_output(const GlobalArgs& args, bool streams, Globals& globals) {
  const std::string text = args.json ? "json" : args.output.value_or("text");
  if (text == "text")
    globals.output = OutputFormat::kText;
  else if (text == "json")
    globals.output = OutputFormat::kJson;
  else if (text == "sse" && streams)
    globals.output = OutputFormat::kSse;
  else if (text == "raw" && streams)
    globals.output = OutputFormat::kRaw;
  else
    return wrong("--output", text, streams ? "text, json, sse or raw" : "text or json");
  return {};
}

Result<void> resolve_looks(const GlobalArgs& args, const Environment& environment,
                           Globals& globals) {
  const std::string color = args.color.value_or("auto");
  if (color == "always")
    globals.color = ColorChoice::kAlways;
  else if (color == "never")
    globals.color = ColorChoice::kNever;
  else if (color != "auto")
    return wrong("--color", color, "auto, always or never");

  globals.time_chosen = args.time.has_value();
  const std::string time = args.time.value_or("clock");
  if (time == "relative")
    globals.time = TimeStyle::kRelative;
  else if (time == "iso")
    globals.time = TimeStyle::kIso;
  else if (time == "raw")
    globals.time = TimeStyle::kRaw;
  else if (time != "clock")
    return wrong("--time", time, "clock, relative, iso or raw");

  const std::string log = args.log_format.value_or("");
  if (log == "json")
    globals.log_format = LogFormat::kJson;
  else if (log == "journal" || (log.empty() && stderr_is_journal(environment)))
    globals.log_format = LogFormat::kJournal;
  else if (!log.empty() && log != "text")
    return wrong("--log-format", log, "text or json");
  return {};
}

Result<std::string> resolve_state_dir(const GlobalArgs& args, const Environment& environment) {
  std::string dir = args.state_dir.value_or("");
  if (dir.empty()) dir = default_state_dir(environment);
  std::error_code failed;
  const std::filesystem::path absolute = std::filesystem::absolute(dir, failed);
  if (failed) return Error{Errc::kInvalid, "the state directory '" + dir + "' is no path"};
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

}  // namespace

std::string default_state_dir(const Environment& environment) {
  if (environment.has("XDG_STATE_HOME")) return environment.get("XDG_STATE_HOME") + "/taskfeed";
  if (environment.has("HOME")) return environment.get("HOME") + "/.local/state/taskfeed";
  return "/var/lib/taskfeed";
}

void declare_globals(ArgParser& parser, GlobalArgs& args, bool streams) {
  parser.begin_globals();
  parser.option("--server", args.server, "URL",
                "a daemon: http://host:port or unix:PATH (TASKFEED_SERVER)");
  parser.option("--token-file", args.token_file, "FILE",
                "holds the token that --server asks for (TASKFEED_TOKEN_FILE)");
  parser.option("--redis", args.redis, "URL", "a Redis, without a daemon (TASKFEED_REDIS_URL)");
  parser.option("--state-dir", args.state_dir, "DIR",
                "the local daemon's socket and the private Redis (TASKFEED_STATE_DIR; default: "
                "$XDG_STATE_HOME/taskfeed)");
  parser.option("--config", args.config.file, "FILE",
                "this configuration in place of the files that are found (TASKFEED_CONFIG)");
  parser.option("--profile", args.config.profile, "NAME",
                "with the values of [profile.NAME] (TASKFEED_PROFILE)");
  parser.option("-o,--output", args.output, {"FORMAT", streams ? "text|json|sse|raw" : "text|json"},
                "text or json; tail and run also take sse and raw");
  parser.flag("--json", args.json, "the same as -o json");
  parser.option("--color", args.color, {"WHEN", "auto|always|never"},
                "auto, always or never (NO_COLOR, CLICOLOR_FORCE, TERM=dumb)");
  parser.option("--time", args.time, {"STYLE", "clock|relative|iso|raw"},
                "clock, relative, iso or raw");
  parser.flag("--utc", args.utc, "times in UTC");
  parser.flag("-q,--quiet", args.quiet, "only errors on stderr");
  parser.flag("-v,--verbose", args.verbose, "say what is done, on stderr");
  parser.option("--log-format", args.log_format, {"F", "text|json"},
                "text or json, for the log on stderr (TASKFEED_LOG_FORMAT)");
  parser.option("--timeout", args.timeout, "TIME", "give up after it (30s, 5m); exit status 124");
}

std::vector<ArgParser::Option> global_options() {
  GlobalArgs args;
  ArgParser parser({});
  declare_globals(parser, args, true);
  return parser.options();
}

bool global_takes_value(std::string_view option) {
  for (const ArgParser::Option& each : global_options()) {
    for (const std::string& name : each.names) {
      if (name == option) return !each.placeholder.empty();
    }
  }
  return false;
}

Result<Globals> resolve(const GlobalArgs& args, const Environment& environment, bool streams) {
  Globals globals;
  globals.server = args.server.value_or("");
  globals.token_file = args.token_file.value_or("");
  globals.redis = args.redis.value_or("");
  globals.config = args.config;
  globals.server_typed = args.server_typed;
  globals.place_typed = args.place_typed;
  if (args.server_typed && args.redis_typed) {
    return Error{Errc::kInvalid, "--server and --redis exclude each other; give one of them"};
  }
  Result<std::string> dir = resolve_state_dir(args, environment);
  if (!dir) return dir.error();
  globals.state_dir = *std::move(dir);
  if (auto done = resolve_output(args, streams, globals); !done) return done.error();
  if (auto done = resolve_looks(args, environment, globals); !done) return done.error();
  if (args.timeout) {
    const Result<Milliseconds> timeout = parse_duration(*args.timeout);
    if (!timeout) return Error{Errc::kInvalid, "--timeout: " + timeout.error().text};
    if (timeout->count() > 0) globals.timeout = *timeout;
  }
  globals.utc = args.utc;
  globals.quiet = args.quiet;
  globals.verbose = args.verbose;
  return globals;
}

std::string globals_help(size_t columns) {
  std::vector<HelpRow> rows;
  for (const ArgParser::Option& each : global_options()) {
    rows.push_back({option_left(each), each.help});
  }
  rows.push_back({"-h, --help", "this subcommand's options"});
  rows.push_back({"-V, --version", "the version"});
  return "Options of every subcommand:\n" + help_rows(rows, help_left_width({&rows}), columns) +
         "\n" +
         help_paragraph(
             "Without --server and --redis: the daemon of the state directory if one runs, "
             "else a private Redis there.",
             columns);
}

}  // namespace taskfeed::cmd
