#include "runner/prices.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "base/text.h"

namespace taskfeed::runner {
namespace {

/// A price list's unit, dollars for a million tokens, with four decimals: 12'500 is 1.25 dollars.
constexpr NanoDollars kListUnit = kNanoDollarsPerDollar / 10'000;

struct ListPrice {
  std::string_view model;
  int64_t input;
  int64_t cached;
  int64_t output;
};

/// Where a maker sells no cached input, it costs as much as any. Prices for long prompts, batches
/// and faster service are not in here.
constexpr std::array kListPrices{
    ListPrice{"gpt-4o-2024-05-13", 50'000, 50'000, 150'000},
    ListPrice{"gpt-4o", 25'000, 12'500, 100'000},
    ListPrice{"gpt-4o-mini", 1'500, 750, 6'000},
    ListPrice{"gpt-4.1", 20'000, 5'000, 80'000},
    ListPrice{"gpt-4.1-mini", 4'000, 1'000, 16'000},
    ListPrice{"gpt-4.1-nano", 1'000, 250, 4'000},
    ListPrice{"gpt-5", 12'500, 1'250, 100'000},
    ListPrice{"gpt-5-mini", 2'500, 250, 20'000},
    ListPrice{"gpt-5-nano", 500, 50, 4'000},
    ListPrice{"o1", 150'000, 75'000, 600'000},
    ListPrice{"o3", 20'000, 5'000, 80'000},
    ListPrice{"o3-mini", 11'000, 5'500, 44'000},
    ListPrice{"o4-mini", 11'000, 2'750, 44'000},
    ListPrice{"gpt-4-turbo", 100'000, 100'000, 300'000},
    ListPrice{"gpt-4", 300'000, 300'000, 600'000},
    ListPrice{"gpt-4-0613", 300'000, 300'000, 600'000},
    ListPrice{"gpt-3.5-turbo", 5'000, 5'000, 15'000},
    ListPrice{"gpt-3.5-turbo-0125", 5'000, 5'000, 15'000},
    ListPrice{"gemini-2.5-pro", 12'500, 3'100, 100'000},
    ListPrice{"gemini-2.5-flash", 3'000, 750, 25'000},
    ListPrice{"gemini-2.5-flash-lite", 1'000, 250, 4'000},
    ListPrice{"gemini-2.0-flash", 1'000, 250, 4'000},
    ListPrice{"gemini-2.0-flash-001", 1'000, 250, 4'000},
    ListPrice{"gemini-2.0-flash-lite", 750, 750, 3'000},
    ListPrice{"gemini-2.0-flash-lite-001", 750, 750, 3'000},
    ListPrice{"claude-3?5-sonnet", 30'000, 3'000, 150'000},
    ListPrice{"claude-3?7-sonnet", 30'000, 3'000, 150'000},
    ListPrice{"claude-sonnet-4", 30'000, 3'000, 150'000},
    ListPrice{"claude-sonnet-4?5", 30'000, 3'000, 150'000},
    ListPrice{"claude-3?5-haiku", 8'000, 800, 40'000},
    ListPrice{"claude-haiku-4?5", 10'000, 1'000, 50'000},
    ListPrice{"claude-opus-4", 150'000, 15'000, 750'000},
    ListPrice{"claude-opus-4?1", 150'000, 15'000, 750'000},
};

/// A dated release ("gpt-4o-2024-08-06") costs what its model does, unless it stands before it.
std::vector<PriceRule> made_list() {
  std::vector<PriceRule> rules;
  for (const ListPrice& each : kListPrices) {
    const ModelPrice price{each.input * kListUnit, each.cached * kListUnit,
                           each.output * kListUnit};
    rules.push_back({std::string(each.model), price});
    rules.push_back({std::string(each.model) + "-20*", price});
  }
  return rules;
}

std::optional<ModelPrice> first_match(std::span<const PriceRule> rules, std::string_view model) {
  if (model.empty()) return std::nullopt;
  for (const PriceRule& each : rules) {
    if (glob_match(each.pattern, model)) return each.price;
  }
  return std::nullopt;
}

/// The makers' own names stand after a prefix at OpenRouter ("openai/gpt-4o") and Gemini
/// ("models/gemini-2.0-flash"). Any other prefix is somebody else's model.
std::string_view without_maker(std::string_view model) {
  constexpr std::array<std::string_view, 4> kMakers{"openai/", "google/", "anthropic/", "models/"};
  for (const std::string_view maker : kMakers) {
    if (model.starts_with(maker)) return model.substr(maker.size());
  }
  return model;
}

__extension__ using Wide = __int128;

Wide at_least_zero(int64_t value) {
  return std::max<int64_t>(value, 0);
}

}  // namespace

std::span<const PriceRule> list_prices() {
  static const std::vector<PriceRule> list = made_list();
  return list;
}

std::optional<ModelPrice> price_of(const std::vector<PriceRule>& rules, std::string_view answered,
                                   std::string_view asked) {
  for (const std::string_view model : {answered, asked}) {
    if (const auto price = first_match(rules, model)) return price;
  }
  for (const std::string_view model : {answered, asked}) {
    if (const auto price = first_match(list_prices(), without_maker(model))) return price;
  }
  return std::nullopt;
}

NanoDollars cost_of(const ModelPrice& price, const workflow::Usage& usage) {
  constexpr Wide kTokensPerPrice = 1'000'000;
  // No sum overflows: the counts of the input add up to `prompt`, so that each of the two terms is
  // below 2^126.
  const Wide prompt = at_least_zero(usage.prompt);
  const Wide cached = std::min(at_least_zero(usage.cached), prompt);
  const Wide input =
      (prompt - cached) * at_least_zero(price.input) + cached * at_least_zero(price.cached_input);
  const Wide output = at_least_zero(usage.completion) * at_least_zero(price.output);
  const Wide cost = (input + output + kTokensPerPrice / 2) / kTokensPerPrice;
  constexpr Wide kMost = std::numeric_limits<NanoDollars>::max();
  return static_cast<NanoDollars>(std::min(cost, kMost));
}

}  // namespace taskfeed::runner
