#include "runner/meter.h"

#include <algorithm>
#include <limits>

namespace taskfeed::runner {

using workflow::BudgetUse;

namespace {

/// Of amounts that are not negative; no further than an int64_t goes.
int64_t sum(int64_t a, int64_t b) {
  int64_t total = 0;
  return __builtin_add_overflow(a, b, &total) ? std::numeric_limits<int64_t>::max() : total;
}

/// As people write it: money without an exponent, a time without quotes.
std::string amount_text(const BudgetUse& use, const Json& amount) {
  if (use.bound == "usd") return format_dollars(dollars_from_json(&amount));
  return amount.is_string() ? amount.get<std::string>() : dump_json(amount);
}

}  // namespace

std::string used_up_text(const BudgetUse& use) {
  return "the budget of " + amount_text(use, use.budget) + " " + use.bound +
         " allows no other model call: " + amount_text(use, use.used) + " are used";
}

std::string no_room_text(const NoRoom& next) {
  const BudgetUse& use = next.use;
  return "the budget of " + amount_text(use, use.budget) + " " + use.bound +
         " has no room for the next model call: it is estimated at " +
         amount_text(use, next.estimated) + ", and " +
         (use.ratio > 0 ? amount_text(use, use.used) + " are used" : "nothing is used yet");
}

Json no_room_payload(const NoRoom& next, int step) {
  Json payload = workflow::budget_payload(next.use, step);
  payload["estimated"] = next.estimated;
  return payload;
}

Meter::Meter(const Activity& activity, workflow::Budget budget,
             const std::vector<PriceRule>& prices, const Clock& clock)
    : budget_(std::move(budget)),
      prices_(prices),
      clock_(clock),
      begun_(clock.mono()),
      before_(activity.spent),
      warned_(activity.budget_warned) {}

Meter::Meter(const workflow::Spent& before, const std::vector<PriceRule>& prices,
             const Clock& clock)
    : prices_(prices), clock_(clock), begun_(clock.mono()), before_(before), warned_(true) {}

bool Meter::charge(const Call& call, Json& payload) {
  payload["usage"] = workflow::usage_to_json(call.usage);
  NanoDollars cost = 0;
  bool known = true;
  if (call.reported) {
    cost = *call.reported;
    payload["cost_reported"] = true;
  } else if (const auto price = price_of(prices_, call.answered, call.asked)) {
    cost = cost_of(*price, call.usage);
  } else {
    known = false;
    payload["cost_unknown"] = true;
  }
  here_.usd = sum(here_.usd, cost);
  here_.tokens = sum(here_.tokens, call.usage.total());
  payload["cost"] = dollars_to_json(cost);
  payload["total_cost"] = dollars_to_json(sum(before_.usd, here_.usd));
  return known;
}

workflow::Spent Meter::spent(const More& more) const {
  return {.usd = sum(sum(before_.usd, here_.usd), more.usd),
          .tokens = sum(sum(before_.tokens, here_.tokens), more.tokens),
          .steps = before_.steps + here_.steps,
          .model_calls = before_.model_calls + here_.model_calls,
          .wall_time = before_.wall_time + (clock_.mono() - begun_)};
}

std::optional<BudgetUse> Meter::used_up() const {
  std::optional<BudgetUse> use = most_used(budget_, spent({}));
  return use && use->ratio >= 1 ? use : std::nullopt;
}

std::optional<BudgetUse> Meter::used_up(const More& more) const {
  std::optional<BudgetUse> use = most_used(budget_, spent(more));
  return use && use->ratio > 1 ? use : std::nullopt;
}

std::optional<NoRoom> Meter::no_room_for(const More& next) const {
  workflow::Budget bounds;  // Those that an estimate speaks of.
  bounds.usd = budget_.usd;
  bounds.tokens = budget_.tokens;
  const std::optional<BudgetUse> with = most_used(bounds, spent(next));
  if (!with || with->ratio <= 1) return std::nullopt;
  if (with->bound == "usd") {
    bounds.tokens.reset();
  } else {
    bounds.usd.reset();
  }
  workflow::Spent alone;
  alone.usd = next.usd;
  alone.tokens = next.tokens;
  return NoRoom{*most_used(bounds, spent({})), most_used(bounds, alone)->used};
}

std::optional<BudgetUse> Meter::warning() {
  if (warned_) return std::nullopt;
  std::optional<BudgetUse> use = most_used(budget_, spent({}));
  if (!use || use->ratio < workflow::kBudgetWarning) return std::nullopt;
  warned_ = true;
  return use;
}

Milliseconds Meter::time_left() const {
  if (!budget_.wall_time) return Milliseconds::max();
  return std::max(Milliseconds(0), *budget_.wall_time - spent({}).wall_time);
}

}  // namespace taskfeed::runner
