#include "llm/answer_fold.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "llm/reported_usage.h"

namespace taskfeed::llm {
namespace {

constexpr size_t kNameBytesMax = 256;
constexpr size_t kReasonBytesMax = 64;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

/// OpenAI's word for what other makers call by their own.
std::string finish_reason_of(std::string_view said) {
  struct Word {
    std::string_view said;
    std::string_view means;
  };
  constexpr std::array kWords{Word{"function_call", "tool_calls"},
                              Word{"tool_use", "tool_calls"},
                              Word{"eos", "stop"},
                              Word{"eos_token", "stop"},
                              Word{"end_turn", "stop"},
                              Word{"stop_sequence", "stop"},
                              Word{"max_tokens", "length"},
                              Word{"model_length", "length"},
                              Word{"safety", "content_filter"},
                              Word{"prohibited_content", "content_filter"},
                              Word{"recitation", "content_filter"},
                              Word{"blocklist", "content_filter"}};
  std::string reason = lower(utf8_prefix(said, kReasonBytesMax));
  for (const Word& word : kWords) {
    if (reason == word.said) return std::string(word.means);
  }
  return reason;
}

/// A text, or a list of parts of which those of type text count.
std::string text_in(const Json& content) {
  if (content.is_string()) return content.get<std::string>();
  std::string text;
  if (!content.is_array()) return text;
  for (const Json& part : content) {
    if (string_at(part, "type") == "text") text += string_at(part, "text");
  }
  return text;
}

bool says_error(const Json& json) {
  const Json* const error = find(json, "error");
  if (error != nullptr && !error->empty() && *error != "" && *error != false) return true;
  if (string_at(json, "object") == "error") return true;
  return find(json, "choices") == nullptr && find(json, "detail") != nullptr;
}

}  // namespace

AnswerFold::AnswerFold(const ChatRequest& request, ChatListener& listener, const ChatLimits& limits,
                       const FailureContext& context)
    : request_(request), listener_(listener), limits_(limits), context_(context), tools_(limits_) {}

void AnswerFold::fail(ChatFailure failure) {
  if (!failure_) failure_ = std::move(failure);
}

void AnswerFold::take_error(const Json& json) {
  fail(failure_in_answer(json, context_));
}

bool AnswerFold::take(const JsonPart& part) {
  if (!going()) return false;
  const Json& json = part.json;
  const bool listed = json.is_array() && !json.empty() && says_error(json.front());
  if (listed || says_error(json)) {
    take_error(json);
    return false;
  }
  if (!json.is_object()) {
    fail(failure_of_kind("protocol", "the model server sent JSON that is no part of an answer"));
    return false;
  }
  take_head(json);
  if (const Json* const choices = find(json, "choices"); choices && choices->is_array()) {
    for (const Json& choice : *choices) {
      if (int_at(choice, "index") == 0 && going()) take_choice(choice, part.halves);
    }
  }
  return going();
}

void AnswerFold::take_head(const Json& json) {
  if (answer_.model.empty()) {
    answer_.model = utf8_prefix(string_at(json, "model"), kNameBytesMax);
  }
  if (answer_.request_id.empty()) {
    answer_.request_id = utf8_prefix(string_at(json, "id"), kNameBytesMax);
  }
  // The last one counts: some servers send the sum so far with each chunk.
  const Json* const usage = find(json, "usage");
  if (usage == nullptr) return;
  if (const auto counted = usage_of(*usage)) answer_.usage = counted;
  if (const auto cost = cost_in(*usage)) answer_.cost = cost;
}

void AnswerFold::take_choice(const Json& choice, bool halves) {
  any_choice_ = true;
  const Json* words = find(choice, "delta");
  if (words == nullptr || !words->is_object()) words = find(choice, "message");
  if (words != nullptr) take_words(*words, halves);
  const std::string reason = string_at(choice, "finish_reason");
  if (!reason.empty()) answer_.finish_reason = finish_reason_of(reason);
  if (answer_.finish_reason == "error") {
    fail(failure_of_kind("stream_broken", "the model server ended its answer with an error"));
  }
}

void AnswerFold::take_words(const Json& words, bool halves) {
  // One or the other; some servers send both, with the same text.
  std::string thought = string_at(words, "reasoning");
  if (thought.empty()) thought = string_at(words, "reasoning_content");
  add(reasoning_, thought, halves);
  if (const Json* const content = find(words, "content"); content != nullptr) {
    add(text_, text_in(*content), halves);
  }
  const std::string refusal = string_at(words, "refusal");
  if (!refusal.empty()) answer_.refused = true;
  add(text_, refusal, halves);

  Json calls = Json::array();
  if (const Json* const found = find(words, "tool_calls"); found && found->is_array()) {
    calls = *found;
  } else if (const Json* const old = find(words, "function_call"); old && old->is_object()) {
    calls.push_back({{"index", 0}, {"function", *old}});
  }
  if (calls.empty() || !going()) return;
  any_token_ = true;
  if (const auto refused = tools_.take(calls, halves)) fail(failure_of_kind("too_large", *refused));
}

void AnswerFold::add(Channel& channel, std::string_view piece, bool halves) {
  if (piece.empty() || !going()) return;
  any_token_ = true;
  say(channel, channel.joiner.take(piece, halves));
}

void AnswerFold::say(Channel& channel, const std::string& text) {
  if (text.empty() || !going()) return;
  if (channel.text.size() + text.size() > limits_.text_bytes_max) {
    return fail(failure_of_kind(
        "too_large",
        "the model's answer is over " + std::to_string(limits_.text_bytes_max) + " bytes"));
  }
  channel.text += text;
  unwanted_ = !(listener_.*channel.hear)(text);
}

void AnswerFold::end_words() {
  say(reasoning_, reasoning_.joiner.rest());
  say(text_, text_.joiner.rest());
}

std::set<std::string> AnswerFold::known_ids() const {
  std::set<std::string> ids;
  for (const ChatMessage& each : request_.messages) {
    for (const workflow::AskedCall& call : each.calls) ids.insert(call.id);
  }
  return ids;
}

ChatEnd AnswerFold::end(bool complete) {
  end_words();
  if (complete && tools_.any_nameless()) {
    fail(failure_of_kind("protocol", "the model server sent a tool call without a name"));
  }
  if (answer_.finish_reason == "content_filter") {
    fail(failure_of_kind("content_filter", "the model server's filter ended the answer"));
  }
  const bool whole = complete && going();
  answer_.calls =
      tools_.calls(whole ? ToolAssembly::Which::kAll : ToolAssembly::Which::kWhole, known_ids());
  if (answer_.finish_reason.empty() && whole) {
    answer_.finish_reason = answer_.calls.empty() ? "stop" : "tool_calls";
  }
  if (answer_.model.empty()) answer_.model = request_.model;
  answer_.model = context_.secrets.hide(answer_.model);
  answer_.request_id = context_.secrets.hide(answer_.request_id);
  return {std::move(answer_), failure_, std::nullopt};
}

}  // namespace taskfeed::llm
