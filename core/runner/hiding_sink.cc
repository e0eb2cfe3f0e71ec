#include "runner/hiding_sink.h"

namespace taskfeed::runner {
namespace {

bool is_stream(std::string_view type) {
  return type == types::kLlmCallChunk || type == types::kToolCallOutput;
}

/// A model call's id, or a tool call's; empty where the event belongs to none.
std::string call_of(const Json& payload) {
  const std::string model_call = string_at(payload, "call_id");
  return model_call.empty() ? string_at(payload, "tool_call_id") : model_call;
}

/// Whether the text of `b` goes on where `a` ended.
bool is_same_text(const Json& a, const Json& b) {
  return string_at(a, "kind") == string_at(b, "kind") &&
         string_at(a, "stream") == string_at(b, "stream");
}

}  // namespace

bool HidingSink::emit(std::string_view type, Json payload) {
  if (secrets_.empty()) return sink_.emit(type, std::move(payload));
  if (is_stream(type)) return stream(type, std::move(payload));
  if (const auto open = streams_.find(call_of(payload)); open != streams_.end()) {
    if (!release(open->second)) return false;
  }
  return sink_.emit(type, secrets_.hide_in(payload));
}

bool HidingSink::stream(std::string_view type, Json payload) {
  Stream& open = streams_[call_of(payload)];
  if (!is_same_text(open.last, payload) && !release(open)) return false;
  Secrets::Split split = secrets_.hide_so_far(open.held + string_at(payload, "text"));
  payload["text"] = std::string();
  open.type = type;
  open.last = secrets_.hide_in(payload);
  open.held = std::move(split.held);
  const bool marked = bool_at(payload, "truncated");
  if (split.shown.empty() && !marked) return true;
  Json shown = open.last;
  open.last.erase("truncated");
  shown["index"] = open.next_index++;
  shown["text"] = std::move(split.shown);
  return sink_.emit(type, std::move(shown));
}

bool HidingSink::release(Stream& stream) {
  if (stream.held.empty()) return true;
  Json rest = stream.last;
  rest["index"] = stream.next_index++;
  rest["text"] = secrets_.hide(stream.held);
  stream.held.clear();
  return sink_.emit(stream.type, std::move(rest));
}

Outcome HidingSink::end(Outcome outcome) {
  for (auto& [call, stream] : streams_) release(stream);
  if (secrets_.empty()) return outcome;
  outcome.response = secrets_.hide(outcome.response);
  if (outcome.failure) outcome.failure->message = secrets_.hide(outcome.failure->message);
  for (Question& question : outcome.questions) {
    question.arguments = secrets_.hide_in(question.arguments);
    question.prompt = secrets_.hide(question.prompt);
  }
  return outcome;
}

}  // namespace taskfeed::runner
