#include "task/task.h"

#include "event/json_time.h"

namespace taskfeed {
namespace {

template <class T, class F>
Json or_null(const std::optional<T>& value, F to_json) {
  return value ? Json(to_json(*value)) : Json(nullptr);
}

/// The value of `key`, read by `parse`; nothing where it is absent or null.
template <class T, class F>
Result<std::optional<T>> optional_at(const Json& json, std::string_view key, F parse) {
  const Json* const found = find(json, key);
  if (found == nullptr || found->is_null()) return std::optional<T>();
  if (!found->is_string()) return {Errc::kInvalid, "\"" + std::string(key) + "\" must be text"};
  Result<T> value = parse(found->get_ref<const std::string&>());
  if (!value) return {Errc::kInvalid, "\"" + std::string(key) + "\": " + value.error().text};
  return std::optional<T>(*std::move(value));
}

Error wrong(std::string_view key, std::string_view what) {
  return {Errc::kInvalid, "\"" + std::string(key) + "\" " + std::string(what)};
}

Result<TaskSpec> spec_from_json(const Json& json) {
  Result<AgentId> agent = AgentId::parse(string_at(json, "agent_id"));
  if (!agent) return agent.error();
  TaskSpec spec{*std::move(agent),
                string_at(json, "description"),
                string_at(json, "user_id"),
                Json::object(),
                {}};
  if (const Json* const parameters = find(json, "parameters")) {
    if (!parameters->is_object()) return wrong("parameters", "must be an object");
    spec.parameters = *parameters;
  }
  if (const Json* const labels = find(json, "labels")) {
    if (!labels->is_object()) return wrong("labels", "must be an object");
    for (const auto& [key, value] : labels->items()) {
      if (!value.is_string()) return wrong("labels", "must have text values");
      spec.labels.emplace(key, value.get<std::string>());
    }
  }
  return spec;
}

/// What the task's events decide.
Result<void> read_outcome(const Json& json, Task& task) {
  const auto time = [&json](std::string_view key, std::optional<WallTime>& into) -> Result<void> {
    Result<std::optional<WallTime>> value = optional_at<WallTime>(json, key, parse_rfc3339);
    if (!value) return value.error();
    into = *value;
    return {};
  };
  if (Result<void> read = time("started_at", task.started_at); !read) return read;
  if (Result<void> read = time("completed_at", task.completed_at); !read) return read;
  auto execution = optional_at<ExecutionId>(json, "execution_id", ExecutionId::parse);
  if (!execution) return execution.error();
  task.execution = *execution;
  auto last = optional_at<Cursor>(json, "last_event_id", Cursor::parse);
  if (!last) return last.error();
  task.last_event = *last;
  if (const Json* const result = find(json, "result"); result != nullptr && result->is_string()) {
    task.result = result->get<std::string>();
  }
  if (const Json* const error = find(json, "error"); error != nullptr && error->is_object()) {
    task.error = TaskFailure{string_at(*error, "kind"), string_at(*error, "message")};
  }
  task.total_cost = dollars_from_json(find(json, "total_cost"));
  Result<std::vector<Question>> questions = questions_from_json(find(json, "waiting_for"));
  if (!questions) return questions.error();
  task.waiting_for = *std::move(questions);
  return {};
}

}  // namespace

Json task_to_json(const Task& task) {
  const auto same = [](const std::string& value) { return value; };
  Json json = Json::object();
  json["id"] = task.id.str();
  json["agent_id"] = task.spec.agent.str();
  json["description"] = task.spec.description;
  json["user_id"] = task.spec.user_id;
  json["parameters"] = task.spec.parameters;
  json["labels"] = Json::object();
  for (const auto& [key, value] : task.spec.labels) json["labels"][key] = value;
  json["status"] = to_string(task.status);
  json["query"] = task.query;
  json["enable_streaming"] = or_null(task.streaming, [](bool value) { return value; });
  json["budget"] = task.budget;
  json["result"] = or_null(task.result, same);
  json["error"] = or_null(task.error, [](const TaskFailure& failure) {
    return Json{{"kind", failure.kind}, {"message", failure.message}};
  });
  json["created_at"] = format_rfc3339(task.created_at);
  json["started_at"] = time_to_json(task.started_at);
  json["completed_at"] = time_to_json(task.completed_at);
  json["execution_id"] = or_null(task.execution, [](const ExecutionId& id) { return id.str(); });
  json["total_cost"] = dollars_to_json(task.total_cost);
  json["waiting_for"] = questions_to_json(task.waiting_for);
  json["last_event_id"] = or_null(task.last_event, [](const Cursor& at) { return at.str(); });
  return json;
}

Result<Task> task_from_json(const Json& json) {
  if (!json.is_object()) return {Errc::kInvalid, "a task must be a JSON object"};
  Result<TaskId> id = TaskId::parse(string_at(json, "id"));
  if (!id) return id.error();
  Result<TaskSpec> spec = spec_from_json(json);
  if (!spec) return spec.error();
  Result<WallTime> created = parse_rfc3339(string_at(json, "created_at"));
  if (!created) return wrong("created_at", created.error().text);
  Task task{.id = *std::move(id), .spec = *std::move(spec), .created_at = *created};
  const std::optional<TaskStatus> status = parse_status(string_at(json, "status"));
  if (!status) return wrong("status", "is not one of a task's statuses");
  task.status = *status;
  task.query = string_at(json, "query");
  if (const Json* const streaming = find(json, "enable_streaming");
      streaming != nullptr && streaming->is_boolean()) {
    task.streaming = streaming->get<bool>();
  }
  if (const Json* const budget = find(json, "budget"); budget != nullptr && budget->is_object()) {
    task.budget = *budget;
  }
  if (Result<void> outcome = read_outcome(json, task); !outcome) return outcome.error();
  return task;
}

}  // namespace taskfeed
