/// Tasks, their leases and the signals to them.
///
/// A lease is the right to write a task's lifecycle. It carries a fencing token that only grows:
/// commit() and renew() with an older token are refused by the store itself, not by trust in the
/// worker, so a worker that slept through its lease cannot write (Kleppmann, "How to do
/// distributed locking", 2016). Lease times are measured by the store's clock alone.
///
/// What every implementation promises:
///  1. commit() is one atomic step: version and token checked, snapshot written, n events appended
///     and published. State and events cannot diverge.
///  2. One holder: claim() succeeds only where no unexpired lease stands.
///  3. A signal is stored before signal() answers, and handed out until taken.
///  4. A terminal event ends the lease, in the same step, and starts the retention time.
///
/// Threads  Safe from any thread; calls block, bounded by the implementation's timeout.
/// Errors   kNotFound, kConflict (version, status, lease held), kFenced, kEnded, kFull,
///          kUnavailable, kTimeout.
/// Owns     Nothing.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/event_log.h"
#include "task/task.h"

namespace taskfeed::broker {

struct Lease {
  TaskId task;
  WorkerId worker;
  uint64_t token = 0;  ///< Fencing token.
  /// Claims in a row, this one included, that neither got anywhere nor ended in good order:
  /// Commit::progress, Commit::release and a release() without an error start the count anew. So a
  /// pause or a long wait between two attempts makes no task poison, nor do workers that die one
  /// after another when each of them got further.
  int claims = 0;
};

/// kApprove, kRefuse and kInput answer a question of the task (task/question.h).
enum class SignalKind { kCancel, kPause, kResume, kApprove, kRefuse, kInput };
inline constexpr std::array kSignalKinds{SignalKind::kCancel, SignalKind::kPause,
                                         SignalKind::kResume, SignalKind::kApprove,
                                         SignalKind::kRefuse, SignalKind::kInput};
std::string_view to_string(SignalKind kind);
std::optional<SignalKind> parse_signal(std::string_view text);
bool is_answer(SignalKind kind);

struct Signal {
  SignalKind kind = SignalKind::kCancel;
  std::string by;
  std::string reason;
  std::string id;    ///< Set by the store; grows within a task.
  std::string call;  ///< Of an answer: the question that it is for.
  std::string text;  ///< Of kInput.
  bool operator==(const Signal&) const = default;
};

/// A task as stored: the record, the snapshot of its fold, and the version that guards it.
struct StoredTask {
  Task task;
  std::string state_json;  ///< workflow::State; empty before the first snapshot.
  Cursor folded;           ///< The last event in that snapshot.
  uint64_t version = 0;
  std::optional<WorkerId> holder;  ///< Of an unexpired lease.
  std::string last_error;          ///< Why the last claim ended without an outcome.
  std::vector<Signal> signals;     ///< Not yet taken.
};
struct Execution {
  ExecutionId id;
  std::string query;
  std::optional<bool> streaming;
  QueueName queue;
  Json budget = nullptr;  ///< Task::budget.
};

struct Claimed {
  Lease lease;
  StoredTask stored;
  std::vector<Signal> signals;  ///< Not yet taken.
};

struct Snapshot {
  Task task;  ///< Its fold-derived parts are written, its record is not.
  std::string state_json;
  /// Set by the store: the snapshot's `folded` is the last of the events committed with it.
};

struct Commit {
  TaskId task;
  std::optional<Lease> lease;       ///< Without one: only where no unexpired lease stands.
  std::optional<uint64_t> version;  ///< Expected; checked with `snapshot`.
  std::optional<Snapshot> snapshot;
  std::vector<EncodedEvent> events;
  std::string signals_taken;  ///< Signals up to and with this id are answered. May be empty.
  bool release = false;       ///< Let go of the lease with this commit.
  bool progress = false;      ///< Something was achieved that no later worker does again.
  /// This is a retry whose first answer was lost: recognised by the ids of its events, or where it
  /// has none by its snapshot. kConflict where some of the events stand in history and some do not.
  bool maybe_repeated = false;
};

struct Committed {
  std::vector<Cursor> cursors;
  uint64_t version = 0;
};

struct ListQuery {
  std::optional<AgentId> agent;
  std::optional<TaskStatus> status;
  size_t limit = 50;   ///< At most 500.
  std::string cursor;  ///< From the page before; empty for the newest.
};

struct TaskPage {
  std::vector<StoredTask> tasks;  ///< Newest first.
  std::string cursor;             ///< Empty on the last page.
};

class TaskStore {
 public:
  virtual ~TaskStore() = default;
  /// kConflict if the id exists.
  virtual Result<void> create(const Task& task) = 0;
  virtual Result<StoredTask> load(const TaskId& task) = 0;
  virtual Result<TaskPage> list(const ListQuery& query) = 0;
  /// submitted -> pending, and into the queue; on a pending task of the same execution id only
  /// into the queue (a retry). Otherwise kConflict, naming the status.
  virtual Result<void> execute(const TaskId& task, const Execution& execution) = 0;
  /// Stores the signal and wakes the worker that holds the lease. Where no lease stands, a resume
  /// and an answer also put the task back into its queue, and so does any signal to a running task,
  /// which waits for a person, or for its next attempt. kEnded on a finished task.
  virtual Result<void> signal(const TaskId& task, const Signal& signal) = 0;
  virtual Result<Committed> commit(const Commit& commit) = 0;
};

/// The worker's side of the store.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;
  /// kConflict where another holds it (or nothing is to be done), kEnded on a finished task.
  virtual Result<Claimed> claim(const TaskId& task, const WorkerId& worker,
                                Milliseconds lease_interval) = 0;
  /// Extends the lease, keeps the queue entry from being handed out again, and answers the signals
  /// not yet taken. kFenced when it was lost.
  virtual Result<std::vector<Signal>> renew(const Lease& lease, Milliseconds lease_interval) = 0;
  /// Lets go without an outcome; `last_error` is kept for whoever looks.
  virtual Result<void> release(const Lease& lease, std::string_view last_error) = 0;
};

}  // namespace taskfeed::broker
