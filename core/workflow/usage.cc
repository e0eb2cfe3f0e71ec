#include "workflow/usage.h"

#include <algorithm>
#include <limits>

namespace taskfeed::workflow {
namespace {

int64_t sum(int64_t a, int64_t b) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  a = std::max<int64_t>(a, 0);
  b = std::max<int64_t>(b, 0);
  return a > kMost - b ? kMost : a + b;
}

int64_t count_at(const Json& json, std::string_view key) {
  return std::max<int64_t>(int_at(json, key), 0);
}

}  // namespace

int64_t tokens_of_bytes(int64_t bytes) {
  return bytes / 4 + (bytes % 4 > 0 ? 1 : 0);
}

int64_t Usage::total() const {
  return sum(prompt, completion);
}

Usage operator+(const Usage& a, const Usage& b) {
  return {.prompt = sum(a.prompt, b.prompt),
          .cached = sum(a.cached, b.cached),
          .completion = sum(a.completion, b.completion),
          .reasoning = sum(a.reasoning, b.reasoning),
          .estimated = a.estimated || b.estimated};
}

Json usage_to_json(const Usage& usage) {
  Json json{{"prompt_tokens", usage.prompt},
            {"completion_tokens", usage.completion},
            {"cached_tokens", usage.cached},
            {"reasoning_tokens", usage.reasoning},
            {"total_tokens", usage.total()}};
  if (usage.estimated) json["estimated"] = true;
  return json;
}

Usage usage_from_json(const Json* json) {
  if (json == nullptr) return {};
  return {.prompt = count_at(*json, "prompt_tokens"),
          .cached = count_at(*json, "cached_tokens"),
          .completion = count_at(*json, "completion_tokens"),
          .reasoning = count_at(*json, "reasoning_tokens"),
          .estimated = bool_at(*json, "estimated")};
}

}  // namespace taskfeed::workflow
