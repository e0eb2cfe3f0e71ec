/// Agents as text: a table, or all that is known of one.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

#include "looks.h"
#include "runner/agent_config.h"

namespace taskfeed::cmd {

std::string agent_table(const std::vector<runner::AgentConfig>& agents, const Looks& looks);
/// One fact a line, long ones folded.
std::string agent_details(const runner::AgentConfig& agent, const Looks& looks);

}  // namespace taskfeed::cmd
