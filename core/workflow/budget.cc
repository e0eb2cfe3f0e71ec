#include "workflow/budget.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace taskfeed::workflow {
namespace {

constexpr std::array<std::string_view, 5> kKeys{"usd", "tokens", "steps", "model_calls",
                                                "wall_time"};

Error wrong(std::string_view key, std::string_view what) {
  return {Errc::kInvalid, "budget." + std::string(key) + " " + std::string(what)};
}

Result<void> read_usd(const Json& json, std::optional<NanoDollars>& into) {
  const Json* const found = find(json, "usd");
  if (found == nullptr) return {};
  const NanoDollars amount = dollars_from_json(found);
  if (amount <= 0) return wrong("usd", "must be a number of US dollars above 0, as 0.50");
  into = amount;
  return {};
}

Result<void> read_count(const Json& json, std::string_view key, std::optional<int64_t>& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  const int64_t count = found->is_number_integer() ? int_at(json, key) : 0;
  if (count < 1) return wrong(key, "must be a whole number above 0");
  into = count;
  return {};
}

Result<void> read_wall_time(const Json& json, std::optional<Milliseconds>& into) {
  const Json* const found = find(json, "wall_time");
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong("wall_time", "must be a duration such as \"10m\"");
  const Result<Milliseconds> value = parse_duration(found->get_ref<const std::string&>());
  if (!value) return wrong("wall_time", "is wrong: " + value.error().text);
  if (*value <= Milliseconds(0)) return wrong("wall_time", "must be more than 0");
  into = *value;
  return {};
}

template <typename T>
std::optional<T> lesser(const std::optional<T>& a, const std::optional<T>& b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

template <typename T>
double ratio_of(T used, T bound) {
  // A bound of 0, which only a Budget made in code can have, is used up before anything is spent.
  return bound <= 0 ? 1.0 : static_cast<double>(used) / static_cast<double>(bound);
}

}  // namespace

Budget tighter(const Budget& a, const Budget& b) {
  return {.usd = lesser(a.usd, b.usd),
          .tokens = lesser(a.tokens, b.tokens),
          .steps = lesser(a.steps, b.steps),
          .model_calls = lesser(a.model_calls, b.model_calls),
          .wall_time = lesser(a.wall_time, b.wall_time)};
}

Result<Budget> budget_from_json(const Json& json) {
  if (!json.is_object()) {
    return {Errc::kInvalid, "budget must be a table, as { usd = 0.50, steps = 20 }"};
  }
  for (const auto& [key, value] : json.items()) {
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      return wrong(key, "is no bound; known are usd, tokens, steps, model_calls, wall_time");
    }
  }
  Budget budget;
  for (const auto& read : {read_usd(json, budget.usd), read_count(json, "tokens", budget.tokens),
                           read_count(json, "steps", budget.steps),
                           read_count(json, "model_calls", budget.model_calls),
                           read_wall_time(json, budget.wall_time)}) {
    if (!read) return read.error();
  }
  return budget;
}

Json budget_to_json(const Budget& budget) {
  Json json = Json::object();
  if (budget.usd) json["usd"] = dollars_to_json(*budget.usd);
  if (budget.tokens) json["tokens"] = *budget.tokens;
  if (budget.steps) json["steps"] = *budget.steps;
  if (budget.model_calls) json["model_calls"] = *budget.model_calls;
  if (budget.wall_time) json["wall_time"] = format_duration(*budget.wall_time);
  return json;
}

std::optional<BudgetUse> most_used(const Budget& budget, const Spent& spent) {
  std::optional<BudgetUse> most;
  const auto consider = [&most](std::string_view bound, double ratio, Json of, Json used) {
    if (most && most->ratio >= ratio) return;
    most = BudgetUse{std::string(bound), std::move(of), std::move(used), ratio};
  };
  const auto count = [&](std::string_view bound, const std::optional<int64_t>& of, int64_t used) {
    if (of) consider(bound, ratio_of(used, *of), *of, used);
  };
  if (budget.usd) {
    consider("usd", ratio_of(spent.usd, *budget.usd), dollars_to_json(*budget.usd),
             dollars_to_json(spent.usd));
  }
  count("tokens", budget.tokens, spent.tokens);
  count("steps", budget.steps, spent.steps);
  count("model_calls", budget.model_calls, spent.model_calls);
  if (budget.wall_time) {
    consider("wall_time", ratio_of(spent.wall_time.count(), budget.wall_time->count()),
             format_duration(*budget.wall_time), format_duration(spent.wall_time));
  }
  return most;
}

Json budget_payload(const BudgetUse& use, int step) {
  Json payload = Json::object();
  payload["bound"] = use.bound;
  payload["budget"] = use.budget;
  payload["used"] = use.used;
  payload["ratio"] = std::floor(use.ratio * 1000) / 1000;  // Down: 1 is said of what reached it.
  payload["step"] = step;
  return payload;
}

}  // namespace taskfeed::workflow
