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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_url.h"
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
/// An absolute path.
Result<void> read_folder(const Json& json, const std::string& place, std::string& into);
/// From 1 to `most`.
Result<void> read_count(const Json& json, const std::string& place, std::string_view key,
                        int64_t most, std::optional<int64_t>& into);
/// `count_max` texts of 1 to 256 bytes; `of` says of what.
Result<void> read_texts(const Json& json, const std::string& place, std::string_view key,
                        size_t count_max, std::string_view of, std::vector<std::string>& into);
/// An object that may be kept as part of the agent's JSON: at most 32 levels deep, where
/// kJsonDepthMax is for the whole.
Result<void> read_object(const Json& json, const std::string& place, std::string_view key,
                         size_t bytes_max, Json& into);
/// kTooLarge where `value` has more than `bytes_max` of JSON.
Result<void> check_size(const Json& value, const std::string& place, size_t bytes_max);
/// `base_url`, which must be there: `whose` server it is, and an `example` of one.
struct UrlHint {
  std::string_view whose;
  std::string_view example;
};
Result<void> read_base_url(const Json& json, const UrlHint& hint, HttpUrl& into);
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
/// `pass_env`: names of variables.
Result<void> read_pass_env(const Json& json, const std::string& place, size_t variables_max,
                           std::vector<std::string>& into);
/// `headers_env`: headers that taskfeed does not write itself, to names of variables.
Result<void> read_headers_env(const Json& json, const std::string& place, size_t headers_max,
                              std::map<std::string, std::string>& into);

}  // namespace taskfeed::runner
