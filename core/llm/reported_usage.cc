#include "llm/reported_usage.h"

#include <algorithm>

namespace taskfeed::llm {
namespace {

/// Sums of a few counts stay far from an overflow.
constexpr int64_t kCountMax = 1'000'000'000'000;
constexpr double kDollarsMax = 1'000'000;

int64_t count_at(const Json& json, std::string_view key) {
  return std::clamp<int64_t>(int_at(json, key), 0, kCountMax);
}

int64_t detail_at(const Json& json, std::string_view details, std::string_view key) {
  const Json* const found = find(json, details);
  return found == nullptr ? 0 : count_at(*found, key);
}

}  // namespace

std::optional<workflow::Usage> usage_of(const Json& reported) {
  workflow::Usage usage;
  usage.prompt = count_at(reported, "prompt_tokens");
  usage.completion = count_at(reported, "completion_tokens");
  usage.cached = detail_at(reported, "prompt_tokens_details", "cached_tokens");
  if (usage.cached == 0) usage.cached = count_at(reported, "prompt_cache_hit_tokens");
  usage.reasoning = detail_at(reported, "completion_tokens_details", "reasoning_tokens");
  // Some leave the thoughts, which they charge as output, out of the completion (Gemini).
  const int64_t beside = count_at(reported, "total_tokens") - usage.prompt - usage.completion;
  if (beside > 0) {
    usage.completion += beside;
    usage.reasoning = std::max(usage.reasoning, beside);
  }
  usage.cached = std::min(usage.cached, usage.prompt);
  usage.reasoning = std::min(usage.reasoning, usage.completion);
  if (usage == workflow::Usage()) return std::nullopt;
  return usage;
}

std::optional<NanoDollars> cost_in(const Json& reported) {
  const Json* const cost = find(reported, "cost");
  if (cost == nullptr || !cost->is_number()) return std::nullopt;
  const auto dollars = cost->get<double>();
  if (!(dollars >= 0 && dollars <= kDollarsMax)) return std::nullopt;
  return dollars_from_json(cost);
}

}  // namespace taskfeed::llm
