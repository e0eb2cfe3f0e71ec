#include "budget_args.h"

#include "inputs.h"
#include "runner/model_overrides.h"
#include "workflow/budget.h"

namespace taskfeed::cmd {
namespace {

Result<void> add_usd(std::string_view option, std::string_view text, Json& budget) {
  const std::optional<NanoDollars> amount = parse_dollars(text);
  if (!amount || *amount <= 0) {
    return Error{Errc::kInvalid, std::string(option) + ": '" + std::string(text) +
                                     "' is no amount of US dollars above 0, as 0.50"};
  }
  budget["usd"] = dollars_to_json(*amount);
  return {};
}

/// One of "usd=0.5,tokens=1000".
Result<void> add_bound(std::string_view text, Json& budget) {
  const size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  if (equals == std::string_view::npos || name.empty()) {
    return Error{Errc::kInvalid,
                 "--budget: '" + std::string(text) +
                     "' is neither US dollars nor NAME=VALUE, as usd=0.50,steps=20"};
  }
  const std::string_view value = text.substr(equals + 1);
  if (budget.contains(name)) return Error{Errc::kInvalid, "--budget: has " + name + " twice"};
  if (name == "usd") return add_usd("--budget", value, budget);
  budget[name] = json_or_text(value);
  return {};
}

Result<Json> budget_of(std::string_view text) {
  Json budget = Json::object();
  if (text.find_first_of("=,") == std::string_view::npos) {
    if (auto added = add_usd("--budget", text, budget); !added) return added.error();
    return budget;
  }
  for (bool more = true; more;) {
    const size_t comma = text.find(',');
    if (auto added = add_bound(text.substr(0, comma), budget); !added) return added.error();
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  const Result<workflow::Budget> read = workflow::budget_from_json(budget);
  if (read) return budget;
  // "budget.tokens must …".
  return Error{Errc::kInvalid, "--budget: " + read.error().text.substr(sizeof "budget." - 1)};
}

}  // namespace

void declare_budget(ArgParser& parser, BudgetArgs& args) {
  parser.option("--budget", args.budget, "BUDGET",
                "US dollars, or bounds as usd=0.50,steps=20; tightens the agent's");
}

void declare_max_cost(ArgParser& parser, BudgetArgs& args) {
  parser.option("--max-cost", args.max_cost, "USD", "as --budget USD");
}

Result<void> check_budget_args(BudgetArgs& args) {
  if (args.budget && args.max_cost) {
    return {Errc::kInvalid, "--max-cost is the usd of --budget; give one of them"};
  }
  if (args.max_cost) {
    args.value = Json::object();
    return add_usd("--max-cost", *args.max_cost, args.value);
  }
  if (!args.budget) return {};
  Result<Json> budget = budget_of(*args.budget);
  if (!budget) return budget.error();
  args.value = *std::move(budget);
  return {};
}

Result<void> check_budget_is_kept(const BudgetArgs& args, const AgentId& agent,
                                  service::Tasks& tasks) {
  if (args.value.is_null()) return {};
  const Result<runner::AgentConfig> known = tasks.agent(agent);
  if (!known) return known.error();
  if (runner::keeps_to_budget(*known) || known->runner == runner::RunnerKind::kExternal) return {};
  return {Errc::kInvalid, std::string(args.budget ? "--budget" : "--max-cost") + ": the agent " +
                              agent.str() + " has runner \"" +
                              std::string(runner::to_string(known->runner)) +
                              "\", which keeps to no budget; leave it out"};
}

}  // namespace taskfeed::cmd
