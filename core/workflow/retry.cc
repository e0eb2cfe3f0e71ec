#include "workflow/retry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace taskfeed::workflow {
namespace {

using std::chrono::milliseconds;

constexpr int kAttemptsMax = 100;
constexpr double kCoefficientMax = 100;
constexpr std::array<std::string_view, 5> kKeys{"initial_interval", "backoff_coefficient",
                                                "maximum_interval", "maximum_attempts",
                                                "non_retryable_kinds"};

Error wrong(std::string_view key, std::string_view what) {
  return {Errc::kInvalid, "retry." + std::string(key) + " " + std::string(what)};
}

Result<void> read_interval(const Json& json, std::string_view key, milliseconds& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(key, "must be a duration such as \"30s\"");
  const Result<Milliseconds> value = parse_duration(found->get_ref<const std::string&>());
  if (!value) return wrong(key, "is wrong: " + value.error().text);
  into = *value;
  return {};
}

Result<void> read_kinds(const Json& json, std::vector<std::string>& into) {
  const Json* const kinds = find(json, "non_retryable_kinds");
  if (kinds == nullptr) return {};
  if (!kinds->is_array()) return wrong("non_retryable_kinds", "must be an array of texts");
  into.clear();
  for (const Json& kind : *kinds) {
    if (!kind.is_string()) return wrong("non_retryable_kinds", "must be an array of texts");
    into.push_back(kind.get<std::string>());
  }
  return {};
}

}  // namespace

milliseconds retry_delay(const RetryPolicy& policy, int next_attempt) {
  // Finite, since zero times infinity is no number.
  const double factor =
      std::min(std::numeric_limits<double>::max(),
               std::pow(policy.backoff_coefficient, std::max(0, next_attempt - 2)));
  const double delay = static_cast<double>(policy.initial_interval.count()) * factor;
  const auto most = static_cast<double>(policy.maximum_interval.count());
  return milliseconds(static_cast<int64_t>(std::min(delay, most)));
}

bool may_retry(const RetryPolicy& policy, int failed_attempt, const std::string& kind) {
  if (failed_attempt >= policy.maximum_attempts) return false;
  const std::vector<std::string>& never = policy.non_retryable_kinds;
  return std::find(never.begin(), never.end(), kind) == never.end();
}

Json retry_to_json(const RetryPolicy& policy) {
  Json json = Json::object();
  json["initial_interval"] = format_duration(policy.initial_interval);
  json["backoff_coefficient"] = policy.backoff_coefficient;
  json["maximum_interval"] = format_duration(policy.maximum_interval);
  json["maximum_attempts"] = policy.maximum_attempts;
  json["non_retryable_kinds"] = policy.non_retryable_kinds;
  return json;
}

Result<RetryPolicy> retry_from_json(const Json& json, const RetryPolicy& defaults) {
  if (!json.is_object()) return {Errc::kInvalid, "retry must be an object"};
  for (const auto& [key, value] : json.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return wrong(key,
                   "is not a setting of a retry policy; known are initial_interval, "
                   "backoff_coefficient, maximum_interval, maximum_attempts, non_retryable_kinds");
    }
  }
  RetryPolicy policy = defaults;
  if (auto read = read_interval(json, "initial_interval", policy.initial_interval); !read) {
    return read.error();
  }
  if (auto read = read_interval(json, "maximum_interval", policy.maximum_interval); !read) {
    return read.error();
  }
  if (const Json* const coefficient = find(json, "backoff_coefficient")) {
    if (!coefficient->is_number()) return wrong("backoff_coefficient", "must be a number");
    policy.backoff_coefficient = coefficient->get<double>();
  }
  // Written so that a NaN is refused as well.
  if (!(policy.backoff_coefficient >= 1 && policy.backoff_coefficient <= kCoefficientMax)) {
    return wrong("backoff_coefficient", "must lie between 1 and 100");
  }
  if (const Json* const attempts = find(json, "maximum_attempts")) {
    const int64_t count = int_at(json, "maximum_attempts", -1);
    if (!attempts->is_number() || count < 1 || count > kAttemptsMax) {
      return wrong("maximum_attempts", "must be a whole number from 1 to 100");
    }
    policy.maximum_attempts = static_cast<int>(count);
  }
  if (auto read = read_kinds(json, policy.non_retryable_kinds); !read) return read.error();
  return policy;
}

}  // namespace taskfeed::workflow
