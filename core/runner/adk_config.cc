#include "runner/adk_config.h"

#include <algorithm>

namespace taskfeed::runner {
namespace {

/// What can stand in a path of ADK's API as it is, in both of its editions.
bool is_adk_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '@';
  });
}

Result<void> read_adk_name(const Json& json, std::string_view key, std::string& into) {
  if (auto read = read_text(json, "", key, AdkLimits{}.name_bytes_max, into); !read) return read;
  if (is_adk_name(into)) return {};
  return wrong(std::string(key), "must be letters, digits, '_', '-', '.' or '@'");
}

Result<void> read_model_calls(const Json& json, int& into) {
  const Json* const found = find(json, "max_model_calls");
  if (found == nullptr) return {};
  const int64_t value = found->is_number_integer() ? int_at(json, "max_model_calls") : 0;
  constexpr int kMost = AdkLimits{}.model_calls_max;
  if (value < 1 || value > kMost) {
    return wrong("max_model_calls", "must be a number from 1 to " + std::to_string(kMost));
  }
  into = static_cast<int>(value);
  return {};
}

}  // namespace

Result<AdkServer> adk_from_json(const Json& json, const std::string& id) {
  AdkServer server;
  server.app = id;
  for (const auto& read :
       {read_base_url(json, {"ADK's api_server", "http://127.0.0.1:8001"}, server.base_url),
        read_adk_name(json, "app", server.app), read_adk_name(json, "user", server.user),
        read_variable(json, "", "api_key_env", server.api_key_env),
        read_headers_env(json, "", AdkLimits{}.headers_max, server.headers_env),
        read_duration(json, "", "connect_timeout", server.connect_timeout),
        read_duration(json, "", "first_byte_timeout", server.first_byte_timeout),
        read_duration(json, "", "silence_timeout", server.silence_timeout),
        read_duration(json, "", "timeout", server.timeout),
        read_model_calls(json, server.max_model_calls), read_budget(json, server.budget),
        read_prices(json, server.prices)}) {
    if (!read) return read.error();
  }
  return server;
}

void adk_to_json(const AdkServer& server, Json& json) {
  json["base_url"] = server.base_url.str();
  json["app"] = server.app;
  json["user"] = server.user;
  if (!server.api_key_env.empty()) json["api_key_env"] = server.api_key_env;
  if (!server.headers_env.empty()) json["headers_env"] = server.headers_env;
  json["connect_timeout"] = format_duration(server.connect_timeout);
  json["first_byte_timeout"] = format_duration(server.first_byte_timeout);
  json["silence_timeout"] = format_duration(server.silence_timeout);
  json["timeout"] = format_duration(server.timeout);
  json["max_model_calls"] = server.max_model_calls;
  spending_to_json(server.budget, server.prices, json);
}

}  // namespace taskfeed::runner
