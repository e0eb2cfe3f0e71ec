/// What the command line and the HTTP API both call.
///
/// Two implementations: TaskService over the broker, and client::HttpTasks over a daemon. A
/// subcommand is written against this port alone, so it does the same on either.
///
/// Threads  Safe from any thread; calls block, bounded by the implementation's timeout.
/// Errors   As each call says, beside kUnavailable and kTimeout.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/event_log.h"
#include "broker/task_store.h"
#include "runner/agent_config.h"
#include "task/task.h"

namespace taskfeed::service {

struct ExecuteRequest {
  std::string query;              ///< Empty: the task's description.
  std::optional<bool> streaming;  ///< Before the task's parameters and the agent's default.
  /// What it may spend: {"usd": 0.5, "steps": 10}, or a number of US dollars. It tightens what the
  /// task's parameters and its agent say; an agent that keeps to no budget is refused one.
  Json budget = nullptr;
};

/// The agents that are declared, by id.
struct AgentListing {
  /// Whose configuration was written by hand, or by another version of taskfeed.
  struct Unreadable {
    AgentId id;
    std::string why;  ///< A sentence.
    bool operator==(const Unreadable&) const = default;
  };
  std::vector<runner::AgentConfig> agents;
  std::vector<Unreadable> unreadable;
  bool operator==(const AgentListing&) const = default;
};

struct ControlRequest {
  broker::SignalKind kind = broker::SignalKind::kCancel;
  std::string by;
  std::string reason;
  std::string call;  ///< Of an answer: for which call; may be empty where one alone waits.
  std::string text;  ///< Of kInput.
};

struct EventsQuery {
  std::optional<Cursor> after;
  std::optional<uint64_t> before_seq;
  size_t limit = 100;
  TypeFilter filter;
};

struct EventsPage {
  std::vector<StoredEvent> events;
  std::optional<Cursor> next;  ///< Set where more follow: pass it as `after`.
  std::optional<Cursor> first;
  Cursor last;
  /// What `after` missed, if anything.
  broker::Anchor anchor = broker::Anchor::kStart;
  TaskStatus status = TaskStatus::kSubmitted;
};

/// get_final_response.
struct FinalResponse {
  TaskStatus status = TaskStatus::kSubmitted;
  std::string response;  ///< Empty until completed.
  std::optional<TaskFailure> error;
  NanoDollars total_cost = 0;
};

struct PublishInput {
  std::string type;  ///< May be empty where `json` has event_type.
  Json json = Json::object();
  bool maybe_repeated = false;
};

class Tasks {
 public:
  virtual ~Tasks() = default;

  virtual Result<Task> create(const TaskSpec& spec) = 0;  ///< kNotFound: agent.
  struct Created {
    Task task;
    bool replayed = false;  ///< It was there: created before with this key, and perhaps gone on.
  };
  /// Once for each agent and key, however often and from wherever it is repeated, for as long as
  /// the task is kept. kReused: the key stands for a task of another spec. kInvalid: no key.
  virtual Result<Created> create_once(const TaskSpec& spec, std::string_view key) = 0;
  virtual Result<Task> execute(const TaskId& task, const ExecuteRequest& request) = 0;
  virtual Result<Task> get(const TaskId& task) = 0;
  struct Listing {
    std::vector<Task> tasks;
    std::string cursor;
  };
  virtual Result<Listing> list(const broker::ListQuery& query) = 0;
  /// kConflict where the status forbids it, kEnded on a finished task.
  virtual Result<Task> control(const TaskId& task, const ControlRequest& request) = 0;
  virtual Result<Json> state(const TaskId& task) = 0;            ///< get_current_state
  virtual Result<FinalResponse> result(const TaskId& task) = 0;  ///< get_final_response
  virtual Result<EventsPage> events(const TaskId& task, const EventsQuery& query) = 0;
  virtual Result<std::vector<Cursor>> publish(const TaskId& task,
                                              const std::vector<PublishInput>& events) = 0;

  virtual Result<AgentListing> agents() = 0;
  virtual Result<runner::AgentConfig> agent(const AgentId& id) = 0;
  virtual Result<void> put_agent(const runner::AgentConfig& agent) = 0;
  virtual Result<void> remove_agent(const AgentId& id) = 0;
};

}  // namespace taskfeed::service
