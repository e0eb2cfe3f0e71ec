#include "runner/spending.h"

#include "runner/config_reader.h"

namespace taskfeed::runner {
namespace {

Result<void> read_price(const Json& json, const std::string& place, std::string_view key,
                        NanoDollars& into) {
  constexpr double kDollarsMax = 1'000'000;
  const Json* const found = find(json, key);
  const double dollars = found != nullptr && found->is_number() ? found->get<double>() : -1;
  if (!(dollars >= 0 && dollars <= kDollarsMax)) {
    return wrong(place + std::string(key),
                 "must be a number: US dollars for a million tokens, as 0.15");
  }
  into = dollars_from_json(found);
  return {};
}

Result<PriceRule> price_from_json(const Json& json, size_t index) {
  const std::string whole = "prices[" + std::to_string(index) + "]";
  if (!json.is_object()) return wrong(whole, "must be a table");
  const std::string place = whole + ".";
  if (auto known = only_keys(json, place, {"pattern", "input", "cached_input", "output"}); !known) {
    return known.error();
  }
  PriceRule rule;
  if (auto read = read_text(json, place, "pattern", PriceLimits{}.pattern_bytes_max, rule.pattern);
      !read) {
    return read.error();
  }
  if (rule.pattern.empty()) {
    return wrong(place + "pattern", "must name models, as \"gpt-4*\"");
  }
  if (auto read = read_price(json, place, "input", rule.price.input); !read) return read.error();
  if (auto read = read_price(json, place, "output", rule.price.output); !read) return read.error();
  rule.price.cached_input = rule.price.input;
  if (find(json, "cached_input") == nullptr) return rule;
  if (auto read = read_price(json, place, "cached_input", rule.price.cached_input); !read) {
    return read.error();
  }
  return rule;
}

}  // namespace

Result<void> read_prices(const Json& json, std::vector<PriceRule>& into) {
  const Json* const prices = find(json, "prices");
  if (prices == nullptr) return {};
  if (!prices->is_array()) return wrong("prices", "must be a list of prices, as [[agent.prices]]");
  if (prices->size() > PriceLimits{}.rules_max) {
    return {Errc::kTooLarge,
            "prices: more than " + std::to_string(PriceLimits{}.rules_max) + " prices"};
  }
  for (const Json& each : *prices) {
    Result<PriceRule> rule = price_from_json(each, into.size());
    if (!rule) return rule.error();
    into.push_back(*std::move(rule));
  }
  return {};
}

Result<void> read_budget(const Json& json, workflow::Budget& into) {
  const Json* const found = find(json, "budget");
  if (found == nullptr) return {};
  const Result<workflow::Budget> budget = workflow::budget_from_json(*found);
  if (!budget) return budget.error();
  into = *budget;
  return {};
}

void spending_to_json(const workflow::Budget& budget, const std::vector<PriceRule>& prices,
                      Json& json) {
  if (budget != workflow::Budget{}) json["budget"] = workflow::budget_to_json(budget);
  for (const PriceRule& rule : prices) {
    json["prices"].push_back({{"pattern", rule.pattern},
                              {"input", dollars_to_json(rule.price.input)},
                              {"cached_input", dollars_to_json(rule.price.cached_input)},
                              {"output", dollars_to_json(rule.price.output)}});
  }
}

}  // namespace taskfeed::runner
