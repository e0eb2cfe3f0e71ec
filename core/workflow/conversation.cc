#include "workflow/conversation.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace taskfeed::workflow {
namespace {

using Stage = AskedCall::Stage;

constexpr std::array kStages{std::pair{Stage::kAsked, std::string_view("asked")},
                             std::pair{Stage::kBegun, std::string_view("begun")},
                             std::pair{Stage::kDone, std::string_view("done")}};

std::string_view to_string(Stage stage) {
  for (const auto& [each, name] : kStages) {
    if (each == stage) return name;
  }
  return "";
}

std::optional<Stage> stage_from(std::string_view text) {
  for (const auto& [stage, name] : kStages) {
    if (name == text) return stage;
  }
  return std::nullopt;
}

Json call_to_json(const AskedCall& call) {
  Json json{{"id", call.id}, {"name", call.tool}, {"arguments", call.arguments}};
  if (!call.extra.empty()) json["extra"] = call.extra;
  return json;
}

/// As the state's JSON has it: a control character takes six bytes there.
size_t encoded_bytes(const std::string& text) {
  return dump_json(Json(text)).size();
}

size_t bytes_of(const Turn& turn) {
  size_t bytes = encoded_bytes(turn.text);
  for (const AskedCall& call : turn.calls) bytes += dump_json(call_to_json(call)).size();
  return bytes;
}

void answered(Conversation& conversation, const Event& event) {
  if (conversation.bytes >= ConversationLimits{}.bytes_max) return;
  Turn turn{string_at(event.payload, "text"), string_at(event.payload, "finish_reason"),
            asked_from_json(find(event.payload, "tool_calls"))};
  conversation.bytes += bytes_of(turn);
  conversation.turns.push_back(std::move(turn));
}

/// Of the last answer's calls: those before it are over.
AskedCall* call_of(Conversation& conversation, const Event& event) {
  if (conversation.turns.empty()) return nullptr;
  const std::string id = string_at(event.payload, "tool_call_id");
  std::vector<AskedCall>& calls = conversation.turns.back().calls;
  const auto found = std::find_if(calls.begin(), calls.end(),
                                  [&id](const AskedCall& call) { return call.id == id; });
  return found == calls.end() ? nullptr : &*found;
}

void tool_begun(Conversation& conversation, const Event& event) {
  AskedCall* const call = call_of(conversation, event);
  if (call != nullptr && call->stage == Stage::kAsked) call->stage = Stage::kBegun;
}

void tool_ended(Conversation& conversation, const Event& event) {
  AskedCall* const call = call_of(conversation, event);
  if (call == nullptr || call->stage == Stage::kDone) return;
  call->stage = Stage::kDone;
  call->result = string_at(event.payload, "result");
  call->is_error = bool_at(event.payload, "is_error");
  conversation.bytes += encoded_bytes(call->result);
  if (conversation.bytes < ConversationLimits{}.bytes_max) return;
  // The runner ends the task: nobody will send this to a model.
  call->result = "[cut: the conversation is full]";
}

AskedCall call_from_json(const Json& json) {
  AskedCall call;
  call.id = string_at(json, "id");
  call.tool = string_at(json, "name");
  call.arguments = string_at(json, "arguments");
  if (const Json* const extra = find(json, "extra"); extra != nullptr && extra->is_object()) {
    call.extra = *extra;
  }
  return call;
}

Json turn_to_json(const Turn& turn) {
  Json json{{"text", turn.text}, {"finish_reason", turn.finish_reason}, {"calls", Json::array()}};
  for (const AskedCall& call : turn.calls) {
    Json entry = call_to_json(call);
    entry["stage"] = to_string(call.stage);
    if (call.stage == Stage::kDone) entry["result"] = call.result;
    if (call.is_error) entry["is_error"] = true;
    json["calls"].push_back(std::move(entry));
  }
  return json;
}

Error wrong(std::string_view what) {
  return {Errc::kInvalid, "conversation: " + std::string(what)};
}

Result<Turn> turn_from_json(const Json& json) {
  Turn turn;
  turn.text = string_at(json, "text");
  turn.finish_reason = string_at(json, "finish_reason");
  const Json* const calls = find(json, "calls");
  if (calls == nullptr || !calls->is_array()) return wrong("a turn must have its calls");
  for (const Json& entry : *calls) {
    AskedCall call = call_from_json(entry);
    const std::optional<Stage> stage = stage_from(string_at(entry, "stage"));
    if (!stage) return wrong("a call's stage must be asked, begun or done");
    call.stage = *stage;
    call.result = string_at(entry, "result");
    call.is_error = bool_at(entry, "is_error");
    turn.calls.push_back(std::move(call));
  }
  return turn;
}

}  // namespace

void take(Conversation& conversation, const Event& event) {
  const std::string& type = event.type.str();
  if (type == types::kLlmCallCompleted) answered(conversation, event);
  if (type == types::kToolCallStarted) tool_begun(conversation, event);
  if (type == types::kToolCallCompleted) tool_ended(conversation, event);
}

Json asked_to_json(const std::vector<AskedCall>& calls) {
  Json json = Json::array();
  for (const AskedCall& call : calls) json.push_back(call_to_json(call));
  return json;
}

std::vector<AskedCall> asked_from_json(const Json* json) {
  std::vector<AskedCall> calls;
  if (json == nullptr || !json->is_array()) return calls;
  for (const Json& entry : *json) {
    if (calls.size() == ConversationLimits{}.calls_max) break;
    calls.push_back(call_from_json(entry));
  }
  return calls;
}

Json conversation_to_json(const Conversation& conversation) {
  Json json = Json::object();
  json["bytes"] = conversation.bytes;
  json["turns"] = Json::array();
  for (const Turn& turn : conversation.turns) json["turns"].push_back(turn_to_json(turn));
  return json;
}

Result<Conversation> conversation_from_json(const Json& json) {
  const Json* const turns = find(json, "turns");
  if (turns == nullptr || !turns->is_array()) return wrong("must have its turns");
  Conversation conversation;
  conversation.bytes = static_cast<size_t>(std::max<int64_t>(0, int_at(json, "bytes")));
  for (const Json& entry : *turns) {
    Result<Turn> turn = turn_from_json(entry);
    if (!turn) return turn.error();
    conversation.turns.push_back(*std::move(turn));
  }
  return conversation;
}

}  // namespace taskfeed::workflow
