#include "runner/runner.h"

namespace taskfeed::runner {

Beginning Runner::beginning(const AgentConfig& agent, const Json& parameters) const {
  Beginning beginning{.model = string_at(parameters, "model")};
  if (!agent.steps.empty()) beginning.limits["steps"] = agent.steps.size();
  return beginning;
}

void Runner::settle(const Activity& /*activity*/, OutputSink& /*output*/) {}

}  // namespace taskfeed::runner
