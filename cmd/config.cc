#include "config.h"

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

#include "base/suggest.h"
#include "base/text.h"
#include "client/endpoint.h"
#include "redis/url.h"

namespace taskfeed::cmd {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kProjectFile = "taskfeed.toml";

bool is_this_machine(const std::string& host, const std::string& unix_path) {
  return !unix_path.empty() || host == "localhost" || host == "::1" || host == "[::1]" ||
         host.starts_with("127.");
}

bool names_this_machine(const ConfigKey& key, const std::string& text) {
  if (key.name == "server") {
    const auto place = client::Endpoint::parse(text);
    return place && is_this_machine(place->host, place->unix_path);
  }
  const auto place = redis::Url::parse(text);
  return place && is_this_machine(place->host, place->unix_path);
}

bool is_there(const fs::path& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

/// The folders to look in, nearest first: up to the root of the repository; without one, up to the
/// home folder; outside both, this one alone, since anybody may have written above it.
std::vector<fs::path> folders_of_project(const std::string& from, const std::string& home) {
  std::vector<fs::path> folders;
  size_t below_home = 0;
  for (fs::path folder = from;; folder = folder.parent_path()) {
    folders.push_back(folder);
    if (is_there(folder / ".git")) return folders;
    if (!home.empty() && folder == fs::path(home)) below_home = folders.size();
    if (!folder.has_parent_path() || folder == folder.parent_path()) break;
  }
  folders.resize(below_home > 0 ? below_home : 1);
  return folders;
}

/// systemd's, where StateDirectory= is set (systemd.exec(5)): the first of several. With
/// DynamicUser= it is a link to the directory, which is refused elsewhere, since others could have
/// put it there.
std::string service_state_dir(const Environment& environment) {
  const std::string all = environment.get("STATE_DIRECTORY");
  const std::string first = all.substr(0, all.find(':'));
  std::error_code failed;
  const fs::path target = fs::canonical(first, failed);
  return failed ? first : target.string();
}

/// NO_COLOR and the like.
std::optional<Setting> others_variable(const ConfigKey& key, const Environment& environment) {
  if (key.name == "state_dir" && environment.has("STATE_DIRECTORY")) {
    return Setting{&key, {service_state_dir(environment)}, Origin::kVariable, "STATE_DIRECTORY"};
  }
  if (key.name != "color") return std::nullopt;
  // no-color.org and bixense.com/clicolors: set and not empty.
  if (environment.has("NO_COLOR")) {
    return Setting{&key, {"never"}, Origin::kVariable, "NO_COLOR"};
  }
  if (environment.has("CLICOLOR_FORCE") && environment.get("CLICOLOR_FORCE") != "0") {
    return Setting{&key, {"always"}, Origin::kVariable, "CLICOLOR_FORCE"};
  }
  if (environment.get("TERM") == "dumb") {
    return Setting{&key, {"never"}, Origin::kVariable, "TERM"};
  }
  return std::nullopt;
}

/// The last of one name is the one that TOML keeps; it has none twice.
const ConfigValue* find_value(const std::vector<ConfigValue>& values, const ConfigKey& key) {
  for (const ConfigValue& value : values) {
    if (value.key == &key) return &value;
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::kTyped:
      return "option";
    case Origin::kVariable:
      return "environment";
    case Origin::kNamedFile:
      return "named file";
    case Origin::kProject:
      return "project";
    case Origin::kUser:
      return "user";
    case Origin::kSystem:
      return "system";
    case Origin::kDefault:
      return "default";
  }
  return "default";
}

std::string user_config_path(const Environment& environment) {
  if (environment.has("XDG_CONFIG_HOME")) {
    return environment.get("XDG_CONFIG_HOME") + "/taskfeed/config.toml";
  }
  if (environment.has("HOME")) return environment.get("HOME") + "/.config/taskfeed/config.toml";
  return {};
}

Result<void> check_project_value(const ConfigValue& value, const std::string& path) {
  const ConfigKey& key = *value.key;
  const std::string name(key.name);
  const std::string place =
      escape_controls(to_utf8(path)) + ":" + std::to_string(value.line) + ": ";
  const std::string advice =
      " set it in your own file or the environment, or name this file with "
      "--config (taskfeed.toml(5))";
  if (key.from_project == ConfigKey::FromProject::kNever) {
    return {Errc::kInvalid,
            place + name + " is not taken from a project file that was found;" + advice};
  }
  if (key.from_project == ConfigKey::FromProject::kThisMachine &&
      !names_this_machine(key, value.texts.front())) {
    return {Errc::kInvalid,
            place + name + " names another machine, which a project file that was found may not;" +
                advice};
  }
  return {};
}

Result<void> Config::read(const std::string& path, Origin origin) {
  Result<ConfigFile> file = read_config(path);
  if (!file) return {Errc::kInvalid, file.error().text};
  sources_.push_back({origin, *std::move(file)});
  return {};
}

Result<void> Config::find_project() {
  if (environment_->working_folder.empty()) return {};
  for (const fs::path& folder :
       folders_of_project(environment_->working_folder, environment_->get("HOME"))) {
    const std::string path = (folder / kProjectFile).string();
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) continue;
    const bool ours = status.st_uid == ::geteuid() || status.st_uid == 0;
    if (!ours || (status.st_mode & S_IWOTH) != 0) {
      return {Errc::kInvalid, escape_controls(to_utf8(path)) +
                                  ": is not followed, since it belongs to somebody else or anybody "
                                  "may write to it; name it with --config if it is right"};
    }
    if (auto done = read(path, Origin::kProject); !done) return done;
    if (!sources_.back().file.profiles.empty()) {
      return {Errc::kInvalid,
              escape_controls(to_utf8(path)) + ": has profiles, which stand in your own file only"};
    }
    return {};
  }
  return {};
}

Result<void> Config::choose_profile(const std::string& profile, const ConfigChoice& choice) {
  if (profile.empty()) return {};
  std::vector<std::string> names;
  std::string listed;
  for (const Source& source : sources_) {
    for (const auto& [name, values] : source.file.profiles) {
      names.push_back(name);
      listed += (listed.empty() ? "" : ", ") + name;
      if (name == profile) profile_ = profile;
    }
  }
  if (!profile_.empty()) return {};
  const std::string meant = nearest(profile, names);
  return {Errc::kInvalid, std::string(choice.profile ? "--profile" : "TASKFEED_PROFILE") +
                              ": there is no profile '" + escape_controls(to_utf8(profile)) + "'" +
                              (meant.empty() ? "" : ", did you mean " + meant + "?") +
                              (listed.empty() ? "; no configuration file has one"
                                              : "; there are: " + escape_controls(listed))};
}

Result<Config> Config::load(const ConfigChoice& choice, const Environment& environment) {
  Config config(environment);
  config.chosen_ = choice.file.has_value() || choice.profile.has_value();
  const std::string named = choice.file.value_or(environment.get("TASKFEED_CONFIG"));
  if (!named.empty()) {
    std::error_code failed;
    const fs::path absolute = fs::absolute(named, failed);
    const std::string path = failed ? named : absolute.lexically_normal().string();
    if (auto done = config.read(path, Origin::kNamedFile); !done) return done.error();
  } else {
    if (auto done = config.find_project(); !done) return done.error();
    const std::string user = user_config_path(environment);
    if (!user.empty() && is_there(user)) {
      if (auto done = config.read(user, Origin::kUser); !done) return done.error();
    }
    const std::string& system = environment.system_config;
    if (!system.empty() && is_there(system)) {
      if (auto done = config.read(system, Origin::kSystem); !done) return done.error();
    }
  }
  const std::string profile = choice.profile.value_or(environment.get("TASKFEED_PROFILE"));
  if (auto done = config.choose_profile(profile, choice); !done) return done.error();
  return config;
}

Result<std::optional<Setting>> Config::from_environment(const ConfigKey& key) const {
  const std::string text = environment_->get(key.variable);
  if (text.empty()) return others_variable(key, *environment_);
  Result<std::vector<std::string>> texts = value_from_text(key, text);
  if (!texts) {
    return Error{Errc::kInvalid, std::string(key.variable) + " '" + escape_controls(to_utf8(text)) +
                                     "': " + texts.error().text};
  }
  return std::optional(
      Setting{&key, *std::move(texts), Origin::kVariable, std::string(key.variable)});
}

Result<std::optional<Setting>> Config::setting(const ConfigKey& key) const {
  Result<std::optional<Setting>> found = from_environment(key);
  if (!found || *found) return found;
  for (const Source& source : sources_) {
    const auto profile = source.file.profiles.find(profile_);
    const ConfigValue* value =
        profile == source.file.profiles.end() ? nullptr : find_value(profile->second, key);
    if (value == nullptr) value = find_value(source.file.values, key);
    if (value == nullptr) continue;
    if (source.origin == Origin::kProject) {
      if (auto allowed = check_project_value(*value, source.file.path); !allowed) {
        return allowed.error();
      }
    }
    return std::optional(Setting{&key, value->texts, source.origin,
                                 source.file.path + ":" + std::to_string(value->line)});
  }
  return std::optional<Setting>();
}

}  // namespace taskfeed::cmd
