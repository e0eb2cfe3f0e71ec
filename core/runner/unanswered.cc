#include "runner/unanswered.h"

namespace taskfeed::runner {

std::string nobody_answered_text(const AgentConfig& agent) {
  // The agent may have been declared anew since, without a bound.
  if (agent.approval_timeout <= Milliseconds(0)) return "nobody answered in time";
  return "nobody answered within " + format_duration(agent.approval_timeout);
}

}  // namespace taskfeed::runner
