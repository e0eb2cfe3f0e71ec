#include "http/body_reader.h"
#include "http/handlers.h"
#include "http/query_params.h"

namespace taskfeed::http {

Result<Task> task_at(const ApiPorts& ports, const Captures& captures) {
  const Result<TaskId> id = TaskId::parse(captures.task);
  if (!id) return {Errc::kNotFound, id.error().text};
  if (captures.agent.empty()) return ports.tasks.get(*id);
  const Result<AgentId> agent = agent_at(captures);
  if (!agent) return agent.error();
  Result<Task> task = ports.tasks.get(*id);
  if (task && task->spec.agent != *agent) {
    return {Errc::kNotFound, "the agent " + agent->str() + " has no task " + id->str()};
  }
  return task;
}

std::string task_path(const Task& task) {
  return "/api/v1/agents/" + task.spec.agent.str() + "/tasks/" + task.id.str();
}

namespace handlers {
namespace {

constexpr size_t kListDefault = 50;
constexpr size_t kListMax = 500;
/// Below what proxies commonly wait for an answer's first byte.
constexpr Milliseconds kWaitMax{60'000};

Reply task_reply(int status, const Result<Task>& task, const Call& call) {
  if (!task) return refused(task.error(), call);
  return json_reply(status, task_to_json(*task));
}

/// `task_parameters`, or `parameters`; `enable_streaming` beside them goes into them.
Json read_parameters(BodyReader& body) {
  const Json* const of_guide = body.object("task_parameters");
  const Json* const plain = body.object("parameters");
  if (of_guide != nullptr && plain != nullptr) {
    body.wrong("parameters", "stands beside task_parameters, which means the same");
  }
  const Json* const given = of_guide != nullptr ? of_guide : plain;
  Json parameters = given == nullptr ? Json::object() : *given;
  if (const std::optional<bool> streaming = body.flag("enable_streaming")) {
    if (parameters.contains("enable_streaming")) {
      body.wrong("enable_streaming", "stands in the parameters too");
    }
    parameters["enable_streaming"] = *streaming;
  }
  return parameters;
}

void read_labels(BodyReader& body, TaskSpec& spec) {
  const Json* const labels = body.object("labels");
  if (labels == nullptr) return;
  for (const auto& [key, value] : labels->items()) {
    if (value.is_string()) {
      spec.labels.emplace(key, value.get<std::string>());
    } else {
      body.wrong("labels", "must hold texts only");
    }
  }
}

Reply answer(const ApiPorts& ports, const Call& call, const Captures& captures, BodyReader& body,
             const service::ControlRequest& request) {
  body.refuse_others();
  if (!body.ok()) return refused(body.problem(), call);
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  return task_reply(202, ports.tasks.control(task->id, request), call);
}

Reply control(const ApiPorts& ports, const Call& call, const Captures& captures,
              broker::SignalKind kind) {
  const Result<Json> json = parse_body(call.body);
  if (!json) return refused(json.error(), call);
  BodyReader body(*json);
  service::ControlRequest request{
      .kind = kind, .by = body.text("by").value_or(""), .reason = body.text("reason").value_or("")};
  return answer(ports, call, captures, body, request);
}

Result<service::Tasks::Created> create(const ApiPorts& ports, const Call& call,
                                       const TaskSpec& spec) {
  if (call.idempotency_key) return ports.tasks.create_once(spec, *call.idempotency_key);
  Result<Task> task = ports.tasks.create(spec);
  if (!task) return task.error();
  return service::Tasks::Created{*std::move(task), false};
}

/// Unless that is its own program's affair, or somebody has done it: who repeats a request joins.
Result<Task> execute_fresh(const ApiPorts& ports, const Task& task) {
  const Result<runner::AgentConfig> agent = ports.tasks.agent(task.spec.agent);
  if (!agent) return agent.error();
  if (agent->runner == runner::RunnerKind::kExternal) return task;
  if (task.status != TaskStatus::kSubmitted) return task;
  Result<Task> executed = ports.tasks.execute(task.id, {});
  if (executed || executed.error().code != Errc::kConflict) return executed;
  return ports.tasks.get(task.id);
}

/// Created, executed and followed in one request. A cursor is of the task that the key stands for.
Reply create_and_stream(const ApiPorts& ports, const Call& call, const TaskSpec& spec) {
  Result<StreamRequest> request = stream_request(ports, call);
  if (!request) return refused(request.error(), call);
  const Result<service::Tasks::Created> created = create(ports, call, spec);
  if (!created) return refused(created.error(), call);
  const Result<Task> task = execute_fresh(ports, created->task);
  const std::string path = task_path(created->task);
  if (!task) {
    // It is there, and can be executed by itself.
    Reply reply = refused(task.error(), call);
    reply.fields.push_back({"Location", path});
    return reply;
  }
  Reply reply = stream_reply(*task, *std::move(request));
  if (reply.stream && !created->replayed) reply.status = 201;
  reply.fields.push_back({"Location", path});
  reply.fields.push_back({"Content-Location", path + "/events/stream"});
  if (created->replayed) reply.fields.push_back({"Idempotency-Replayed", "true"});
  return reply;
}

}  // namespace

Reply list_tasks(const ApiPorts& ports, const Call& call, const Captures& captures) {
  broker::ListQuery query;
  if (!captures.agent.empty()) {
    Result<AgentId> agent = agent_at(captures);
    if (!agent) return refused(agent.error(), call);
    if (const auto known = ports.tasks.agent(*agent); !known) return refused(known.error(), call);
    query.agent = *std::move(agent);
  }
  if (const std::string_view status = call.parameter("status").value_or(""); !status.empty()) {
    query.status = parse_status(status);
    if (!query.status) {
      return refused(Error{Errc::kInvalid, "the parameter status is none of a task's statuses"},
                     call);
    }
  }
  const Result<uint64_t> limit = number_parameter(call, "limit", 1, kListMax, kListDefault);
  if (!limit) return refused(limit.error(), call);
  query.limit = *limit;
  const Result<std::string_view> cursor = text_parameter(call, "cursor");
  if (!cursor) return refused(cursor.error(), call);
  query.cursor = *cursor;
  const Result<service::Tasks::Listing> listing = ports.tasks.list(query);
  if (!listing) return refused(listing.error(), call);
  Json json = Json::object();
  json["tasks"] = Json::array();
  for (const Task& task : listing->tasks) json["tasks"].push_back(task_to_json(task));
  json["cursor"] = listing->cursor.empty() ? Json(nullptr) : Json(listing->cursor);
  return json_reply(200, json);
}

Reply create_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<AgentId> agent = agent_at(captures);
  if (!agent) return refused(agent.error(), call);
  const Result<Json> json = parse_body(call.body);
  if (!json) return refused(json.error(), call);
  BodyReader body(*json);
  TaskSpec spec{.agent = *agent,
                .description = body.text("description").value_or(""),
                .user_id = body.text("user_id").value_or(""),
                .parameters = read_parameters(body),
                .labels = {}};
  read_labels(body, spec);
  body.refuse_others();
  if (!body.ok()) return refused(body.problem(), call);
  if (call.accepts(kEventStreamType)) return create_and_stream(ports, call, spec);
  const Result<service::Tasks::Created> created = create(ports, call, spec);
  if (!created) return refused(created.error(), call);
  Reply reply = task_reply(created->replayed ? 200 : 201, created->task, call);
  reply.fields.push_back({"Location", task_path(created->task)});
  if (created->replayed) reply.fields.push_back({"Idempotency-Replayed", "true"});
  return reply;
}

Reply show_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  return task_reply(200, task_at(ports, captures), call);
}

Reply execute_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<Json> json = parse_body(call.body);
  if (!json) return refused(json.error(), call);
  BodyReader body(*json);
  const Json* const budget = body.any("budget");
  const service::ExecuteRequest request{.query = body.text("query").value_or(""),
                                        .streaming = body.flag("enable_streaming"),
                                        .budget = budget == nullptr ? Json() : *budget};
  body.refuse_others();
  if (!body.ok()) return refused(body.problem(), call);
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  return task_reply(202, ports.tasks.execute(task->id, request), call);
}

