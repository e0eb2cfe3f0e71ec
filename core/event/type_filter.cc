#include <algorithm>

#include "base/text.h"
#include "event/event_type.h"

namespace taskfeed {
namespace {

constexpr size_t kPatternsMax = 64;

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Result<std::vector<std::string>> parse_patterns(std::string_view list) {
  std::vector<std::string> patterns;
  while (!list.empty()) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view pattern = trimmed(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (pattern.empty()) continue;
    if (pattern.size() > kEventTypeBytesMax) {
      return {Errc::kTooLarge,
              "a pattern of event types is over " + std::to_string(kEventTypeBytesMax) + " bytes"};
    }
    if (patterns.size() == kPatternsMax) {
      return {Errc::kTooLarge, "a filter takes at most " + std::to_string(kPatternsMax) +
                                   " patterns of event types"};
    }
    patterns.emplace_back(pattern);
  }
  return patterns;
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view type) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [type](const std::string& pattern) { return glob_match(pattern, type); });
}

}  // namespace

Result<TypeFilter> TypeFilter::parse(std::string_view include, std::string_view exclude) {
  Result<std::vector<std::string>> included = parse_patterns(include);
  if (!included) return included.error();
  Result<std::vector<std::string>> excluded = parse_patterns(exclude);
  if (!excluded) return excluded.error();
  TypeFilter filter;
  filter.include_ = std::move(*included);
  filter.exclude_ = std::move(*excluded);
  return filter;
}

bool TypeFilter::accepts(std::string_view type) const {
  return (include_.empty() || any_matches(include_, type)) && !any_matches(exclude_, type);
}

}  // namespace taskfeed
