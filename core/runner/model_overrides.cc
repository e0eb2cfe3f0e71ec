#include "runner/model_overrides.h"

#include <algorithm>

#include "base/text.h"
#include "runner/model_parameters.h"
#include "runner/prices.h"

namespace taskfeed::runner {
namespace {

Error refused(Errc code, std::string_view name, const std::string& why) {
  return {code, "the parameter " + std::string(name) + " " + why};
}

/// "the parameter temperature must be …" from "temperature must be …".
Error of_parameter(const Error& error) {
  return {error.code, "the parameter " + error.text};
}

bool allows(const ModelServer& server, std::string_view name) {
  const std::vector<std::string>& names = server.task_parameters;
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// What an operator alone says, and never a task: servers, keys, programs, prices, patience.
bool is_operators(std::string_view name) {
  if (name == kBudgetParameter) return false;
  return name == "api_key" || name == "mcp" ||
         std::find(kModelKeys.begin(), kModelKeys.end(), name) != kModelKeys.end();
}

Error not_allowed(const ModelServer& server, std::string_view name) {
  std::string allowed;
  for (const std::string& each : server.task_parameters) {
    allowed += (allowed.empty() ? "" : ", ") + each;
  }
  return refused(Errc::kForbidden, name,
                 "may not be set by a task of this agent; its task_parameters are " +
                     (allowed.empty() ? "none" : allowed));
}

Result<void> take_model(const ModelServer& server, const Json& value, std::string& into) {
  const bool fits = value.is_string() && !value.get_ref<const std::string&>().empty() &&
                    value.get_ref<const std::string&>().size() <= ModelLimits{}.model_bytes_max;
  if (!fits) return refused(Errc::kInvalid, "model", "must name a model, in at most 256 bytes");
  const auto& model = value.get_ref<const std::string&>();
  const bool permitted = server.models.empty() || model == server.model ||
                         std::any_of(server.models.begin(), server.models.end(),
                                     [&](const auto& glob) { return glob_match(glob, model); });
  if (!permitted) {
    std::string known = server.model;
    for (const std::string& each : server.models) known += ", " + each;
    return refused(Errc::kForbidden, "model",
                   "is none that this agent's tasks may ask for; they are " + known);
  }
  const bool free_of_budget =
      server.budget.usd && model != server.model && !price_of(server.prices, {}, model);
  if (free_of_budget) {
    return refused(Errc::kForbidden, "model",
                   "has no known price, and the agent has a budget in dollars; its operator can "
                   "give one in [[agent.prices]]");
  }
  into = model;
  return {};
}

Result<void> take_instructions(const Json& value, std::string& into) {
  constexpr size_t kBytesMax = ModelLimits{}.instructions_bytes_max;
  if (!value.is_string()) return refused(Errc::kInvalid, "instructions", "must be text");
  if (value.get_ref<const std::string&>().size() > kBytesMax) {
    return refused(Errc::kTooLarge, "instructions",
                   "is over " + std::to_string(kBytesMax) + " bytes");
  }
  into = value.get<std::string>();
  return {};
}

/// `name` is overridable, and allowed.
Result<void> take(const ModelServer& server, const std::string& name, const Json& value,
                  EffectiveModel& into) {
  if (name == "model") return take_model(server, value, into.model);
  if (name == "instructions") return take_instructions(value, into.instructions);
  const Result<void> checked =
      name == "max_tokens"
          ? read_count(Json{{name, value}}, "", name, ModelLimits{}.tokens_max, into.max_tokens)
          : check_model_parameter(name, value);
  if (!checked) return of_parameter(checked.error());
  if (name != "max_tokens") into.parameters[name] = value;
  return {};
}

}  // namespace

Result<EffectiveModel> effective_model(const ModelServer& server, const Json& task_parameters) {
  EffectiveModel effective{.model = server.model,
                           .instructions = server.instructions,
                           .parameters = server.parameters,
                           .max_tokens = server.max_tokens,
                           .budget = server.budget};
  for (const auto& [name, value] : task_parameters.items()) {
    if (value.is_null()) continue;
    if (name == kBudgetParameter) {
      const Result<workflow::Budget> budget = task_budget(value);
      if (!budget) return budget.error();
      effective.budget = workflow::tighter(effective.budget, *budget);
    } else if (is_overridable(name)) {
      if (!allows(server, name)) return not_allowed(server, name);
      if (auto taken = take(server, name, value, effective); !taken) return taken.error();
    } else if (is_operators(name)) {
      return refused(Errc::kForbidden, name,
                     "is for the agent's operator to set, never for a task");
    }
  }
  return effective;
}

bool keeps_to_budget(const AgentConfig& agent) {
  return agent.model_server || agent.adk;
}

Result<workflow::Budget> tightened(const workflow::Budget& budget, const Json& task_parameters) {
  const Json* const value = find(task_parameters, kBudgetParameter);
  if (value == nullptr || value->is_null()) return budget;
  const Result<workflow::Budget> of_task = task_budget(*value);
  if (!of_task) return of_task.error();
  return workflow::tighter(budget, *of_task);
}

Result<workflow::Budget> task_budget(const Json& value) {
  const Result<workflow::Budget> budget =
      workflow::budget_from_json(value.is_number() ? Json{{"usd", value}} : value);
  if (budget) return budget;
  if (value.is_number()) {
    return refused(Errc::kInvalid, kBudgetParameter, "must be above 0, in US dollars");
  }
  return of_parameter(budget.error());
}

Json parameters_with_budget(const Json& task_parameters, const Json& budget) {
  Json parameters = task_parameters;
  if (budget.is_null()) return parameters;
  const Json* const own = find(task_parameters, kBudgetParameter);
  const auto first = own == nullptr || own->is_null() ? workflow::Budget{} : task_budget(*own);
  const auto second = task_budget(budget);
  // One that cannot be read stays where it is, for effective_model() to refuse.
  if (first && second) {
    parameters[std::string(kBudgetParameter)] =
        workflow::budget_to_json(workflow::tighter(*first, *second));
  }
  return parameters;
}

Result<void> check_task_parameters(const AgentConfig& agent, const Json& task_parameters) {
  if (agent.adk) {
    const Result<workflow::Budget> budget = tightened(agent.adk->budget, task_parameters);
    return budget ? Result<void>() : budget.error();
  }
  if (!agent.model_server) return {};
  const Result<EffectiveModel> effective = effective_model(*agent.model_server, task_parameters);
  return effective ? Result<void>() : effective.error();
}

}  // namespace taskfeed::runner
