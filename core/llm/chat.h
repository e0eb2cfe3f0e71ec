/// One call to an OpenAI-compatible model server: its request, its answer as it comes, its failure.
///
/// The dialects of the servers (OpenAI, Ollama, vLLM, llama.cpp, Gemini's and OpenRouter's
/// endpoints) end here: whoever calls sees one kind of answer.
///
/// Threads  chat() blocks its caller; `stop` may be asked for from any thread and ends it at once.
/// Errors   ChatEnd::failure, of a stable kind. None thrown.
/// Owns     Nothing between calls.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "runner/model_config.h"
#include "runner/tools.h"
#include "workflow/conversation.h"

namespace taskfeed::llm {

struct ChatLimits {
  size_t text_bytes_max = 1024 * 1024;      ///< Of the answer's text; also of its reasoning.
  size_t arguments_bytes_max = 256 * 1024;  ///< Of one tool call.
  size_t line_bytes_max = 4 * 1024 * 1024;  ///< Of a line of the stream.
  size_t answer_bytes_max = 64 * 1024 * 1024;
  Milliseconds retry_after_max{300'000};  ///< What a server may ask for; more is cut to it.
};

struct ChatMessage {
  enum class Role { kSystem, kUser, kAssistant, kTool };
  Role role = Role::kUser;
  std::string text;
  std::vector<workflow::AskedCall> calls;  ///< Of kAssistant.
  std::string call_id;                     ///< Of kTool.
};

struct ChatRequest {
  const runner::ModelServer& server;
  std::map<std::string, std::string> headers;  ///< With the key; never shown, never logged.
  std::string model;
  Json parameters = Json::object();  ///< temperature and the like, as the server wants them.
  std::optional<int64_t> max_tokens;
  std::vector<ChatMessage> messages;
  std::vector<runner::Tool> tools;
  bool streaming = false;
};

/// The JSON that is sent; valid UTF-8 whatever the messages hold.
std::string request_body(const ChatRequest& request);
/// Of the request, where no server has counted: bytes / 4, rounded up, and a few for each message.
int64_t estimate_tokens(const ChatRequest& request);
int64_t estimate_tokens(std::string_view text);

/// What came of an answer; also of one that broke off.
struct ChatAnswer {
  std::string model;  ///< As the server names it; what was asked for where it does not.
  std::string text;
  std::string reasoning;
  std::vector<workflow::AskedCall> calls;  ///< Complete ones.
  std::string finish_reason;               ///< stop, length, tool_calls, content_filter, or other.
  std::optional<workflow::Usage> usage;    ///< As the server counted.
  std::optional<NanoDollars> cost;         ///< As the server says (OpenRouter's usage.cost).
  std::string request_id;
};

struct ChatFailure {
  /// connect, tls, timeout_connect, timeout_first_byte, timeout_idle, timeout, rate_limited, quota,
  /// overloaded, server, auth, permission, invalid_request, not_found, context_length,
  /// content_filter, stream_broken, protocol, too_large, stopped.
  std::string kind;
  std::string message;  ///< Bounded, valid UTF-8, without the request's secrets.
  int http_status = 0;
  bool retryable = false;
  std::optional<Milliseconds> retry_after;
};

struct ChatEnd {
  ChatAnswer answer;
  std::optional<ChatFailure> failure;
  std::optional<Milliseconds> time_to_first_token;
};

/// What the caller hears while the answer comes; on the calling thread. False: nothing more is
/// wanted, and the call ends with the failure "stopped".
class ChatListener {
 public:
  virtual bool on_text(std::string_view text) = 0;
  virtual bool on_reasoning(std::string_view text) = 0;

 protected:
  ~ChatListener() = default;
};

ChatEnd chat(const ChatRequest& request, ChatListener& listener, const Clock& clock,
             const std::stop_token& stop, const ChatLimits& limits = {});

}  // namespace taskfeed::llm
