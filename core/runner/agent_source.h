/// An agent's file, in TOML or JSON.
///
/// Threads  Pure functions.
/// Errors   Those of agent_config.h, each beginning with `source` and the line.
/// Owns     Nothing.
#pragma once

#include "runner/agent_config.h"

namespace taskfeed::runner {

/// JSON begins with a brace, TOML never does. JSON is the agent itself, as `agents show --json`
/// prints it, or has it under "agent", as TOML does.
Result<AgentConfig> agent_from_text(std::string_view text, std::string_view source);

}  // namespace taskfeed::runner
