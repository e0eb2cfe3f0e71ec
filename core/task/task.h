/// A task as its creator wrote it, and the snapshot that answers for its events.
///
/// The record is written once. Everything else of a Task is the fold of its events
/// (workflow/state.h), kept beside them so that a list need not read every stream.
///
/// Threads  Values.
/// Errors   The JSON readers name the key that is wrong.
/// Owns     Its text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "event/cursor.h"
#include "event/json.h"
#include "task/money.h"
#include "task/question.h"
#include "task/status.h"

namespace taskfeed {

/// The agent of a task that a publisher elsewhere executes and whose events name none; built in.
inline constexpr std::string_view kForeignAgent = "bridge";
/// On a task that the bridge made: the channel on which it was first heard of. Labels that begin
/// with "taskfeed." are taskfeed's own.
inline constexpr std::string_view kBridgedLabel = "taskfeed.bridged";
inline constexpr std::string_view kOwnLabelPrefix = "taskfeed.";

struct TaskLimits {
  size_t description_bytes_max = 64 * 1024;
  size_t parameters_bytes_max = 256 * 1024;
  size_t labels_max = 64;
};

/// What `create` was given.
struct TaskSpec {
  AgentId agent;
  std::string description;
  std::string user_id;
  Json parameters = Json::object();  ///< `task_parameters` in requests.
  std::map<std::string, std::string> labels;

  bool operator==(const TaskSpec&) const = default;
};

struct TaskFailure {
  std::string kind;  ///< Stable word: step_failed, worker_lost, timeout …
  std::string message;
  bool operator==(const TaskFailure&) const = default;
};

struct Task {
  TaskId id;
  TaskSpec spec;
  WallTime created_at;

  TaskStatus status = TaskStatus::kSubmitted;
  std::optional<ExecutionId> execution;
  std::string query;              ///< What `execute` was given; else the description.
  std::optional<bool> streaming;  ///< What `execute` asked for, before all else.
  /// What `execute` lets it spend, as {"usd": 0.5}; null: it said nothing. Beside what its
  /// parameters and its agent say, of which each may be tighter.
  Json budget;
  std::optional<WallTime> started_at;
  std::optional<WallTime> completed_at;
  std::optional<std::string> result;  ///< The final response.
  std::optional<TaskFailure> error;
  NanoDollars total_cost = 0;
  std::vector<Question> waiting_for;  ///< What a person is to answer, before it goes on.
  std::optional<Cursor> last_event;

  bool operator==(const Task&) const = default;
};

/// The document of GET …/tasks/{t}: id, agent_id, description, user_id, parameters, labels, status,
/// query, enable_streaming, budget, result, error, created_at, started_at, completed_at,
/// execution_id, total_cost, waiting_for, last_event_id. Absent values are null.
Json task_to_json(const Task& task);
Result<Task> task_from_json(const Json& json);

}  // namespace taskfeed
