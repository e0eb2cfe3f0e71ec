/// The broker over Redis: every port of broker/ but Feed, which is RedisFeed.
///
/// Each call is one script, and so one atomic step, or one pipeline of a script and commands whose
/// order makes a crash between them harmless (said at each place). A call whose connection broke is
/// made once more by itself, in a form that recognises what the first did; so a restart of Redis
/// between two calls is not seen.
///
/// Threads  Safe from any thread. Calls block, bounded by ClientLimits::timeout.
/// Errors   Those of the ports.
/// Owns     Its connections, one subscriber connection for each worker that waits for signals
///          included.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "broker/agent_store.h"
#include "broker/event_log.h"
#include "broker/task_store.h"
#include "broker/work_queue.h"
#include "redis/client.h"
#include "redis/keys.h"

namespace taskfeed::redis {

struct BrokerOptions {
  std::string prefix = "taskfeed:";
  /// Events kept for each task. Redis trims by whole nodes, so somewhat more may stand.
  size_t events_kept_max = 10'000;
  std::chrono::seconds retention{std::chrono::hours(24 * 7)};  ///< After the terminal event.
  size_t signals_max = 1'000;  ///< Unanswered, for each task; beyond it signal() is kFull.
  size_t dead_max = 1'000;     ///< Of each queue; the oldest go.
  ClientLimits client;
};

struct QueueState {
  size_t length = 0;  ///< Entries that are not done, those that wait for their time included.
  size_t workers_alive = 0;  ///< Heard of within QueueWatch::alive_within.
};

struct QueueWatch {
  Milliseconds alive_within{15'000};     ///< A busy worker is heard of when it renews its leases.
  Milliseconds forget_after{3'600'000};  ///< A worker that is silent so long and holds nothing.
};

class RedisBroker final : public broker::EventLog,
                          public broker::TaskStore,
                          public broker::LeaseStore,
                          public broker::WorkQueue,
                          public broker::AgentStore {
 public:
  /// Connects with the first call.
  RedisBroker(const Url& url, const Clock& clock, const BrokerOptions& options);
  ~RedisBroker() override;
  RedisBroker(const RedisBroker&) = delete;
  RedisBroker& operator=(const RedisBroker&) = delete;

  /// Redis answers; kUnavailable otherwise.
  Result<void> ping();
  /// Sentences for an operator about settings that endanger events (a maxmemory-policy that
  /// evicts); empty where all is well or Redis does not tell.
  std::vector<std::string> warnings();
  /// Also forgets workers that went for good.
  Result<QueueState> queue_state(const QueueName& queue, const QueueWatch& watch = {});
  /// A word that stays the same as long as Redis keeps what it was given; another one means that it
  /// was emptied.
  Result<std::string> store_id();
  bool healthy() const { return client_.healthy(); }
  /// Since construction. Waiting for signals is not counted: it asks nothing.
  uint64_t round_trips() const { return client_.round_trips(); }
  /// Grows where calls one after the other had to connect anew: Redis was restarted, or the like.
  uint64_t connects() const { return client_.connects(); }

  Result<std::vector<Cursor>> append(const TaskId& task, std::span<const EncodedEvent> events,
                                     const broker::AppendOptions& options) override;
  Result<broker::Page> read(const TaskId& task, const broker::ReadRange& range) override;

  Result<void> create(const Task& task) override;
  Result<broker::StoredTask> load(const TaskId& task) override;
  Result<broker::TaskPage> list(const broker::ListQuery& query) override;
  Result<void> execute(const TaskId& task, const broker::Execution& execution) override;
  Result<void> signal(const TaskId& task, const broker::Signal& signal) override;
  Result<broker::Committed> commit(const broker::Commit& commit) override;

  Result<broker::Claimed> claim(const TaskId& task, const WorkerId& worker,
                                Milliseconds lease_interval) override;
  Result<std::vector<broker::Signal>> renew(const broker::Lease& lease,
                                            Milliseconds lease_interval) override;
  Result<void> release(const broker::Lease& lease, std::string_view last_error) override;

  Result<std::vector<broker::QueueEntry>> take(const broker::Take& take) override;
  Result<void> done(const QueueName& queue, const broker::QueueEntry& entry) override;
  Result<void> defer(const QueueName& queue, const broker::QueueEntry& entry,
                     Milliseconds after) override;
  Result<void> set_aside(const QueueName& queue, const broker::QueueEntry& entry,
                         std::string_view last_error) override;
  Result<std::vector<broker::DeadEntry>> dead(const QueueName& queue, size_t limit) override;
  Result<std::vector<TaskId>> wait_for_signals(const WorkerId& worker, Milliseconds wait) override;

  Result<void> put_agent(const broker::StoredAgent& agent) override;
  Result<broker::StoredAgent> agent(const AgentId& id) override;
  Result<std::vector<broker::StoredAgent>> agents() override;
  Result<void> remove_agent(const AgentId& id) override;

 private:
  /// Where take() got a task from: what renew() must keep from being handed out again.
  struct Taken {
    QueueName queue;
    WorkerId worker;
    std::string entry;
  };
  struct Ear;  // A worker's subscriber connection.
  struct Listed {
    TaskId id;
    int64_t score = 0;                         // Time of creation.
    std::optional<broker::StoredTask> stored;  // Empty where the task expired.
  };

  /// The task's refusals ("TF…") as the ports' errors; else what Redis said.
  Error refusal(const TaskId& task, const ReplyView& reply) const;
  /// Loads the tasks of `entries` (ids and scores of `index`), and drops expired ones from it.
  Result<std::vector<Listed>> load_indexed(const std::string& index, const ReplyView& entries);
  Result<std::vector<broker::QueueEntry>> take_now(const broker::Take& take,
                                                   Milliseconds& next_due);
  Result<std::vector<broker::QueueEntry>> take_own(const broker::Take& take);
  Result<std::vector<broker::QueueEntry>> take_waiting(const broker::Take& take, Milliseconds wait);
  Result<void> make_group(const QueueName& queue);
  Result<void> enqueue(const QueueName& queue, const TaskId& task);
  void remember(const broker::Take& take, const std::vector<broker::QueueEntry>& entries);
  void forget(const TaskId& task, const std::string& entry);
  std::string nonce();

  const Keys keys_;
  const BrokerOptions options_;
  const Clock& clock_;
  Client client_;
  const std::string nonce_base_;  // Distinguishes this broker's calls from those of others.
  std::atomic<uint64_t> nonces_{0};

  Mutex mutex_;
  std::map<TaskId, Taken> taken_ TF_GUARDED_BY(mutex_);
  std::map<WorkerId, std::shared_ptr<Ear>> ears_ TF_GUARDED_BY(mutex_);
};

}  // namespace taskfeed::redis
