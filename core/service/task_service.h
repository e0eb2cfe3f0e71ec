/// The service over the broker: what a subcommand does on Redis itself, and what the HTTP API
/// does for its callers.
///
/// A task without a worker has nobody else to fold its events. So for tasks of external agents the
/// service folds: publish() commits lifecycle events together with the new snapshot, and get()
/// brings a snapshot up to what publishers in other languages have appended since.
///
/// Threads  Safe from any thread, as its ports are.
/// Errors   As service::Tasks says.
/// Owns     Nothing. Borrows every port.
#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "broker/agent_store.h"
#include "engine/engine.h"
#include "service/tasks.h"
#include "workflow/state.h"

namespace taskfeed::service {

struct ServicePorts {
  broker::EventLog& events;
  broker::TaskStore& tasks;
  broker::AgentStore& agents;
  engine::Engine& engine;
  IdSource& ids;
  const Clock& clock;
};

struct ServiceLimits {
  TaskLimits task;
  size_t list_tasks_max = 500;
  size_t agents_max = 1'000;
  /// A filter that accepts little makes events() read on; after so many pages it answers with what
  /// it has, and a cursor.
  int filter_pages_max = 10;
  /// Pages of events that one get() folds; the rest waits for the next.
  int fold_pages_max = 20;
};

/// Where executions go unless something else is said.
QueueName default_queue();

class TaskService final : public Tasks {
 public:
  explicit TaskService(const ServicePorts& ports, ServiceLimits limits = {},
                       QueueName queue = default_queue());

  Result<Task> create(const TaskSpec& spec) override;
  Result<Created> create_once(const TaskSpec& spec, std::string_view key) override;
  Result<Task> execute(const TaskId& task, const ExecuteRequest& request) override;
  Result<Task> get(const TaskId& task) override;
  Result<Listing> list(const broker::ListQuery& query) override;
  Result<Task> control(const TaskId& task, const ControlRequest& request) override;
  Result<Json> state(const TaskId& task) override;
  Result<FinalResponse> result(const TaskId& task) override;
  Result<EventsPage> events(const TaskId& task, const EventsQuery& query) override;
  Result<std::vector<Cursor>> publish(const TaskId& task,
                                      const std::vector<PublishInput>& events) override;

  Result<AgentListing> agents() override;
  Result<runner::AgentConfig> agent(const AgentId& id) override;
  Result<void> put_agent(const runner::AgentConfig& agent) override;
  Result<void> remove_agent(const AgentId& id) override;

 private:
  /// A task with the fold of its events, as far as they are known.
  struct Folded {
    broker::StoredTask stored;
    workflow::State state;
  };
  Result<Task> create_as(const TaskId& id, const TaskSpec& spec);
  Result<Folded> load(const TaskId& task);
  Result<void> fold_tail(Folded& folded);
  void keep(const Folded& folded);
  Result<bool> is_external(const Task& task);
  /// Whether an answer was given before, to a question that its task has left behind.
  Result<bool> is_repeat(const Folded& folded, const ControlRequest& request);
  Result<std::vector<Cursor>> append_or_commit(const TaskId& task, const std::vector<Event>& events,
                                               const std::vector<EncodedEvent>& encoded,
                                               bool maybe_repeated);
  /// Events of which some may stand in history: a commit is repeated whole or not at all, so it is
  /// made of the others.
  Result<std::vector<Cursor>> commit_fresh(Folded folded, const std::vector<Event>& events,
                                           const std::vector<EncodedEvent>& encoded);
  Result<std::vector<Cursor>> commit_with_fold(Folded folded, const std::vector<Event>& events,
                                               const std::vector<EncodedEvent>& encoded,
                                               bool maybe_repeated);

  const ServicePorts ports_;
  const ServiceLimits limits_;
  const QueueName queue_;  ///< Of every execution; a queue per agent would need no more than this.
};

}  // namespace taskfeed::service
