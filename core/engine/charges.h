/// What is charged for at the end of a task that nobody carries on.
///
/// Threads  Pure function.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <vector>

#include "base/clock.h"
#include "runner/agent_config.h"
#include "workflow/state.h"

namespace taskfeed::engine {

/// The payloads of WorkflowLLMCallFailed for the model calls of `state` that have no end, charged
/// by estimate. `agent` has the prices; nullptr, where it is gone: the built-in ones hold.
std::vector<Json> charge_open_calls(const workflow::State& state, const runner::AgentConfig* agent,
                                    const Clock& clock);

}  // namespace taskfeed::engine
