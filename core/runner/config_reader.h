/// Reading a configuration's JSON member by member, with errors that name the member.
///
/// `place` is what an error says before the key: "steps[2].", or empty at the top.
///
/// Threads  Pure functions.
/// Errors   kInvalid or kTooLarge; the text begins with the member's path, by which a TOML file's
///          line is found.
/// Owns     Nothing.
#pragma once

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"

namespace taskfeed::runner {

Error wrong(const std::string& place, std::string_view what);
Result<void> only_keys(const Json& json, const std::string& place,
                       const std::vector<std::string_view>& known);

/// These leave `into` as it is where the member is absent; read_argv() wants it.
Result<void> read_text(const Json& json, const std::string& place, std::string_view key,
                       size_t bytes_max, std::string& into);
Result<void> read_flag(const Json& json, const std::string& place, std::string_view key,
                       bool& into);
Result<void> read_argv(const Json& json, const std::string& place, std::string_view key,
                       std::vector<std::string>& into);
/// `env`: names that TASKFEED_ does not begin, and values without NUL.
Result<void> read_env(const Json& json, const std::string& place,
                      std::map<std::string, std::string>& into);
/// From 1ms to 7d.
Result<void> read_duration(const Json& json, const std::string& place, std::string_view key,
                           std::chrono::milliseconds& into);
/// `timeout`, in the same way.
Result<void> read_timeout(const Json& json, const std::string& place,
                          std::chrono::milliseconds& into);

bool is_variable_name(std::string_view name);
/// The name of an environment variable.
Result<void> read_variable(const Json& json, const std::string& place, std::string_view key,
                           std::string& into);
/// `headers_env`: headers that taskfeed does not write itself, to names of variables.
Result<void> read_headers_env(const Json& json, const std::string& place, size_t headers_max,
                              std::map<std::string, std::string>& into);

}  // namespace taskfeed::runner
