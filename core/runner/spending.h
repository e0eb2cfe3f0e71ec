/// What an agent may spend, and what its models cost, as its operator declared it: `[agent.budget]`
/// and `[[agent.prices]]`.
///
/// Threads  Values; pure functions.
/// Errors   kInvalid or kTooLarge, beginning with the key.
/// Owns     Its text.
#pragma once

#include <string>
#include <vector>

#include "event/json.h"
#include "workflow/budget.h"

namespace taskfeed::runner {

/// US dollars for a million tokens, in nano-dollars.
struct ModelPrice {
  NanoDollars input = 0;
  NanoDollars cached_input = 0;
  NanoDollars output = 0;
  bool operator==(const ModelPrice&) const = default;
};

/// A glob over the name of the model that answered, and its price. The first that matches counts;
/// the configuration's stand before the built-in ones.
struct PriceRule {
  std::string pattern;
  ModelPrice price;
  bool operator==(const PriceRule&) const = default;
};

struct PriceLimits {
  size_t rules_max = 256;
  size_t pattern_bytes_max = 256;
};

/// The members `budget` and `prices` of an agent; they leave `into` as it is where there is none.
Result<void> read_budget(const Json& json, workflow::Budget& into);
Result<void> read_prices(const Json& json, std::vector<PriceRule>& into);
/// Adds them to `json` where there is something.
void spending_to_json(const workflow::Budget& budget, const std::vector<PriceRule>& prices,
                      Json& json);

}  // namespace taskfeed::runner
