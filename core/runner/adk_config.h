/// Where an agent with runner = "adk" lives: Google ADK's api_server, as its operator declared it.
///
/// Secrets are named, never held: `api_key_env` and `headers_env` say which variables of the
/// worker's own environment a request carries.
///
/// Threads  Values; pure functions.
/// Errors   kInvalid or kTooLarge, beginning with the key.
/// Owns     Its text.
#pragma once

#include <array>

#include "base/clock.h"
#include "base/http_url.h"
#include "runner/config_reader.h"
#include "runner/spending.h"

namespace taskfeed::runner {

struct AdkLimits {
  size_t name_bytes_max = 128;  ///< Of app and user.
  int model_calls_max = 10'000;
  size_t headers_max = 64;
};

struct AdkServer {
  HttpUrl base_url;
  std::string app;                ///< The agent's id where it is left out.
  std::string user = "taskfeed";  ///< ADK's userId, below which it keeps sessions.
  std::string api_key_env;        ///< Sent as `Authorization: Bearer …`; empty: nothing is.
  std::map<std::string, std::string> headers_env;  ///< Header to the variable with its value.
  Milliseconds connect_timeout{10'000};
  Milliseconds first_byte_timeout{120'000};  ///< Batch mode: of the whole run.
  /// ADK sends no sign of life while a model or a tool is at work.
  Milliseconds silence_timeout{120'000};
  Milliseconds timeout{3'600'000};  ///< Of the run, whatever comes.
  int max_model_calls = 100;        ///< ADK's own bound is 500.
  workflow::Budget budget;
  std::vector<PriceRule> prices;  ///< Of the models that ADK names.
  bool operator==(const AdkServer&) const = default;
};

/// The keys that only an ADK agent has.
inline constexpr std::array<std::string_view, 12> kAdkKeys{"base_url",
                                                           "app",
                                                           "user",
                                                           "api_key_env",
                                                           "headers_env",
                                                           "connect_timeout",
                                                           "timeout",
                                                           "first_byte_timeout",
                                                           "silence_timeout",
                                                           "max_model_calls",
                                                           "budget",
                                                           "prices"};

/// `json` is the agent; `id` its id.
Result<AdkServer> adk_from_json(const Json& json, const std::string& id);
/// Adds its keys to `json`.
void adk_to_json(const AdkServer& server, Json& json);

}  // namespace taskfeed::runner
