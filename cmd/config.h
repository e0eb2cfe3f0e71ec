/// What is set where: the environment, a project's file, the user's, the system's.
///
/// Each value comes from the first of them that has it, after what is typed:
///   variable      TASKFEED_…, and those that others agreed on, such as NO_COLOR
///   project file  the nearest taskfeed.toml, up to the root of the repository
///   user file     $XDG_CONFIG_HOME/taskfeed/config.toml; its profile before the rest of it
///   system file   /etc/taskfeed/taskfeed.toml; likewise
/// A file that is named (--config) stands in place of the three files.
///
/// A project's file is found, not chosen: it came with a checkout. So it may say how things look
/// and who executes tasks, but neither send tasks to another machine nor say what a daemon does;
/// that is refused, not passed over, so that nobody believes it was done.
///
/// Threads  Values; load() reads files.
/// Errors   kInvalid, with the file and the line, or the variable.
/// Owns     Its text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config_file.h"
#include "environment.h"
#include "globals.h"

namespace taskfeed::cmd {

enum class Origin { kTyped, kVariable, kNamedFile, kProject, kUser, kSystem, kDefault };
std::string_view to_string(Origin origin);

struct Setting {
  const ConfigKey* key;
  std::vector<std::string> texts;
  Origin origin = Origin::kDefault;
  std::string place;  ///< "TASKFEED_SERVER", "FILE:LINE"; empty for defaults.
};

class Config {
 public:
  static Result<Config> load(const ConfigChoice& choice, const Environment& environment);

  /// Empty: nobody sets it.
  Result<std::optional<Setting>> setting(const ConfigKey& key) const;
  /// Those that were read, strongest first.
  struct Source {
    Origin origin;
    ConfigFile file;
  };
  const std::vector<Source>& sources() const { return sources_; }
  /// True where --config or --profile was typed: the next call would not read the same.
  bool was_chosen() const { return chosen_; }

 private:
  explicit Config(const Environment& environment) : environment_(&environment) {}
  Result<void> read(const std::string& path, Origin origin);
  Result<void> find_project();
  Result<void> choose_profile(const std::string& profile, const ConfigChoice& choice);
  Result<std::optional<Setting>> from_environment(const ConfigKey& key) const;

  const Environment* environment_;
  std::vector<Source> sources_;
  std::string profile_;
  bool chosen_ = false;
};

/// Whether a project's file may set this; the error says why not.
Result<void> check_project_value(const ConfigValue& value, const std::string& path);
/// Where `config init` writes: $XDG_CONFIG_HOME/taskfeed/config.toml. Empty without a home.
std::string user_config_path(const Environment& environment);

}  // namespace taskfeed::cmd
