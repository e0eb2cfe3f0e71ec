#include "runner/config_reader.h"

#include <algorithm>

#include "base/clock.h"
#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

constexpr std::chrono::milliseconds kTimeoutMax = std::chrono::hours(24 * 7);

}  // namespace

Error wrong(const std::string& place, std::string_view what) {
  return {Errc::kInvalid, place + " " + std::string(what)};
}

Result<void> only_keys(const Json& json, const std::string& place,
                       std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    std::string list;
    for (const std::string_view each : known)
      list += (list.empty() ? "" : ", ") + std::string(each);
    return wrong(place + key, "is not a key of an agent here; known are " + list);
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

Result<void> read_timeout(const Json& json, const std::string& place,
                          std::chrono::milliseconds& into) {
  const Json* const found = find(json, "timeout");
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(place + "timeout", "must be a duration such as \"30s\"");
  const Result<Milliseconds> value = parse_duration(found->get_ref<const std::string&>());
  if (!value) return wrong(place + "timeout", "is wrong: " + value.error().text);
  if (*value <= Milliseconds(0) || *value > kTimeoutMax) {
    return wrong(place + "timeout", "must lie between 1ms and 7d");
  }
  into = *value;
  return {};
}

}  // namespace taskfeed::runner
