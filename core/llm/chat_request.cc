#include "llm/chat_request.h"

#include <array>

#include "base/text.h"

namespace taskfeed::llm {
namespace {

constexpr int64_t kTokensPerMessage = 4;  ///< Its role, and what stands between it and the next.

std::string_view name_of(ChatMessage::Role role) {
  switch (role) {
    case ChatMessage::Role::kSystem:
      return "system";
    case ChatMessage::Role::kUser:
      return "user";
    case ChatMessage::Role::kAssistant:
      return "assistant";
    case ChatMessage::Role::kTool:
      return "tool";
  }
  return "user";
}

/// Adds what is not there yet; two objects are merged.
void add_absent(Json& into, const Json& members) {
  if (!members.is_object()) return;
  for (const auto& [key, value] : members.items()) {
    if (!into.contains(key)) {
      into[key] = value;
    } else if (into[key].is_object() && value.is_object()) {
      add_absent(into[key], value);
    }
  }
}

/// As the model wrote them. What is no JSON object has been answered with an error; servers that
/// parse the history (Ollama, llama.cpp) would refuse all of the request for it.
std::string arguments_of(const workflow::AskedCall& call) {
  const Result<Json> json = parse_json(call.arguments);
  return json && json->is_object() ? call.arguments : "{}";
}

Json call_json(const workflow::AskedCall& call) {
  Json json{{"id", call.id}};
  json["type"] = string_at(call.extra, "type", "function");
  json["function"] = Json{{"name", call.tool}, {"arguments", arguments_of(call)}};
  add_absent(json, call.extra);
  return json;
}

Json message_json(const ChatMessage& message) {
  Json json{{"role", name_of(message.role)}, {"content", message.text}};
  if (message.role == ChatMessage::Role::kTool) json["tool_call_id"] = message.call_id;
  if (message.role != ChatMessage::Role::kAssistant || message.calls.empty()) return json;
  // As OpenAI's own answers have it. Without calls it must be a text, which may be empty.
  if (message.text.empty()) json["content"] = nullptr;
  for (const workflow::AskedCall& call : message.calls) {
    json["tool_calls"].push_back(call_json(call));
  }
  return json;
}

Json tool_json(const runner::Tool& tool) {
  Json function{{"name", tool.name}};
  if (!tool.description.empty()) function["description"] = tool.description;
  function["parameters"] = tool.parameters;
  return {{"type", "function"}, {"function", std::move(function)}};
}

/// OpenAI refuses these where there is no tool.
bool is_of_tools(std::string_view key) {
  return key == "tool_choice" || key == "parallel_tool_calls";
}

/// What the request says itself, also where it says it by absence.
bool is_own(const ChatRequest& request, std::string_view key) {
  constexpr std::array<std::string_view, 5> kOwn{"model", "messages", "tools", "stream",
                                                 "stream_options"};
  for (const std::string_view own : kOwn) {
    if (key == own) return true;
  }
  return request.max_tokens && (key == "max_tokens" || key == "max_completion_tokens" ||
                                key == request.server.max_tokens_key);
}

void add_members(Json& body, const ChatRequest& request, const Json& members) {
  if (!members.is_object()) return;
  for (const auto& [key, value] : members.items()) {
    if (is_own(request, key) || (request.tools.empty() && is_of_tools(key))) continue;
    if (!body.contains(key)) body[key] = value;
  }
}

}  // namespace

std::string request_body(const ChatRequest& request, bool asks_usage) {
  Json body{{"model", request.model}, {"messages", Json::array()}};
  for (const ChatMessage& each : request.messages) body["messages"].push_back(message_json(each));
  for (const runner::Tool& each : request.tools) body["tools"].push_back(tool_json(each));
  add_members(body, request, request.parameters);
  if (request.max_tokens) body[request.server.max_tokens_key] = *request.max_tokens;
  body["stream"] = request.streaming;
  if (request.streaming && asks_usage) body["stream_options"] = Json{{"include_usage", true}};
  add_members(body, request, request.server.extra_body);
  return dump_json(body);
}

std::string request_body(const ChatRequest& request) {
  return request_body(request, true);
}

int64_t estimate_tokens(const ChatRequest& request) {
  size_t bytes = 0;
  for (const ChatMessage& each : request.messages) {
    bytes += each.text.size();
    for (const workflow::AskedCall& call : each.calls) {
      bytes += call.tool.size() + call.arguments.size();
    }
  }
  for (const runner::Tool& each : request.tools) bytes += dump_json(tool_json(each)).size();
  return workflow::tokens_of_bytes(static_cast<int64_t>(bytes)) +
         kTokensPerMessage * static_cast<int64_t>(request.messages.size());
}

}  // namespace taskfeed::llm
