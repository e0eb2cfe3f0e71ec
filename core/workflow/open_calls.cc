#include "workflow/open_calls.h"

#include <algorithm>

namespace taskfeed::workflow {
namespace {

constexpr std::string_view kId = "call_id";

OpenModelCall begun(const Json& payload) {
  return {string_at(payload, kId), string_at(payload, "model"),
          int_at(payload, "prompt_tokens_estimate"), 0};
}

}  // namespace

void take(std::vector<OpenModelCall>& calls, const Event& event) {
  const std::string& type = event.type.str();
  const bool begins = type == types::kLlmCallStarted;
  const bool streams = type == types::kLlmCallChunk;
  const bool ends = type == types::kLlmCallCompleted || type == types::kLlmCallFailed;
  if (!begins && !streams && !ends) return;
  const std::string id = string_at(event.payload, kId);
  const auto found = std::find_if(calls.begin(), calls.end(),
                                  [&id](const OpenModelCall& call) { return call.id == id; });
  if (begins && found == calls.end() && !id.empty() && calls.size() < kOpenCallsMax) {
    calls.push_back(begun(event.payload));
  }
  if (found == calls.end()) return;
  if (streams) {
    found->streamed_bytes += static_cast<int64_t>(string_at(event.payload, "text").size());
  }
  if (ends) calls.erase(found);
}

Json open_calls_to_json(const std::vector<OpenModelCall>& calls) {
  Json json = Json::array();
  for (const OpenModelCall& call : calls) {
    json.push_back(Json{{kId, call.id},
                        {"model", call.model},
                        {"prompt_tokens_estimate", call.prompt_tokens_estimate},
                        {"streamed_bytes", call.streamed_bytes}});
  }
  return json;
}

std::vector<OpenModelCall> open_calls_from_json(const Json* json) {
  std::vector<OpenModelCall> calls;
  if (json == nullptr || !json->is_array()) return calls;
  for (const Json& entry : *json) {
    if (calls.size() == kOpenCallsMax) break;
    if (!entry.is_object() || string_at(entry, kId).empty()) continue;
    calls.push_back(begun(entry));
    calls.back().streamed_bytes = int_at(entry, "streamed_bytes");
  }
  return calls;
}

}  // namespace taskfeed::workflow
