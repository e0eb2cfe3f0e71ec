/// The agents that are always there, and that nobody declares.
///
/// Threads  Pure functions.
/// Errors   unless_built_in(): its argument's, or kInvalid that begins with the key.
/// Owns     Nothing.
#pragma once

#include "runner/agent_config.h"

namespace taskfeed::runner {

/// The agent of `taskfeed run -- CMD`: always there, never stored; whoever started the program
/// publishes its events.
inline constexpr std::string_view kRunAgent = "run";

/// kRunAgent, or the kForeignAgent of task/task.h.
bool is_built_in(const AgentId& id);
std::string built_in_text(const AgentId& id);
/// What a file declares, which has an id of its own.
Result<AgentConfig> unless_built_in(Result<AgentConfig> agent);

}  // namespace taskfeed::runner
