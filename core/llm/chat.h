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
#include "workflow/usage.h"

namespace taskfeed::llm {

struct ChatLimits {
  size_t text_bytes_max = 1024 * 1024;      ///< Of the answer's text; also of its reasoning.
  size_t arguments_bytes_max = 256 * 1024;  ///< Of one tool call; also of its `extra`.
  size_t calls_max = workflow::ConversationLimits{}.calls_max;  ///< Tool calls of one answer.
  size_t line_bytes_max = 4 * 1024 * 1024;                      ///< Of a line of the stream.
  size_t answer_bytes_max = 64 * 1024 * 1024;
  Milliseconds retry_after_max{300'000};  ///< What a server may ask for; more is cut to it.
  Milliseconds quiet_interval{50};        ///< Without a word, until on_quiet().
};

struct ChatMessage {
  enum class Role { kSystem, kUser, kAssistant, kTool };
  Role role = Role::kUser;
  std::string text;
  std::vector<workflow::AskedCall> calls;  ///< Of kAssistant; sent back as they came.
  std::string call_id;                     ///< Of kTool.
};

struct ChatRequest {
  const runner::ModelServer& server;
  std::map<std::string, std::string> headers;  ///< With the key; never shown, never logged.
  std::string model;
  /// temperature and the like: the server's, with what the task overrides. Of `server`, only its
  /// address, timeouts, max_tokens_key and extra_body count.
  Json parameters = Json::object();
  std::optional<int64_t> max_tokens;
  std::vector<ChatMessage> messages;
  std::vector<runner::Tool> tools;
  bool streaming = false;
};

/// The JSON that is sent; valid UTF-8 whatever the messages hold. What the request says itself
/// (model, messages, tools, stream …) is overridden by neither parameters nor extra_body.
std::string request_body(const ChatRequest& request);
/// Of the request, where no server has counted: bytes / 4, rounded up, and a few for each message.
int64_t estimate_tokens(const ChatRequest& request);

/// What came of an answer; also of one that broke off.
struct ChatAnswer {
  std::string model;  ///< As the server names it; what was asked for where it does not.
  std::string text;
  bool refused = false;  ///< `text` is a refusal that the server marked as one.
  std::string reasoning;
  /// In the order in which the model asked; each has a name, and an id that is unique among these
  /// and those of the request. Where the answer broke off, those with whole arguments. Servers say
  /// "stop" with calls, too: these count, not finish_reason.
  std::vector<workflow::AskedCall> calls;
  std::string finish_reason;             ///< stop, length, tool_calls, content_filter, or other.
  std::optional<workflow::Usage> usage;  ///< As the server counted.
  std::optional<NanoDollars> cost;       ///< As the server says (OpenRouter's usage.cost).
  std::string request_id;                ///< For the server's operator; may be empty.
};

struct ChatFailure {
  /// connect, tls, timeout_connect, timeout_first_byte, timeout_idle, timeout, rate_limited, quota,
  /// overloaded, server, auth, permission, invalid_request, not_found, context_length,
  /// content_filter, stream_broken, protocol, too_large, stopped.
  std::string kind;
  std::string message;  ///< Bounded, valid UTF-8, without the request's secrets.
  int http_status = 0;
  bool retryable = false;  ///< Whoever has shown some of the answer already decides for himself.
  std::optional<Milliseconds> retry_after;  ///< As the server asks.
};

struct ChatEnd {
  ChatAnswer answer;
  std::optional<ChatFailure> failure;
  std::optional<Milliseconds> time_to_first_token;  ///< Of a stream.
};

/// What the caller hears while the answer comes; on the calling thread. The pieces are valid UTF-8,
/// not empty, and add up to ChatAnswer's; an answer that comes whole is one piece. False: nothing
/// more is wanted, and the call ends with the failure "stopped".
class ChatListener {
 public:
  virtual bool on_text(std::string_view text) = 0;
  virtual bool on_reasoning(std::string_view text) = 0;
  /// The server has paused within its answer: nothing that was heard should be held back.
  virtual void on_quiet() {}

 protected:
  ~ChatListener() = default;
};

ChatEnd chat(const ChatRequest& request, ChatListener& listener, const Clock& clock,
             const std::stop_token& stop, const ChatLimits& limits = {});

}  // namespace taskfeed::llm