Reply cancel_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  return control(ports, call, captures, broker::SignalKind::kCancel);
}

Reply pause_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  return control(ports, call, captures, broker::SignalKind::kPause);
}

Reply resume_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  return control(ports, call, captures, broker::SignalKind::kResume);
}

Reply approve_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<Json> json = parse_body(call.body);
  if (!json) return refused(json.error(), call);
  BodyReader body(*json);
  const bool approved = body.flag("approved").value_or(true);
  service::ControlRequest request{
      .kind = approved ? broker::SignalKind::kApprove : broker::SignalKind::kRefuse,
      .by = body.text("by").value_or(""),
      .reason = body.text("reason").value_or(""),
      .call = body.text("tool_call_id").value_or(""),
      .text = {}};
  return answer(ports, call, captures, body, request);
}

Reply input_task(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<Json> json = parse_body(call.body);
  if (!json) return refused(json.error(), call);
  BodyReader body(*json);
  const std::optional<std::string> text = body.text("text");
  if (!text) body.wrong("text", "must be there: what the task is told");
  service::ControlRequest request{.kind = broker::SignalKind::kInput,
                                  .by = body.text("by").value_or(""),
                                  .reason = {},
                                  .call = body.text("tool_call_id").value_or(""),
                                  .text = text.value_or("")};
  return answer(ports, call, captures, body, request);
}

Reply task_state(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  const Result<Json> state = ports.tasks.state(task->id);
  if (!state) return refused(state.error(), call);
  return json_reply(200, *state);
}

Reply task_result(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<Milliseconds> wait = duration_parameter(call, "wait", kWaitMax);
  if (!wait) return refused(wait.error(), call);
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  const Result<service::FinalResponse> result = ports.tasks.result(task->id);
  if (!result) return refused(result.error(), call);
  Json json = Json::object();
  json["task_id"] = task->id.str();
  json["status"] = to_string(result->status);
  json["response"] = result->response;
  json["error"] = result->error
                      ? Json{{"kind", result->error->kind}, {"message", result->error->message}}
                      : Json(nullptr);
  json["total_cost"] = dollars_to_json(result->total_cost);
  Reply reply = json_reply(200, json);
  if (*wait > Milliseconds(0) && !is_terminal(result->status)) {
    reply.wait = WaitDecision{task->id, *wait};
  }
  return reply;
}

}  // namespace handlers
}  // namespace taskfeed::http
