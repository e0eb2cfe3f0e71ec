/// What a worker works with, and within which limits.
///
/// Threads  References to things that are safe from any thread.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "broker/agent_store.h"
#include "broker/event_log.h"
#include "broker/task_store.h"
#include "broker/work_queue.h"
#include "runner/runner.h"

namespace taskfeed::engine {

struct Ports {
  broker::TaskStore& tasks;
  broker::LeaseStore& leases;
  broker::EventLog& events;
  broker::WorkQueue& queue;
  broker::AgentStore& agents;
  runner::Runners& runners;
  IdSource& ids;
  const Clock& clock;
  Log& log;
};

struct WorkerLimits {
  Milliseconds lease_interval{15'000};  ///< Renewed each third of it.
  /// Claims in a row that did not get the task anywhere; then it is set aside as poison.
  int claims_max = 5;
  /// Attempts at one step in which a completed call counts as getting somewhere.
  int attempts_with_progress_max = 20;
  Milliseconds wait_in_place_max{5'000};  ///< A longer wait lets go of the lease and of the slot.
  /// How long a commit is tried while the broker does not answer. Trying on is safe however long
  /// it takes (the token fences it); this only bounds how long a slot is held.
  Milliseconds commit_patience{300'000};
  Milliseconds backoff_first{100};  ///< Between tries; doubles up to backoff_max.
  Milliseconds backoff_max{2'000};
  Milliseconds crash_backoff{1'000};  ///< Before a task whose runner threw is tried again.
  size_t outbox_events_max = 1'000;   ///< Not yet committed; then the activity waits.
  size_t outbox_bytes_max = 4 * 1024 * 1024;
  Milliseconds drain{10'000};  ///< From stop to the last lease let go.
  /// The end of the drain, in which activities that still run are stopped.
  Milliseconds drain_stop{4'000};
};

}  // namespace taskfeed::engine
