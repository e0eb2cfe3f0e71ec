/// What model servers send, in short words, and who hears what comes of it.
///
/// Threads  One.
/// Errors   None.
/// Owns     What was heard.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "llm/chat.h"

namespace taskfeed::llm {

class HearingListener final : public ChatListener {
 public:
  bool on_text(std::string_view text) override {
    texts.emplace_back(text);
    return wants_more();
  }
  bool on_reasoning(std::string_view text) override {
    thoughts.emplace_back(text);
    return wants_more();
  }

  void forget() {
    texts.clear();
    thoughts.clear();
  }

  std::vector<std::string> texts;
  std::vector<std::string> thoughts;
  size_t wanted = SIZE_MAX;  ///< Pieces.

 private:
  bool wants_more() const { return texts.size() + thoughts.size() < wanted; }
};

inline ChatRequest request_to(const runner::ModelServer& server) {
  return {
      .server = server,
      .headers = {},
      .model = "m-1",
      .parameters = Json::object(),
      .max_tokens = {},
      .messages = {{.role = ChatMessage::Role::kUser, .text = "Hi", .calls = {}, .call_id = {}}},
      .tools = {},
      .streaming = true};
}

inline std::string event(std::string_view json) {
  return "data: " + std::string(json) + "\n\n";
}
inline std::string chunk_of(std::string_view choices) {
  return R"({"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m-1-dated","choices":[)" +
         std::string(choices) + "]}";
}
inline std::string delta(std::string_view json) {
  return chunk_of(R"({"index":0,"delta":)" + std::string(json) + R"(,"finish_reason":null})");
}
inline std::string finish(std::string_view reason) {
  return chunk_of(R"({"index":0,"delta":{},"finish_reason":")" + std::string(reason) + "\"}");
}
inline std::string usage(int prompt, int completion) {
  return R"({"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":)" + std::to_string(prompt) +
         R"(,"completion_tokens":)" + std::to_string(completion) + "}}";
}
/// Without stream: one document.
inline std::string whole_answer(std::string_view text) {
  const Json message{{"role", "assistant"}, {"content", text}};
  return R"({"id":"chatcmpl-1","model":"m-1-dated","choices":[{"index":0,"message":)" +
         dump_json(message) + R"(,"finish_reason":"stop"}],)" +
         R"("usage":{"prompt_tokens":10,"completion_tokens":2,"total_tokens":12}})";
}

}  // namespace taskfeed::llm
