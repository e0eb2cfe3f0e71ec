/// Every port of this ring in memory: for tests, and for the simulation in virtual time.
///
/// It keeps the contract to the letter and nothing beyond the process. It never blocks: take() and
/// wait_for_signals() answer what there is, since under a manual clock nobody would wake them.
///
/// Threads  Safe from any thread; one mutex. Observers are called with it held.
/// Errors   As the ports say. The store never runs out of memory of its own; tests set `full`.
/// Owns     All that was stored.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "broker/agent_store.h"
#include "broker/event_log.h"
#include "broker/task_store.h"
#include "broker/work_queue.h"

namespace taskfeed::broker {

struct MemoryLimits {
  size_t events_kept_max = 10'000;  ///< For a task; older ones are trimmed.
};

class MemoryBroker final : public EventLog,
                           public TaskStore,
                           public LeaseStore,
                           public WorkQueue,
                           public AgentStore {
 public:
  explicit MemoryBroker(const Clock& clock, MemoryLimits limits = {});

  Result<std::vector<Cursor>> append(const TaskId& task, std::span<const EncodedEvent> events,
                                     const AppendOptions& options) override;
  Result<Page> read(const TaskId& task, const ReadRange& range) override;

  Result<void> create(const Task& task) override;
  Result<StoredTask> load(const TaskId& task) override;
  Result<TaskPage> list(const ListQuery& query) override;
  Result<void> execute(const TaskId& task, const Execution& execution) override;
  Result<void> signal(const TaskId& task, const Signal& signal) override;
  Result<Committed> commit(const Commit& commit) override;

  Result<Claimed> claim(const TaskId& task, const WorkerId& worker,
                        Milliseconds lease_interval) override;
  Result<std::vector<Signal>> renew(const Lease& lease, Milliseconds lease_interval) override;
  Result<void> release(const Lease& lease, std::string_view last_error) override;

  Result<std::vector<QueueEntry>> take(const Take& take) override;
  Result<void> done(const QueueName& queue, const QueueEntry& entry) override;
  Result<void> defer(const QueueName& queue, const QueueEntry& entry, Milliseconds after) override;
  Result<void> set_aside(const QueueName& queue, const QueueEntry& entry,
                         std::string_view last_error) override;
  Result<std::vector<DeadEntry>> dead(const QueueName& queue, size_t limit) override;
  Result<std::vector<TaskId>> wait_for_signals(const WorkerId& worker, Milliseconds wait) override;

  Result<void> put_agent(const StoredAgent& agent) override;
  Result<StoredAgent> agent(const AgentId& id) override;
  Result<std::vector<StoredAgent>> agents() override;
  Result<void> remove_agent(const AgentId& id) override;

  /// What a publish is to Redis: called for each event as it is stored. One observer.
  using Observer = std::function<void(const TaskId&, const StoredEvent&)>;
  void observe(Observer observer);
  /// Faults for tests. While full, whatever stores answers kFull.
  void set_full(bool full);
  /// As XTRIM: the events before `seq` are gone.
  void trim_before(const TaskId& task, uint64_t seq);
  /// As FLUSHALL.
  void lose_everything();

 private:
  struct Row {
    explicit Row(Task created) : task(std::move(created)) {}
    Task task;
    std::string state_json;
    Cursor folded;
    uint64_t version = 0;
    std::deque<StoredEvent> events;
    Cursor last;
    std::optional<WorkerId> holder;
    MonoTime lease_until{};
    uint64_t token = 0;
    int claims = 0;
    std::string last_error;
    std::vector<Signal> inbox;
    uint64_t signals_ever = 0;
    std::optional<QueueName> queue;
  };
  struct Delivery {
    TaskId task;
    std::optional<MonoTime> handed_out;
  };
  struct Queue {
    uint64_t entries_ever = 0;
    std::map<uint64_t, Delivery> entries;
    std::multimap<MonoTime, TaskId> deferred;
    std::deque<DeadEntry> dead;
  };

  Row* row(const TaskId& task) TF_REQUIRES(mutex_);
  Row& registry() TF_REQUIRES(mutex_);
  Result<Row*> row_to_write(const TaskId& task) TF_REQUIRES(mutex_);
  bool held(const Row& row) const TF_REQUIRES(mutex_);
  Result<void> check_lease(const Row& row, const Lease& lease) const TF_REQUIRES(mutex_);
  StoredTask stored(const Row& row) const TF_REQUIRES(mutex_);
  /// Stores, moves the status, ends the lease on a terminal event, and publishes.
  std::vector<Cursor> store(Row& row, std::span<const EncodedEvent> events) TF_REQUIRES(mutex_);
  std::optional<Cursor> find_repeated(const Row& row, const EncodedEvent& event,
                                      size_t window) const TF_REQUIRES(mutex_);
  void enqueue(const QueueName& queue, const TaskId& task) TF_REQUIRES(mutex_);

  const Clock& clock_;
  const MemoryLimits limits_;
  mutable Mutex mutex_;
  std::map<TaskId, Row> rows_ TF_GUARDED_BY(mutex_);
  std::map<QueueName, Queue> queues_ TF_GUARDED_BY(mutex_);
  std::map<AgentId, std::string> agents_ TF_GUARDED_BY(mutex_);
  std::map<WorkerId, std::set<TaskId>> woken_ TF_GUARDED_BY(mutex_);
  Observer observer_ TF_GUARDED_BY(mutex_);
  bool full_ TF_GUARDED_BY(mutex_) = false;
};

}  // namespace taskfeed::broker
