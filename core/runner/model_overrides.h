/// What a task changes of its agent's model calls: its parameters against what the operator allows.
///
/// A parameter that is no setting of such an agent is the task's own, and left alone. One that is a
/// setting is taken, or refused; it is never passed over. null means that it is not given.
///
/// Threads  Pure functions.
/// Errors   kForbidden where the operator does not allow it, kInvalid where its value is wrong;
/// both
///          name the parameter.
/// Owns     Nothing.
#pragma once

#include "runner/agent_config.h"

namespace taskfeed::runner {

/// The parameter of a task that bounds what it may spend: {"usd": 0.1, "steps": 5}, or a number of
/// US dollars.
inline constexpr std::string_view kBudgetParameter = "budget";

/// A model server's settings, as they are for one task.
struct EffectiveModel {
  std::string model;
  std::string instructions;
  Json parameters = Json::object();
  std::optional<int64_t> max_tokens;
  /// The tighter one of the agent's and the task's in each bound.
  workflow::Budget budget;
  bool operator==(const EffectiveModel&) const = default;
};

Result<EffectiveModel> effective_model(const ModelServer& server, const Json& task_parameters);

/// Whether tasks of this agent are held to a budget: those whose models cost.
bool keeps_to_budget(const AgentConfig& agent);
/// The tighter one of an agent's budget and the one in its task's parameters, in each bound.
Result<workflow::Budget> tightened(const workflow::Budget& budget, const Json& task_parameters);
/// Of `budget`, wherever a task may bring one.
Result<workflow::Budget> task_budget(const Json& value);

/// The parameters that a runner sees: with the tighter one of their own budget and that of the
/// execution (Task::budget), which may be null.
Json parameters_with_budget(const Json& task_parameters, const Json& budget);

/// Whether a task with these parameters can be executed by `agent`, whatever its kind.
Result<void> check_task_parameters(const AgentConfig& agent, const Json& task_parameters);

}  // namespace taskfeed::runner
