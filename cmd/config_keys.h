/// The keys of configuration: what each is called in a file, in the environment and on the command
/// line, and what it may be. taskfeed.toml(5) says what they mean.
///
/// Threads  Immutable.
/// Errors   check_value() says what a value should be, without saying where it stands.
/// Owns     Static text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "daemon_start.h"

namespace taskfeed::cmd {

struct ConfigKey {
  enum class Kind {
    kText,
    kPath,    ///< In a file, below the file's folder; in the environment, below the working one.
    kFlag,    ///< true or false
    kNumber,  ///< Within `range`.
    kDuration,
    kChoice,  ///< One of `choices`.
    kList     ///< Texts; in the environment with commas between them.
  };
  /// What a project's file may say, which came with a checkout and was found, not named.
  enum class FromProject {
    kTaken,
    kThisMachine,  ///< A place on this machine alone.
    kNever
  };
  std::string_view name;
  std::string_view variable;
  std::string_view option;
  Kind kind = Kind::kText;
  FromProject from_project = FromProject::kNever;
  std::string_view subcommands = {};  ///< "create|run"; empty: all.
  std::string_view choices = {};
  NumberRange range{0, 0};
  std::string_view fallback = {};  ///< Empty: none.
  std::string_view help = {};
};

std::span<const ConfigKey> config_keys();
/// Null: no such key.
const ConfigKey* config_key(std::string_view name);
bool concerns(const ConfigKey& key, std::string_view subcommand);

/// Of text as it stands in the environment: the parts of a list, "true" and "false" of a flag.
Result<std::vector<std::string>> value_from_text(const ConfigKey& key, const std::string& text);
Result<void> check_value(const ConfigKey& key, const std::vector<std::string>& texts);
/// As TOML has it: "text", 4, true, ["a", "b"]. Of a URL without its password.
std::string value_as_toml(const ConfigKey& key, const std::vector<std::string>& texts);

}  // namespace taskfeed::cmd
