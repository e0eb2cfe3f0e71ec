#include "runner/config_reader.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/suggest.h"
#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

using namespace std::literals;

constexpr std::chrono::milliseconds kTimeoutMax = std::chrono::hours(24 * 7);

/// RFC 9110, 5.6.2.
bool is_header_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && std::all_of(name.begin(), name.end(), [](char c) {
    return c > ' ' && c < '\x7f' && "\"(),/:;<=>?@[\\]{}"sv.find(c) == std::string_view::npos;
  });
}

/// What the client itself writes.
bool is_own_header(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  constexpr std::array kOwn{"host"sv,          "content-type"sv,     "content-length"sv,
                            "accept"sv,        "connection"sv,       "origin"sv,
                            "last-event-id"sv, "transfer-encoding"sv};
  return name.starts_with("mcp-") || std::find(kOwn.begin(), kOwn.end(), name) != kOwn.end();
}

bool holds(const std::vector<std::string_view>& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// "api_key", in any spelling: the key itself, where a place to find it in is wanted.
bool is_secret_itself(std::string_view key) {
  std::string letters;
  for (const char c : key) {
    if (c == '_' || c == '-') continue;
    letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return letters == "apikey";
}

std::string why_unknown(std::string_view key, const std::vector<std::string_view>& known) {
  const std::string what = "is not a key of an agent here";
  if (is_secret_itself(key) && holds(known, "api_key_env")) {
    return what + "; name the variable with api_key_env" +
           (holds(known, "api_key_file") ? ", or a file with api_key_file" : "");
  }
  const std::vector<std::string> names(known.begin(), known.end());
  const std::string meant = nearest(key, names);
  std::string list;
  for (const std::string& each : names) list += (list.empty() ? "" : ", ") + each;
  return what + (meant.empty() ? "" : ", did you mean " + meant + "?") + "; known are " + list;
}

/// Stops counting beyond `most`.
int depth_of(const Json& json, int most) {
  if (!json.is_structured()) return 0;
  int deepest = 0;
  for (const Json& each : json) {
    if (deepest >= most) break;
    deepest = std::max(deepest, depth_of(each, most - 1));
  }
  return deepest + 1;
}

}  // namespace

Error wrong(const std::string& place, std::string_view what) {
  return {Errc::kInvalid, place + " " + std::string(what)};
}

Result<void> only_keys(const Json& json, const std::string& place,
                       const std::vector<std::string_view>& known) {
  for (const auto& [key, value] : json.items()) {
    if (!holds(known, key)) return wrong(place + key, why_unknown(key, known));
  }
  return {};
}

Result<void> read_text(const Json& json, const std::string& place, std::string_view key,
                       size_t bytes_max, std::string& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(place + std::string(key), "must be text");
  into = found->get<std::string>();
  if (into.size() > bytes_max) {
    return {Errc::kTooLarge,
            place + std::string(key) + " is over " + std::to_string(bytes_max) + " bytes"};
  }
  if (into.find('\0') != std::string::npos) {
    return wrong(place + std::string(key), "must not hold a NUL");
  }
  return {};
}

Result<void> read_flag(const Json& json, const std::string& place, std::string_view key,
                       bool& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_boolean()) return wrong(place + std::string(key), "must be true or false");
  into = found->get<bool>();
  return {};
}

Result<void> read_argv(const Json& json, const std::string& place, std::string_view key,
                       std::vector<std::string>& into) {
  const std::string whole = place + std::string(key);
  const Json* const run = find(json, key);
  if (run == nullptr || !run->is_array() || run->empty()) {
    return wrong(whole, "must be the program and its arguments, as [\"make\", \"test\"]");
  }
  size_t bytes = 0;
  for (const Json& argument : *run) {
    if (!argument.is_string()) return wrong(whole, "must hold texts only");
    into.push_back(argument.get<std::string>());
    bytes += into.back().size() + 1;
    if (into.back().find('\0') != std::string::npos) {
      return wrong(whole, "must not hold a NUL");
    }
  }
  if (into.front().empty()) return wrong(whole, "names no program");
  if (bytes > AgentLimits{}.argv_bytes_max) {
    return {Errc::kTooLarge,
            place + "run is over " + std::to_string(AgentLimits{}.argv_bytes_max) + " bytes"};
  }
  return {};
}

Result<void> read_folder(const Json& json, const std::string& place, std::string& into) {
  if (auto read = read_text(json, place, "cwd", 4096, into); !read) return read;
  if (into.empty() || into.starts_with('/')) return {};
  return wrong(place + "cwd", "must be an absolute path");
}

Result<void> read_count(const Json& json, const std::string& place, std::string_view key,
                        int64_t most, std::optional<int64_t>& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  const int64_t value = found->is_number_integer() ? int_at(json, key) : 0;
  if (value < 1 || value > most) {
    return wrong(place + std::string(key), "must be a number from 1 to " + std::to_string(most));
  }
  into = value;
  return {};
}

