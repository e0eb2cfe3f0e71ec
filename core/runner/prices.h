/// What a model call costs, by list prices and the operator's own.
///
/// Threads  Pure functions.
/// Errors   An unknown model has no price.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runner/spending.h"
#include "workflow/usage.h"

namespace taskfeed::runner {

/// List prices of well-known public models. They age: the operator's own rules stand before them.
std::span<const PriceRule> list_prices();

/// The first of `rules` that matches the model that answered, else the one that was asked; then the
/// same of list_prices(). A rule whose prices are 0 says that the model is free, which is known;
/// nullopt is not.
std::optional<ModelPrice> price_of(const std::vector<PriceRule>& rules, std::string_view answered,
                                   std::string_view asked);

/// Rounded to the nearest nano-dollar, half of one up; saturates.
NanoDollars cost_of(const ModelPrice& price, const workflow::Usage& usage);

}  // namespace taskfeed::runner
