/// A stored task's state, with every event that its history has.
///
/// Threads  Blocks its caller for the reads.
/// Errors   Those of broker::EventLog; kInvalid on a snapshot that cannot be read.
/// Owns     Nothing.
#pragma once

#include "broker/event_log.h"
#include "broker/task_store.h"
#include "workflow/state.h"

namespace taskfeed::engine {

/// The snapshot, and what was written after it, page by page.
Result<workflow::State> folded_state(broker::EventLog& events, const broker::StoredTask& stored);

}  // namespace taskfeed::engine
