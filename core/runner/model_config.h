/// The model server, the tools and the budget of an agent with runner = "openai", as its operator
/// declared them.
///
/// Secrets are named, never held: a variable of the worker's own environment, or a file.
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

struct ModelLimits {
  size_t instructions_bytes_max = 256 * 1024;
  size_t model_bytes_max = 256;
  size_t extra_body_bytes_max = 64 * 1024;
  size_t headers_max = 64;
  size_t tools_max = 128;
  size_t models_max = 256;
  size_t schema_bytes_max = 64 * 1024;  ///< Of one tool's parameters.
  size_t description_bytes_max = 16 * 1024;
  int64_t tokens_max = 1'000'000'000;
  size_t tool_output_bytes_max = 192 * 1024;  ///< Below what its event holds (kEventBytesMax).
};

/// A program that the model may call: `[[agent.tools]]`.
struct CommandTool {
  std::string name;  ///< is_tool_name().
  std::string description;
  Json parameters = Json{{"type", "object"}, {"properties", Json::object()}};
  /// Never a shell unless argv[0] is one. "{NAME}" within an element is replaced by that argument
  /// (runner/placeholders.h); an element whose argument is absent is left out.
  std::vector<std::string> argv;
  bool arguments_on_stdin = false;  ///< `stdin = "json"`: the arguments as one JSON object.
  std::string cwd;                  ///< Absolute; empty: the worker's.
  std::map<std::string, std::string> env;
  std::vector<std::string> pass_env;  ///< Variables of the worker that its program gets.
  Milliseconds timeout{60'000};
  size_t output_bytes_max = 64 * 1024;  ///< Of what the model is told.
  bool approval = false;
  bool idempotent = false;
  bool operator==(const CommandTool&) const = default;
};

struct ModelServer {
  HttpUrl base_url;  ///< With `/v1`, where the server has it.
  std::string model;
  std::string instructions;  ///< The system message; empty: none.
  std::string api_key_env;   ///< Sent as `Authorization: Bearer …`; neither of both: nothing is.
  std::string api_key_file;  ///< Absolute; its first line.
  std::map<std::string, std::string> headers_env;  ///< Header to the variable with its value.
  /// temperature, top_p, seed, stop, presence_penalty, frequency_penalty, reasoning_effort,
  /// tool_choice, parallel_tool_calls, response_format: as the server wants them.
  Json parameters = Json::object();
  Json extra_body = Json::object();  ///< Any other member of the request; never of those above.
  std::optional<int64_t> max_tokens;
  /// How max_tokens is called: OpenAI's reasoning models want `max_completion_tokens`.
  std::string max_tokens_key = "max_tokens";
  /// Parameters that a task may override: "model", "instructions", "temperature" … and never a URL,
  /// a key or a command.
  std::vector<std::string> task_parameters{"model", "instructions", "temperature", "top_p",
                                           "max_tokens"};
  std::vector<std::string> models;  ///< Globs that an overriding `model` must match; empty: any.
  std::vector<CommandTool> tools;
  workflow::Budget budget;
  std::vector<PriceRule> prices;
  Milliseconds connect_timeout{10'000};
  Milliseconds first_byte_timeout{120'000};
  Milliseconds silence_timeout{60'000};
  Milliseconds timeout{600'000};  ///< Of one call, whatever comes.
  bool operator==(const ModelServer&) const = default;
};

/// The keys that an agent with a model server may have, beside kModelParameters and `mcp`.
inline constexpr std::array<std::string_view, 18> kModelKeys{
    "base_url",        "model",           "instructions",    "api_key_env",
    "api_key_file",    "headers_env",     "extra_body",      "max_tokens",
    "max_tokens_key",  "task_parameters", "models",          "tools",
    "budget",          "prices",          "connect_timeout", "first_byte_timeout",
    "silence_timeout", "timeout"};

/// `json` is the agent.
Result<ModelServer> model_from_json(const Json& json);
/// Adds its keys to `json`.
void model_to_json(const ModelServer& server, Json& json);

inline constexpr std::array<std::string_view, 12> kCommandToolKeys{
    "name",     "description", "parameters",       "run",      "stdin",     "cwd", "env",
    "pass_env", "timeout",     "output_bytes_max", "approval", "idempotent"};
/// `json` is the value of `tools`.
Result<std::vector<CommandTool>> command_tools_from_json(const Json& json);
Json command_tools_to_json(const std::vector<CommandTool>& tools);

}  // namespace taskfeed::runner
