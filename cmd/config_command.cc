// config: shows what is set and where, checks files, and begins one.
#include <filesystem>

#include "base/text.h"
#include "config.h"
#include "config_template.h"
#include "help_text.h"
#include "subcommand.h"
#include "verbs.h"
#include "whole_file.h"

namespace taskfeed::cmd {
namespace {

constexpr std::string_view kExample =
    "  taskfeed config show --origin\n"
    "  taskfeed config check taskfeed.toml\n"
    "  taskfeed config init\n";

struct ConfigOptions {
  bool origin = false;
  bool project = false;
  std::vector<std::string> files;
  std::string file;
};

Result<void> validate_nothing(ConfigOptions&) {
  return {};
}

// ---- show

void declare_show(ArgParser& parser, ConfigOptions& options) {
  parser.flag("--origin", options.origin, "say where each value comes from");
}

/// What is set, or what holds where nobody sets it.
Result<Setting> effective(const Config& config, const ConfigKey& key, const Deps& deps) {
  Result<std::optional<Setting>> found = config.setting(key);
  if (!found) return found.error();
  if (*found) return **std::move(found);
  Setting setting{&key, {}, Origin::kDefault, ""};
  if (key.name == "state_dir") {
    setting.texts.push_back(default_state_dir(deps.environment));
  } else if (!key.fallback.empty()) {
    setting.texts.emplace_back(key.fallback);
  }
  return setting;
}

Json setting_to_json(const Setting& setting) {
  Json json{{"key", setting.key->name}, {"value", nullptr}, {"origin", to_string(setting.origin)}};
  if (!setting.texts.empty() || setting.key->kind == ConfigKey::Kind::kList) {
    json["value"] = parse_json(value_as_toml(*setting.key, setting.texts)).value();
  }
  if (!setting.place.empty()) json["place"] = to_utf8(setting.place);
  return json;
}

/// A line of TOML, so that all of them are a file that says the same.
std::string setting_to_line(const Setting& setting) {
  const std::string name(setting.key->name);
  const bool unset = setting.texts.empty() && setting.origin == Origin::kDefault;
  return unset ? "# " + name + " is not set"
               : name + " = " + value_as_toml(*setting.key, setting.texts);
}

ExitStatus run_show(const ConfigOptions& options, Deps& deps) {
  constexpr size_t kOriginColumn = 40;
  const Result<Config> config = Config::load(deps.globals.config, deps.environment);
  if (!config) return fail(deps, config.error());
  for (const ConfigKey& key : config_keys()) {
    const Result<Setting> setting = effective(*config, key, deps);
    if (!setting) return fail(deps, setting.error());
    if (deps.json()) {
      print_json(setting_to_json(*setting), deps);
      continue;
    }
    std::string line = setting_to_line(*setting);
    if (options.origin && line.front() != '#') {
      line.resize(std::max(line.size(), kOriginColumn), ' ');
      line += "  # " + std::string(to_string(setting->origin));
      if (!setting->place.empty()) line += ": " + escape_controls(to_utf8(setting->place));
    }
    deps.out.line(line);
  }
  return ExitStatus::kCompleted;
}

// ---- check

void declare_check(ArgParser& parser, ConfigOptions& options) {
  parser.arguments("FILE", options.files, false, "these files, instead of those that are found");
}

/// All that a project's file may not say, each in a line.
ExitStatus check_project(const ConfigFile& file, Deps& deps) {
  ExitStatus status = ExitStatus::kCompleted;
  for (const ConfigValue& value : file.values) {
    const Result<void> allowed = check_project_value(value, file.path);
    if (!allowed) status = fail(deps, allowed.error());
  }
  return status;
}

/// The environment and the files that are found, as any other call would read them.
ExitStatus check_found(Deps& deps) {
  const Result<Config> config = Config::load(deps.globals.config, deps.environment);
  if (!config) return fail(deps, config.error());
  ExitStatus status = ExitStatus::kCompleted;
  for (const Config::Source& source : config->sources()) {
    ExitStatus found = ExitStatus::kCompleted;
    if (source.origin == Origin::kProject) found = check_project(source.file, deps);
    if (found == ExitStatus::kCompleted) {
      deps.out.line(escape_controls(to_utf8(source.file.path)) + ": right (" +
                    std::string(to_string(source.origin)) + ")");
    } else {
      status = found;
    }
  }
  if (config->sources().empty()) remark(deps, "there is no configuration file");
  if (status != ExitStatus::kCompleted) return status;
  for (const ConfigKey& key : config_keys()) {
    if (const auto found = config->setting(key); !found) status = fail(deps, found.error());
  }
  return status;
}

ExitStatus run_check(const ConfigOptions& options, Deps& deps) {
  if (options.files.empty()) return check_found(deps);
  ExitStatus status = ExitStatus::kCompleted;
  for (const std::string& path : options.files) {
    const Result<ConfigFile> file = read_config(path);
    if (!file) {
      status = fail(deps, file.error());
    } else {
      deps.out.line(escape_controls(to_utf8(path)) + ": right");
    }
  }
  return status;
}

// ---- init

void declare_init(ArgParser& parser, ConfigOptions& options) {
  parser.flag("--project", options.project, "taskfeed.toml in this folder, for a project");
  parser.argument("FILE", options.file, false, "write this file; - writes to stdout");
}

/// Never over what is there. For its owner alone: a Redis URL may have a password.
Result<void> write_new(const std::string& path, std::string_view text) {
  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  const Result<bool> made = create_file(path, text);
  if (made && *made) return {};
  return {Errc::kInvalid,
          escape_controls(to_utf8(path)) + ": " +
              (made ? std::string("is there already, and stays as it is") : made.error().text)};
}

ExitStatus run_init(const ConfigOptions& options, Deps& deps) {
  std::string path = options.file;
  if (path.empty()) {
    path = options.project ? "taskfeed.toml" : user_config_path(deps.environment);
  }
  if (path.empty()) {
    return fail(deps,
                {Errc::kInvalid, "HOME is not set; name the file: taskfeed config init FILE"});
  }
  const std::string text = config_template(options.project);
  if (path == "-") {
    deps.out.write(text);
    return ExitStatus::kCompleted;
  }
  if (auto written = write_new(path, text); !written) return fail(deps, written.error());
  deps.out.line(escape_controls(to_utf8(path)));
  return ExitStatus::kCompleted;
}

// ---- which of them

Parts<ConfigOptions> parts_of(std::string_view verb) {
  if (verb == "show") {
    return {{.name = "config show",
             .usage = "[OPTIONS]",
             .summary = "Show each key of the configuration, as TOML.",
             .examples = "  taskfeed config show --origin\n"
                         "  taskfeed config show --json | jq -r 'select(.place).key'\n"},
            declare_show,
            validate_nothing,
            run_show};
  }
  if (verb == "check") {
    return {{.name = "config check",
             .usage = "[OPTIONS] [FILE...]",
             .summary = "Check the configuration: unknown keys, wrong types, and what a project's "
                        "file may not say.",
             .examples = {}},
            declare_check,
            validate_nothing,
            run_check,
            false,
            false};
  }
  return {{.name = "config init",
           .usage = "[OPTIONS] [FILE]",
           .summary = "Write a file with every key commented out: your own, or a project's. A file "
                      "that is there stays as it is.",
           .examples = {}},
          declare_init,
          validate_nothing,
          run_init,
          false,
          false};
}

VerbsHelp help_of_verbs() {
  return {.subcommand = "config",
          .about = "What is set in files and in the environment, in place of options.",
          .verbs = {{"show", "each key, its value and where it comes from"},
                    {"check [FILE...]", "whether files are right"},
                    {"init [FILE]", "write a file to begin with"}},
          .examples = kExample,
          .more = "The keys, and which file comes first: taskfeed help configuration"};
}

}  // namespace

ExitStatus enter_config(Invocation& invocation, Needs needs) {
  return enter_verb(help_of_verbs(), kConfigVerbs, invocation, [&](const std::string& verb) {
    return enter(parts_of(verb), invocation, needs);
  });
}

}  // namespace taskfeed::cmd
