#include "config_file.h"

#include <filesystem>

#include <toml++/toml.h>

#include "base/suggest.h"
#include "base/text.h"
#include "inputs.h"

namespace taskfeed::cmd {
namespace {

std::string shown(std::string_view text) {
  return escape_controls(to_utf8(text));
}

Error at_line(const std::string& path, size_t line, const std::string& why) {
  return {Errc::kInvalid, shown(path) + ":" + std::to_string(line) + ": " + why};
}

size_t line_of(const toml::source_region& region) {
  return region.begin.line;
}

std::string_view wanted(ConfigKey::Kind kind) {
  switch (kind) {
    case ConfigKey::Kind::kFlag:
      return "true or false";
    case ConfigKey::Kind::kNumber:
      return "a whole number";
    case ConfigKey::Kind::kList:
      return "a list of texts, as in [\"a\", \"b\"]";
    case ConfigKey::Kind::kDuration:
      return "a text such as \"30s\"";
    case ConfigKey::Kind::kText:
    case ConfigKey::Kind::kPath:
    case ConfigKey::Kind::kChoice:
      break;
  }
  return "a text in quotation marks";
}

/// Empty where the node's type is another.
std::optional<std::vector<std::string>> texts_of(const ConfigKey& key, const toml::node& node) {
  std::vector<std::string> texts;
  if (key.kind == ConfigKey::Kind::kList) {
    const toml::array* const array = node.as_array();
    if (array == nullptr) return std::nullopt;
    for (const toml::node& each : *array) {
      const auto text = each.value_exact<std::string>();
      if (!text) return std::nullopt;
      texts.push_back(*text);
    }
    return texts;
  }
  if (key.kind == ConfigKey::Kind::kFlag) {
    const auto flag = node.value_exact<bool>();
    if (!flag) return std::nullopt;
    texts.emplace_back(*flag ? "true" : "false");
  } else if (key.kind == ConfigKey::Kind::kNumber) {
    const auto number = node.value_exact<int64_t>();
    if (!number) return std::nullopt;
    texts.push_back(std::to_string(*number));
  } else {
    const auto text = node.value_exact<std::string>();
    if (!text) return std::nullopt;
    texts.push_back(*text);
  }
  return texts;
}

/// Below the file's folder, so that it means the same from wherever it is read.
void anchor(const ConfigKey& key, const std::string& path, std::vector<std::string>& texts) {
  if (key.kind != ConfigKey::Kind::kPath || texts.front().empty()) return;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  texts.front() = (folder / texts.front()).lexically_normal().string();
}

/// Walks the tables of one file.
class Reading {
 public:
  explicit Reading(const std::string& path) : path_(path) {}

  Result<void> values(const toml::table& table, const std::string& prefix,
                      std::vector<ConfigValue>& into, bool profiles_allowed) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      if (profiles_allowed && name == "profile") {
        if (auto read = profiles(node, line_of(key.source())); !read) return read;
      } else if (const toml::table* inner = node.as_table(); inner && is_group(name)) {
        if (auto read = values(*inner, name + ".", into, false); !read) return read;
      } else if (auto read = value(name, node, line_of(key.source()), into); !read) {
        return read;
      }
    }
    return {};
  }
  std::map<std::string, std::vector<ConfigValue>>& found_profiles() { return profiles_; }

 private:
  static bool is_group(const std::string& name) {
    for (const ConfigKey& key : config_keys()) {
      if (key.name.starts_with(name + ".")) return true;
    }
    return false;
  }

  Result<void> profiles(const toml::node& node, size_t line) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) {
      return at_line(path_, line, "profile must be a table, as in [profile.NAME]");
    }
    for (const auto& [name, values_of] : *table) {
      const toml::table* const inner = values_of.as_table();
      if (inner == nullptr) {
        return at_line(path_, line_of(name.source()),
                       "profile." + shown(name.str()) + " must be a table");
      }
      auto& into = profiles_[std::string(name.str())];
      if (auto read = values(*inner, "", into, false); !read) return read;
    }
    return {};
  }

  Result<void> value(const std::string& name, const toml::node& node, size_t line,
                     std::vector<ConfigValue>& into) {
    const ConfigKey* const key = config_key(name);
    if (key == nullptr) {
      std::vector<std::string> names{"profile"};
      for (const ConfigKey& each : config_keys()) names.emplace_back(each.name);
      const std::string meant = nearest(name, names);
      return at_line(path_, line,
                     "unknown key '" + shown(name) + "'" +
                         (meant.empty() ? "" : ", did you mean " + meant + "?") +
                         "; `taskfeed help configuration` lists them");
    }
    std::optional<std::vector<std::string>> texts = texts_of(*key, node);
    if (!texts) {
      return at_line(path_, line, name + " must be " + std::string(wanted(key->kind)));
    }
    if (auto checked = check_value(*key, *texts); !checked) {
      return at_line(path_, line, name + ": " + checked.error().text);
    }
    anchor(*key, path_, *texts);
    into.push_back({key, *std::move(texts), line});
    return {};
  }

  const std::string path_;
  std::map<std::string, std::vector<ConfigValue>> profiles_;
};

}  // namespace

Result<ConfigFile> parse_config(std::string_view text, const std::string& path) {
  toml::table document;
  try {
    document = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return at_line(path, line_of(error.source()), std::string(error.description()));
  }
  ConfigFile file{path, {}, {}};
  Reading reading(path);
  if (auto read = reading.values(document, "", file.values, true); !read) return read.error();
  file.profiles = std::move(reading.found_profiles());
  return file;
}

Result<ConfigFile> read_config(const std::string& path) {
  const Result<std::string> text = read_file(path, kConfigBytesMax);
  if (!text) return text.error();
  return parse_config(*text, path);
}

}  // namespace taskfeed::cmd