Result<void> read_texts(const Json& json, const std::string& place, std::string_view key,
                        size_t count_max, std::string_view of, std::vector<std::string>& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  const std::string whole = place + std::string(key);
  if (!found->is_array() || found->size() > count_max) {
    return wrong(whole,
                 "must be a list of at most " + std::to_string(count_max) + " " + std::string(of));
  }
  into.clear();
  for (const Json& each : *found) {
    constexpr size_t kTextBytesMax = 256;
    if (!each.is_string() || each.get_ref<const std::string&>().empty() ||
        each.get_ref<const std::string&>().size() > kTextBytesMax) {
      return wrong(whole, "must hold " + std::string(of) + ", each a text of 1 to 256 bytes");
    }
    into.push_back(each.get<std::string>());
  }
  return {};
}

Result<void> read_object(const Json& json, const std::string& place, std::string_view key,
                         size_t bytes_max, Json& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  const std::string whole = place + std::string(key);
  if (!found->is_object()) return wrong(whole, "must be a table");
  constexpr int kDepthMax = 32;
  if (depth_of(*found, kDepthMax) > kDepthMax) {
    return wrong(whole, "is nested deeper than " + std::to_string(kDepthMax) + " tables");
  }
  if (auto fits = check_size(*found, whole, bytes_max); !fits) return fits;
  into = *found;
  return {};
}

Result<void> check_size(const Json& value, const std::string& place, size_t bytes_max) {
  if (dump_json(value).size() <= bytes_max) return {};
  return {Errc::kTooLarge, place + " is over " + std::to_string(bytes_max) + " bytes"};
}

Result<void> read_base_url(const Json& json, const UrlHint& hint, HttpUrl& into) {
  const Json* const found = find(json, "base_url");
  if (found == nullptr || !found->is_string()) {
    return wrong("base_url", "must say where " + std::string(hint.whose) + " is, as \"" +
                                 std::string(hint.example) + "\"");
  }
  Result<HttpUrl> url = HttpUrl::parse(found->get_ref<const std::string&>());
  if (!url) return {url.error().code, "base_url " + url.error().text};
  into = *std::move(url);
  return {};
}

Result<void> read_env(const Json& json, const std::string& place,
                      std::map<std::string, std::string>& into) {
  const Json* const env = find(json, "env");
  if (env == nullptr) return {};
  if (!env->is_object()) return wrong(place + "env", "must be a table of texts");
  for (const auto& [name, value] : env->items()) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      return wrong(place + "env", "has a name that no variable can have");
    }
    if (name.starts_with("TASKFEED_")) {
      return wrong(place + "env." + name, "is set by taskfeed itself");
    }
    if (!value.is_string() || value.get_ref<const std::string&>().find('\0') != std::string::npos) {
      return wrong(place + "env." + name, "must be text without NUL");
    }
    into.emplace(name, value.get<std::string>());
  }
  return {};
}

Result<void> read_duration(const Json& json, const std::string& place, std::string_view key,
                           std::chrono::milliseconds& into) {
  const std::string whole = place + std::string(key);
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(whole, "must be a duration such as \"30s\"");
  const Result<Milliseconds> value = parse_duration(found->get_ref<const std::string&>());
  if (!value) return wrong(whole, "is wrong: " + value.error().text);
  if (*value <= Milliseconds(0) || *value > kTimeoutMax) {
    return wrong(whole, "must lie between 1ms and 7d");
  }
  into = *value;
  return {};
}

Result<void> read_timeout(const Json& json, const std::string& place,
                          std::chrono::milliseconds& into) {
  return read_duration(json, place, "timeout", into);
}

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && (name[0] < '0' || name[0] > '9') &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

Result<void> read_variable(const Json& json, const std::string& place, std::string_view key,
                           std::string& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_string() || !is_variable_name(found->get_ref<const std::string&>())) {
    return wrong(place + std::string(key), "must name the environment variable that holds the key");
  }
  into = found->get<std::string>();
  return {};
}

Result<void> read_pass_env(const Json& json, const std::string& place, size_t variables_max,
                           std::vector<std::string>& into) {
  const Json* const found = find(json, "pass_env");
  if (found == nullptr) return {};
  if (!found->is_array() || found->size() > variables_max) {
    return wrong(place + "pass_env", "must be a list of at most " + std::to_string(variables_max) +
                                         " names of environment variables");
  }
  for (const Json& each : *found) {
    if (!each.is_string() || !is_variable_name(each.get_ref<const std::string&>())) {
      return wrong(place + "pass_env", "must hold names of environment variables");
    }
    into.push_back(each.get<std::string>());
  }
  return {};
}

Result<void> read_headers_env(const Json& json, const std::string& place, size_t headers_max,
                              std::map<std::string, std::string>& into) {
  const Json* const found = find(json, "headers_env");
  if (found == nullptr) return {};
  const std::string whole = place + "headers_env";
  if (!found->is_object() || found->size() > headers_max) {
    return wrong(whole, "must be a table of at most " + std::to_string(headers_max) +
                            " headers, as { Authorization = \"FILES_AUTHORIZATION\" }");
  }
  for (const auto& [header, variable] : found->items()) {
    if (!is_header_name(header)) return wrong(whole, "has a name that no header can have");
    if (is_own_header(header)) return wrong(whole + "." + header, "is set by taskfeed itself");
    if (!variable.is_string() || !is_variable_name(variable.get_ref<const std::string&>())) {
      return wrong(whole + "." + header,
                   "must name the environment variable that holds the header's value");
    }
    into.emplace(header, variable.get<std::string>());
  }
  return {};
}

}  // namespace taskfeed::runner
