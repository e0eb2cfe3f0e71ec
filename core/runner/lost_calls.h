/// Model calls that were begun and have no outcome, because a worker or a connection was lost: paid
/// for as far as anybody knows.
///
/// Threads  Pure functions, but for the meter.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <vector>

#include "runner/meter.h"
#include "runner/runner.h"

namespace taskfeed::runner {

/// Of each call its WorkflowLLMCallFailed, of the kind "interrupted". It is charged for what was
/// sent and what had come of its answer, as an estimate.
std::vector<Json> charge_lost_calls(const std::vector<workflow::OpenModelCall>& calls, int step,
                                    Meter& meter);

}  // namespace taskfeed::runner
