#include "workflow/open_calls.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/text.h"

namespace taskfeed::workflow {
namespace {

constexpr std::string_view kId = "call_id";

constexpr size_t kIdBytesMax = 64;
constexpr size_t kNameBytesMax = 256;
constexpr int64_t kCountMax = std::numeric_limits<int32_t>::max();

std::string name_at(const Json& json, std::string_view key) {
  return std::string(utf8_prefix(string_at(json, key), kNameBytesMax));
}

int64_t count_at(const Json& json, std::string_view key) {
  return std::clamp<int64_t>(int_at(json, key), 0, kCountMax);
}

/// Of WorkflowLLMCallStarted, or of the state's JSON. Anybody may publish one.
std::optional<OpenModelCall> call_from(const Json& json) {
  OpenModelCall call{.id = string_at(json, kId),
                     .model = name_at(json, "model"),
                     .prompt_tokens_estimate = count_at(json, "prompt_tokens_estimate"),
                     .streamed_bytes = count_at(json, "streamed_bytes"),
                     .attempt = count_at(json, "attempt"),
                     .author = name_at(json, "author"),
                     .branch = name_at(json, "branch")};
  if (call.id.empty() || call.id.size() > kIdBytesMax) return std::nullopt;
  return call;
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
  if (found == calls.end()) {
    std::optional<OpenModelCall> call = begins ? call_from(event.payload) : std::nullopt;
    if (call && calls.size() < kOpenCallsMax) calls.push_back(*std::move(call));
    return;
  }
  if (streams) {
    const auto bytes = static_cast<int64_t>(string_at(event.payload, "text").size());
    found->streamed_bytes = std::min(kCountMax, found->streamed_bytes + bytes);
  }
  if (ends) calls.erase(found);
}

Json open_calls_to_json(const std::vector<OpenModelCall>& calls) {
  Json json = Json::array();
  for (const OpenModelCall& call : calls) {
    json.push_back(Json{{kId, call.id},
                        {"model", call.model},
                        {"prompt_tokens_estimate", call.prompt_tokens_estimate},
                        {"streamed_bytes", call.streamed_bytes},
                        {"attempt", call.attempt}});
    if (!call.author.empty()) json.back()["author"] = call.author;
    if (!call.branch.empty()) json.back()["branch"] = call.branch;
  }
  return json;
}

std::vector<OpenModelCall> open_calls_from_json(const Json* json) {
  std::vector<OpenModelCall> calls;
  if (json == nullptr || !json->is_array()) return calls;
  for (const Json& entry : *json) {
    if (calls.size() == kOpenCallsMax) break;
    if (std::optional<OpenModelCall> call = call_from(entry)) calls.push_back(*std::move(call));
  }
  return calls;
}

}  // namespace taskfeed::workflow
