/// --budget and --max-cost: what a task may spend.
///
/// Threads  Values; main thread.
/// Errors   Each names the option.
/// Owns     Its text.
#pragma once

#include <optional>
#include <string>

#include "arg_parser.h"
#include "deps.h"

namespace taskfeed::cmd {

struct BudgetArgs {
  std::optional<std::string> budget, max_cost;

  // check_budget_args()'s: an object, or null where neither was given.
  Json value = nullptr;
};

void declare_budget(ArgParser& parser, BudgetArgs& args);
void declare_max_cost(ArgParser& parser, BudgetArgs& args);
Result<void> check_budget_args(BudgetArgs& args);
/// An agent that counts no cost is refused one, rather than to let a person believe in it. Asks for
/// the agent where a budget was given. What others execute is their own affair.
Result<void> check_budget_is_kept(const BudgetArgs& args, const AgentId& agent,
                                  service::Tasks& tasks);

}  // namespace taskfeed::cmd
