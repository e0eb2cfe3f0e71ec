#include "adk/adk_event.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace taskfeed::adk {
namespace {

constexpr size_t kMessageBytesMax = 4 * 1024;
constexpr size_t kPartsMax = 10'000;

std::string name_at(const Json& json, std::string_view key) {
  return std::string(utf8_prefix(string_at(json, key), kNameBytesMax));
}

/// Nothing that a server counts is negative, or so large that sums overflow.
int64_t count_at(const Json& json, std::string_view key) {
  return std::clamp<int64_t>(int_at(json, key), 0, std::numeric_limits<int32_t>::max());
}

AdkPart part_from(const Json& json) {
  AdkPart part;
  if (const Json* const call = find(json, "functionCall")) {
    part.kind = AdkPart::Kind::kCall;
    part.id = name_at(*call, "id");
    part.name = name_at(*call, "name");
    const Json* const args = find(*call, "args");
    part.value = args != nullptr && args->is_object() ? *args : Json::object();
  } else if (const Json* const response = find(json, "functionResponse")) {
    part.kind = AdkPart::Kind::kResponse;
    part.id = name_at(*response, "id");
    part.name = name_at(*response, "name");
    const Json* const value = find(*response, "response");
    part.value = value != nullptr ? *value : Json::object();
  } else if (const Json* const text = find(json, "text"); text != nullptr && text->is_string()) {
    part.kind = bool_at(json, "thought") ? AdkPart::Kind::kThought : AdkPart::Kind::kText;
    part.text = text->get<std::string>();
  }
  return part;
}

std::optional<workflow::Usage> usage_from(const Json& json) {
  const Json* const found = find(json, "usageMetadata");
  if (found == nullptr || !found->is_object()) return std::nullopt;
  workflow::Usage usage;
  usage.prompt = count_at(*found, "promptTokenCount") + count_at(*found, "toolUsePromptTokenCount");
  usage.reasoning = count_at(*found, "thoughtsTokenCount");
  usage.completion = count_at(*found, "candidatesTokenCount") + usage.reasoning;
  usage.cached = count_at(*found, "cachedContentTokenCount");
  return usage;
}

/// errorCode is text, and in some editions a number.
std::string code_at(const Json& json) {
  const Json* const code = find(json, "errorCode");
  if (code != nullptr && code->is_number_integer()) return dump_json(*code);
  return name_at(json, "errorCode");
}

}  // namespace

bool AdkEvent::has(AdkPart::Kind kind) const {
  return std::any_of(parts.begin(), parts.end(),
                     [kind](const AdkPart& part) { return part.kind == kind; });
}

std::string AdkEvent::text(AdkPart::Kind kind) const {
  std::string joined;
  for (const AdkPart& part : parts) {
    if (part.kind == kind) joined += part.text;
  }
  return joined;
}

bool AdkEvent::asks_a_person() const {
  return std::any_of(parts.begin(), parts.end(), [](const AdkPart& part) {
    return part.kind == AdkPart::Kind::kCall && part.name.starts_with(kOwnCalls);
  });
}

bool AdkEvent::is_answer() const {
  if (partial || !error_code.empty() || author == "user" || from_user) return false;
  if (has(AdkPart::Kind::kResponse) || asks_a_person()) return false;
  return !parts.empty() || usage;
}

bool AdkEvent::is_final() const {
  if (partial || !error_code.empty() || author == "user") return false;
  if (skip_summarization) return true;
  if (from_user || parts.empty()) return false;
  // Code that ADK runs itself comes back as a part of another kind: the model goes on after it.
  return !has(AdkPart::Kind::kCall) && !has(AdkPart::Kind::kResponse) &&
         parts.back().kind != AdkPart::Kind::kOther;
}

Result<AdkEvent> adk_event_from(const Json& json) {
  if (!json.is_object()) return {Errc::kInvalid, "an event of ADK must be a JSON object"};
  AdkEvent event;
  event.author = name_at(json, "author");
  if (const Json* const error = find(json, "error"); error != nullptr && event.author.empty()) {
    const std::string text = error->is_string() ? error->get<std::string>() : dump_json(*error);
    event.failure = utf8_prefix(text, kMessageBytesMax);
    if (event.failure.empty()) event.failure = "the server names no reason";
    return event;
  }
  event.id = name_at(json, "id");
  event.branch = name_at(json, "branch");
  event.partial = bool_at(json, "partial");
  event.finish_reason = name_at(json, "finishReason");
  event.model = name_at(json, "modelVersion");
  event.error_code = code_at(json);
  event.error_message = utf8_prefix(string_at(json, "errorMessage"), kMessageBytesMax);
  event.usage = usage_from(json);
  if (const Json* const actions = find(json, "actions")) {
    event.skip_summarization = bool_at(*actions, "skipSummarization");
  }
  if (const Json* const ids = find(json, "longRunningToolIds"); ids != nullptr && ids->is_array()) {
    for (const Json& id : *ids) {
      if (!id.is_string() || event.long_running.size() == kPartsMax) continue;
      event.long_running.emplace_back(utf8_prefix(id.get_ref<const std::string&>(), kNameBytesMax));
    }
  }
  const Json* const content = find(json, "content");
  if (content == nullptr) return event;
  event.from_user = string_at(*content, "role") == "user";
  const Json* const parts = find(*content, "parts");
  if (parts == nullptr || !parts->is_array()) return event;
  if (parts->size() > kPartsMax) return {Errc::kTooLarge, "an event of ADK has too many parts"};
  for (const Json& part : *parts) event.parts.push_back(part_from(part));
  return event;
}

}  // namespace taskfeed::adk
