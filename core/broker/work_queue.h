/// Tasks that wait for a worker.
///
/// Delivery is at least once: an entry is handed to one worker, and again to another when neither
/// done() nor a renewal came within `redeliver_after`. Whether there is something to do is the
/// lease's question (TaskStore), so a needless entry is harmless.
///
/// Threads  Safe from any thread; take() blocks for up to `wait`.
/// Errors   kUnavailable, kTimeout.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace taskfeed::broker {

struct QueueEntry {
  std::string id;  ///< The queue's own.
  TaskId task;
};

struct DeadEntry {
  TaskId task;
  std::string last_error;
  WallTime at;
};

struct Take {
  QueueName queue;
  WorkerId worker;
  size_t count = 1;  ///< At most.
  Milliseconds wait{1'000};
  Milliseconds redeliver_after{15'000};
  /// This task's entry alone, wherever it stands within the newest kOwnLookMax; then there is no
  /// waiting. Other workers may be handed the entry as well: the lease decides.
  std::optional<TaskId> only = std::nullopt;
};
inline constexpr size_t kOwnLookMax = 100'000;

class WorkQueue {
 public:
  virtual ~WorkQueue() = default;
  /// New entries first, then those of workers that went silent. Tasks whose time has come join the
  /// queue at its end, as new entries.
  virtual Result<std::vector<QueueEntry>> take(const Take& take) = 0;
  virtual Result<void> done(const QueueName& queue, const QueueEntry& entry) = 0;
  /// Comes back through take() no earlier than `after` from now.
  virtual Result<void> defer(const QueueName& queue, const QueueEntry& entry,
                             Milliseconds after) = 0;
  /// Out of the queue, into the list that people look at.
  virtual Result<void> set_aside(const QueueName& queue, const QueueEntry& entry,
                                 std::string_view last_error) = 0;
  virtual Result<std::vector<DeadEntry>> dead(const QueueName& queue, size_t limit) = 0;
  /// Waits for signals to tasks whose lease `worker` holds, for up to `wait`; answers their ids.
  virtual Result<std::vector<TaskId>> wait_for_signals(const WorkerId& worker,
                                                       Milliseconds wait) = 0;
};

}  // namespace taskfeed::broker
