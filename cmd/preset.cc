#include "preset.h"

#include <algorithm>

#include "config.h"

namespace taskfeed::cmd {
namespace {

/// What is typed elsewhere on the line leaves no room for this key.
bool is_hidden(const ConfigKey& key, const ArgParser& parser, const GlobalArgs& args) {
  if (parser.given(key.option)) return true;
  if (key.name == "server") return args.redis_typed;
  if (key.name == "redis") return args.server_typed;
  if (key.name == "quiet") return args.verbose;
  if (key.name == "verbose") return args.quiet;
  return false;
}

/// A Redis that is set nearer to the command line than the daemon is meant instead of it. The other
/// way round both stay: serve and worker need the Redis.
void hide_farther_server(std::vector<Setting>& settings) {
  const auto named = [&settings](std::string_view name) {
    return std::find_if(settings.begin(), settings.end(),
                        [name](const Setting& each) { return each.key->name == name; });
  };
  const auto server = named("server");
  const auto redis = named("redis");
  if (server == settings.end() || redis == settings.end()) return;
  if (redis->origin < server->origin) settings.erase(server);
}

}  // namespace

Error Presets::explain(const Error& error) const {
  for (const Taken& each : taken_) {
    if (error.text.find(each.option) != std::string::npos) {
      return {error.code, error.text + " (set by " + each.place + ")"};
    }
  }
  return error;
}

Result<Presets> preset(ArgParser& parser, GlobalArgs& args, std::string_view subcommand,
                       const Environment& environment, const TakesKey& takes) {
  args.server_typed = parser.given("--server");
  args.redis_typed = parser.given("--redis");
  const Result<Config> config = Config::load(args.config, environment);
  if (!config) return config.error();
  args.place_typed =
      args.server_typed || args.redis_typed || parser.given("--state-dir") || config->was_chosen();
  std::vector<Setting> settings;
  for (const ConfigKey& key : config_keys()) {
    if (!concerns(key, subcommand.substr(0, subcommand.find(' '))) || !takes(key.name) ||
        is_hidden(key, parser, args)) {
      continue;
    }
    Result<std::optional<Setting>> found = config->setting(key);
    if (!found) return found.error();
    if (*found) settings.push_back(**std::move(found));
  }
  hide_farther_server(settings);
  Presets presets;
  for (const Setting& each : settings) {
    parser.preset(each.key->option, each.texts);
    presets.add({std::string(each.key->option), each.place});
  }
  return presets;
}

}  // namespace taskfeed::cmd
