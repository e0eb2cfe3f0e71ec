#include "runner/built_in.h"

#include "task/task.h"

namespace taskfeed::runner {

bool is_built_in(const AgentId& id) {
  return id.str() == kRunAgent || id.str() == kForeignAgent;
}

std::string built_in_text(const AgentId& id) {
  return "the agent `" + id.str() + "` is built in; choose another id";
}

Result<AgentConfig> unless_built_in(Result<AgentConfig> agent) {
  if (!agent || !is_built_in(agent->id)) return agent;
  return Error{Errc::kInvalid, "id: " + built_in_text(agent->id)};
}

}  // namespace taskfeed::runner
