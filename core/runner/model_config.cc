#include "runner/model_config.h"

#include <algorithm>
#include <cmath>

#include "runner/model_parameters.h"

namespace taskfeed::runner {
namespace {

using namespace std::literals;

/// Members of a request that follow from what else is configured, or that an answer would no longer
/// be understood with.
constexpr std::array kOwnMembers{"model"sv,  "messages"sv,       "tools"sv,      "functions"sv,
                                 "stream"sv, "stream_options"sv, "max_tokens"sv, "n"sv};

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<void> read_model(const Json& json, std::string& into) {
  if (auto read = read_text(json, "", "model", ModelLimits{}.model_bytes_max, into); !read) {
    return read;
  }
  if (!into.empty()) return {};
  return wrong("model", "must name the model, as the server calls it");
}

/// A variable or a file, and no header beside it that says the same.
Result<void> read_key(const Json& json, ModelServer& server) {
  if (auto read = read_variable(json, "", "api_key_env", server.api_key_env); !read) return read;
  if (auto read = read_text(json, "", "api_key_file", 4096, server.api_key_file); !read) {
    return read;
  }
  if (find(json, "api_key_file") != nullptr && !server.api_key_file.starts_with('/')) {
    return wrong("api_key_file", "must be an absolute path, of a file whose first line is the key");
  }
  if (!server.api_key_file.empty() && !server.api_key_env.empty()) {
    return wrong("api_key_file", "stands beside api_key_env; a server has one key");
  }
  if (auto read = read_headers_env(json, "", ModelLimits{}.headers_max, server.headers_env);
      !read) {
    return read;
  }
  for (const auto& [header, variable] : server.headers_env) {
    std::string lower = header;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    const bool has_key = !server.api_key_env.empty() || !server.api_key_file.empty();
    if (has_key && lower == "authorization") {
      return wrong("headers_env." + header, "is what the key is sent in; leave one of them out");
    }
  }
  return {};
}

Result<void> read_parameters(const Json& json, Json& into) {
  for (const std::string_view name : kModelParameters) {
    const Json* const found = find(json, name);
    if (found == nullptr) continue;
    if (auto fits = check_model_parameter(name, *found); !fits) return fits;
    into[std::string(name)] = *found;
  }
  return {};
}

Result<void> read_max_tokens(const Json& json, ModelServer& server) {
  if (auto read = read_count(json, "", "max_tokens", ModelLimits{}.tokens_max, server.max_tokens);
      !read) {
    return read;
  }
  if (auto read = read_text(json, "", "max_tokens_key", 64, server.max_tokens_key); !read) {
    return read;
  }
  const std::string& key = server.max_tokens_key;
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  const bool taken = key != "max_tokens" &&
                     std::find(kOwnMembers.begin(), kOwnMembers.end(), key) != kOwnMembers.end();
  if (plain && !key.empty() && !taken && !is_model_parameter(key)) return {};
  return wrong("max_tokens_key", "must be \"max_tokens\" or \"max_completion_tokens\"");
}

Result<void> read_extra_body(const Json& json, ModelServer& server) {
  if (auto read = read_object(json, "", "extra_body", ModelLimits{}.extra_body_bytes_max,
                              server.extra_body);
      !read) {
    return read;
  }
  for (const auto& [key, value] : server.extra_body.items()) {
    const std::string place = "extra_body." + key;
    if (is_model_parameter(key)) return wrong(place, "is a key of the agent itself");
    const bool own = std::find(kOwnMembers.begin(), kOwnMembers.end(), key) != kOwnMembers.end();
    if (own || key == server.max_tokens_key) return wrong(place, "is set by taskfeed itself");
  }
  return {};
}

Result<void> read_overriding(const Json& json, ModelServer& server) {
  if (auto read = read_texts(json, "", "task_parameters", 64, "names of parameters",
                             server.task_parameters);
      !read) {
    return read;
  }
  for (const std::string& each : server.task_parameters) {
    if (!is_overridable(each)) {
      return wrong("task_parameters", "has \"" + each + "\", which no task overrides; known are " +
                                          overridable_names());
    }
  }
  if (auto read = read_texts(json, "", "models", ModelLimits{}.models_max, "names of models",
                             server.models);
      !read) {
    return read;
  }
  if (!server.models.empty() && !holds(server.task_parameters, "model")) {
    return wrong("models",
                 "says which models a task may ask for, and task_parameters has no model");
  }
  return {};
}

Result<void> read_tools(const Json& json, std::vector<CommandTool>& into) {
  const Json* const found = find(json, "tools");
  if (found == nullptr) return {};
  Result<std::vector<CommandTool>> tools = command_tools_from_json(*found);
  if (!tools) return tools.error();
  into = *std::move(tools);
  return {};
}

}  // namespace

Result<ModelServer> model_from_json(const Json& json) {
  ModelServer server;
  for (const auto& read :
       {read_base_url(json, {"the model server", "http://127.0.0.1:11434/v1"}, server.base_url),
        read_model(json, server.model),
        read_text(json, "", "instructions", ModelLimits{}.instructions_bytes_max,
                  server.instructions),
        read_key(json, server), read_parameters(json, server.parameters),
        read_max_tokens(json, server), read_extra_body(json, server), read_overriding(json, server),
        read_tools(json, server.tools), read_budget(json, server.budget),
        read_prices(json, server.prices),
        read_duration(json, "", "connect_timeout", server.connect_timeout),
        read_duration(json, "", "first_byte_timeout", server.first_byte_timeout),
        read_duration(json, "", "silence_timeout", server.silence_timeout),
        read_duration(json, "", "timeout", server.timeout)}) {
    if (!read) return read.error();
  }
  return server;
}

void model_to_json(const ModelServer& server, Json& json) {
  json["base_url"] = server.base_url.str();
  json["model"] = server.model;
  if (!server.instructions.empty()) json["instructions"] = server.instructions;
  if (!server.api_key_env.empty()) json["api_key_env"] = server.api_key_env;
  if (!server.api_key_file.empty()) json["api_key_file"] = server.api_key_file;
  if (!server.headers_env.empty()) json["headers_env"] = server.headers_env;
  for (const auto& [name, value] : server.parameters.items()) json[name] = value;
  if (!server.extra_body.empty()) json["extra_body"] = server.extra_body;
  if (server.max_tokens) json["max_tokens"] = *server.max_tokens;
  json["max_tokens_key"] = server.max_tokens_key;
  json["task_parameters"] = server.task_parameters;
  if (!server.models.empty()) json["models"] = server.models;
  if (!server.tools.empty()) json["tools"] = command_tools_to_json(server.tools);
  spending_to_json(server.budget, server.prices, json);
  json["connect_timeout"] = format_duration(server.connect_timeout);
  json["first_byte_timeout"] = format_duration(server.first_byte_timeout);
  json["silence_timeout"] = format_duration(server.silence_timeout);
  json["timeout"] = format_duration(server.timeout);
}

}  // namespace taskfeed::runner
