/// What an activity's model calls take, against what its task may spend.
///
/// Threads  One.
/// Errors   None.
/// Owns     Its sums. Borrows the clock and the price rules.
#pragma once

#include <optional>
#include <string>

#include "runner/prices.h"
#include "runner/runner.h"

namespace taskfeed::runner {

/// Why a run ends: "the budget of 0.5 usd allows no other model call: 0.49 are used".
std::string used_up_text(const workflow::BudgetUse& use);

/// The next call's estimate, which is over what is left of a bound.
struct NoRoom {
  workflow::BudgetUse use;  ///< Without that call.
  Json estimated;           ///< What it would take of the bound, in the bound's unit.
};
/// "the budget of 0.5 usd has no room for the next model call: it is estimated at 0.2, and 0.49 are
/// used".
std::string no_room_text(const NoRoom& next);
/// WorkflowBudgetExceeded.
Json no_room_payload(const NoRoom& next, int step);

class Meter {
 public:
  /// `activity` says what its task has spent before.
  Meter(const Activity& activity, workflow::Budget budget, const std::vector<PriceRule>& prices,
        const Clock& clock);
  /// Outside of an activity, for a task that has spent `before`.
  Meter(const workflow::Spent& before, const std::vector<PriceRule>& prices, const Clock& clock);

  void call_begins() { ++here_.model_calls; }
  void call_answered() { ++here_.steps; }

  struct Call {
    std::string answered;  ///< The model, as its server names it; may be empty.
    std::string asked;     ///< The model that was asked for; may be empty.
    workflow::Usage usage;
    std::optional<NanoDollars> reported;  ///< The server's own word on the cost.
  };
  /// A call that has ended: `usage`, `cost` and `total_cost` go into `payload`, with
  /// `cost_reported` or `cost_unknown` where it is so. False where no price is known.
  bool charge(const Call& call, Json& payload);

  /// Where the budget is used up, or is by `more`, which a call has taken so far.
  struct More {
    NanoDollars usd = 0;
    int64_t tokens = 0;
  };
  std::optional<workflow::BudgetUse> used_up() const;
  std::optional<workflow::BudgetUse> used_up(const More& more) const;
  /// Of a call that has not begun, by its estimate.
  std::optional<NoRoom> no_room_for(const More& next) const;
  /// Once in a task's life.
  std::optional<workflow::BudgetUse> warning();

  NanoDollars cost() const { return here_.usd; }                   ///< Of this activity.
  int64_t answers() const { return before_.steps + here_.steps; }  ///< Of the task.
  Milliseconds time_left() const;  ///< Within the budget's wall_time.

 private:
  workflow::Spent spent(const More& more) const;

  const workflow::Budget budget_;
  const std::vector<PriceRule>& prices_;
  const Clock& clock_;
  const MonoTime begun_;
  const workflow::Spent before_;
  workflow::Spent here_;
  bool warned_;
};

}  // namespace taskfeed::runner
