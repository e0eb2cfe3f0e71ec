/// What a task may spend, and how far it has come.
///
/// Threads  Values; pure functions.
/// Errors   budget_from_json() names the key that is wrong.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "task/money.h"

namespace taskfeed::workflow {

/// Each bound may be absent; a task that reaches one begins no further model call.
struct Budget {
  std::optional<NanoDollars> usd;
  std::optional<int64_t> tokens;          ///< Prompt and completion, over all calls.
  std::optional<int64_t> steps;           ///< Model calls that came to an answer.
  std::optional<int64_t> model_calls;     ///< Attempts, of which some fail.
  std::optional<Milliseconds> wall_time;  ///< Since WorkflowStarted.

  bool operator==(const Budget&) const = default;
};

/// The tighter of both in each bound.
Budget tighter(const Budget& a, const Budget& b);
/// {"usd": 0.5, "tokens": 100000, "steps": 20, "model_calls": 30, "wall_time": "10m"}.
Result<Budget> budget_from_json(const Json& json);
Json budget_to_json(const Budget& budget);

struct Spent {
  NanoDollars usd = 0;
  int64_t tokens = 0;
  int64_t steps = 0;
  int64_t model_calls = 0;
  Milliseconds wall_time{0};
};

/// How far the bound that is nearest to its end has been used up.
struct BudgetUse {
  std::string bound;  ///< Its key: "usd".
  Json budget;        ///< As in the configuration.
  Json used;
  double ratio = 0;  ///< 1 and above: exceeded.
};
/// Empty where nothing is bounded.
std::optional<BudgetUse> most_used(const Budget& budget, const Spent& spent);

inline constexpr double kBudgetWarning = 0.8;

/// WorkflowBudgetWarning and WorkflowBudgetExceeded.
Json budget_payload(const BudgetUse& use, int step);

}  // namespace taskfeed::workflow
