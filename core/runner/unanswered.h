/// What is said where a question of an activity ran out of time, which is no refusal by a person.
///
/// Threads  Pure function.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>

#include "runner/runner.h"

namespace taskfeed::runner {

/// "nobody answered within 1d", by the agent's approval_timeout.
std::string nobody_answered_text(const AgentConfig& agent);

}  // namespace taskfeed::runner
