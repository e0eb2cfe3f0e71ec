/// One file of configuration, read and checked.
///
/// Threads  Pure functions, but for read_config(), which reads the file.
/// Errors   kInvalid with "FILE:LINE: "; what is unknown or of another type is refused, since who
///          misspells a key would else believe that it is set.
/// Owns     Its text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config_keys.h"

namespace taskfeed::cmd {

inline constexpr size_t kConfigBytesMax = 1024 * 1024;

struct ConfigValue {
  const ConfigKey* key;
  std::vector<std::string> texts;
  size_t line;
};

struct ConfigFile {
  std::string path;
  std::vector<ConfigValue> values;
  std::map<std::string, std::vector<ConfigValue>> profiles;
};

Result<ConfigFile> parse_config(std::string_view text, const std::string& path);
Result<ConfigFile> read_config(const std::string& path);

}  // namespace taskfeed::cmd
