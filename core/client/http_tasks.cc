#include "client/http_tasks.h"

#include "client/api_json.h"
#include "client/problem.h"

namespace taskfeed::client {
namespace {

constexpr std::string_view kRoot = "/api/v1";

std::string root(std::string_view path) {
  return std::string(kRoot) + std::string(path);
}

std::string path_of(const TaskId& task) {
  return root("/tasks/") + task.str();  // A Name needs no encoding.
}

std::string joined(const std::vector<std::string>& patterns) {
  std::string text;
  for (const std::string& pattern : patterns) text += (text.empty() ? "" : ",") + pattern;
  return text;
}

/// Whether the connection broke before an answer came; a call that may be made twice is.
bool is_lost(const Error& error) {
  return error.code == Errc::kTimeout || error.code == Errc::kUnavailable;
}

}  // namespace

HttpTasks::HttpTasks(Endpoint endpoint, const HttpLimits& limits)
    : call_(std::move(endpoint), limits) {}

Error HttpTasks::misunderstood(const HttpRequest& request, std::string_view what) const {
  return {Errc::kInternal, call_.server() + " answered " + request.target +
                               " with what is not taskfeed's API (" + std::string(what) +
                               "); check --server"};
}

Result<Json> HttpTasks::call(const HttpRequest& request, int* status) {
  const std::lock_guard lock(mutex_);
  HttpRequest made = request;
  made.headers["Accept"] = "application/json";
  Result<HttpAnswer> answer = call_.call(made);
  // A kept connection may have been closed by the daemon just now; a read is made once more.
  if (!answer && is_lost(answer.error()) && request.method == "GET") answer = call_.call(made);
  if (!answer) return answer.error();
  if (status != nullptr) *status = answer->status;
  if (answer->status >= 400) return error_from(answer->status, answer->body, call_.server());
  if (answer->status == 204 || answer->body.empty()) return Json(nullptr);
  Result<Json> json = parse_json(answer->body);
  if (!json) return misunderstood(request, json.error().text);
  return json;
}

Result<Task> HttpTasks::call_for_task(const HttpRequest& request, int* status) {
  const Result<Json> json = call(request, status);
  if (!json) return json.error();
  Result<Task> task = task_from_json(*json);
  if (!task) return misunderstood(request, task.error().text);
  return task;
}

Result<void> HttpTasks::ping() {
  const std::lock_guard lock(mutex_);
  HttpRequest request;
  request.target = "/livez";
  const Result<HttpAnswer> answer = call_.call(request);
  if (!answer) return answer.error();
  if (answer->status == 200) return {};
  return misunderstood(request, "status " + std::to_string(answer->status));
}

Result<std::string> HttpTasks::task_path(const TaskId& task) const {
  return path_of(task);
}

Result<Task> HttpTasks::create(const TaskSpec& spec) {
  HttpRequest request;
  request.method = "POST";
  request.target = root("/agents/") + spec.agent.str() + "/tasks";
  request.body = create_body(spec);
  return call_for_task(request);
}

Result<HttpTasks::Created> HttpTasks::create_once(const TaskSpec& spec, std::string_view key) {
  HttpRequest request;
  request.method = "POST";
  request.target = root("/agents/") + spec.agent.str() + "/tasks";
  request.body = create_body(spec);
  request.headers["Idempotency-Key"] = key;
  int status = 0;
  Result<Task> task = call_for_task(request, &status);
  if (!task && is_lost(task.error())) task = call_for_task(request, &status);
  if (!task) return task.error();
  return Created{*std::move(task), status != 201};
}

Result<Task> HttpTasks::execute(const TaskId& task, const service::ExecuteRequest& given) {
  HttpRequest request;
  request.method = "POST";
  request.target = path_of(task) + "/execute";
  request.body = execute_body(given);
  return call_for_task(request);
}

Result<Task> HttpTasks::get(const TaskId& task) {
  HttpRequest request;
  request.target = path_of(task);
  return call_for_task(request);
}

Result<HttpTasks::Listing> HttpTasks::list(const broker::ListQuery& query) {
  std::map<std::string, std::string> values{{"limit", std::to_string(query.limit)}};
  if (query.status) values["status"] = to_string(*query.status);
  if (!query.cursor.empty()) values["cursor"] = query.cursor;
  HttpRequest request;
  request.target =
      (query.agent ? root("/agents/") + query.agent->str() + "/tasks" : root("/tasks")) +
      query_of(values);
  const Result<Json> json = call(request);
  if (!json) return json.error();
  Result<Listing> listing = listing_from(*json);
  if (!listing) return misunderstood(request, listing.error().text);
  return listing;
}

Result<Task> HttpTasks::control(const TaskId& task, const service::ControlRequest& given) {
  HttpRequest request;
  request.method = "POST";
  // A refusal is an answer to the same question.
  const bool refusal = given.kind == broker::SignalKind::kRefuse;
  request.target = path_of(task) + "/" + (refusal ? "approve" : std::string(to_string(given.kind)));
  request.body = control_body(given);
  return call_for_task(request);
}

Result<Json> HttpTasks::state(const TaskId& task) {
  HttpRequest request;
  request.target = path_of(task) + "/state";
  return call(request);
}

Result<service::FinalResponse> HttpTasks::result(const TaskId& task) {
  HttpRequest request;
  request.target = path_of(task) + "/result";
  const Result<Json> json = call(request);
  if (!json) return json.error();
  Result<service::FinalResponse> response = final_response_from(*json);
  if (!response) return misunderstood(request, response.error().text);
  return response;
}

Result<service::EventsPage> HttpTasks::events(const TaskId& task,
                                              const service::EventsQuery& query) {
  std::map<std::string, std::string> values{{"limit", std::to_string(query.limit)}};
  if (query.after) values["after"] = query.after->str();
  if (query.before_seq) values["before"] = std::to_string(*query.before_seq);
  if (!query.filter.included().empty()) values["types"] = joined(query.filter.included());
  if (!query.filter.excluded().empty()) values["exclude"] = joined(query.filter.excluded());
  HttpRequest request;
  request.target = path_of(task) + "/events" + query_of(values);
  const Result<Json> json = call(request);
  if (!json) return json.error();
  Result<service::EventsPage> page = events_from(*json);
  if (!page) return misunderstood(request, page.error().text);
  return page;
}

Result<std::vector<Cursor>> HttpTasks::publish(const TaskId& task,
                                               const std::vector<service::PublishInput>& events) {
  HttpRequest request;
  request.method = "POST";
  request.target = path_of(task) + "/events";
  for (const service::PublishInput& event : events) {
    if (event.maybe_repeated) request.target = path_of(task) + "/events?maybe_repeated=1";
  }
  request.content_type = "application/x-ndjson";
  request.body = publish_body(events);
  const Result<Json> json = call(request);
  if (!json) return json.error();
  Result<std::vector<Cursor>> cursors = cursors_from(*json);
  if (!cursors) return misunderstood(request, cursors.error().text);
  return cursors;
}

Result<service::AgentListing> HttpTasks::agents() {
  HttpRequest request;
  request.target = root("/agents");
  const Result<Json> json = call(request);
  if (!json) return json.error();
  Result<service::AgentListing> agents = agents_from(*json);
  if (!agents) return misunderstood(request, agents.error().text);
  return agents;
}

Result<runner::AgentConfig> HttpTasks::agent(const AgentId& id) {
  HttpRequest request;
  request.target = root("/agents/") + id.str();
  const Result<Json> json = call(request);
  if (!json) return json.error();
  Result<runner::AgentConfig> agent = runner::agent_from_json(*json, runner::Origin::kOperator);
  if (!agent) return misunderstood(request, agent.error().text);
  return agent;
}

Result<void> HttpTasks::put_agent(const runner::AgentConfig& agent) {
  HttpRequest request;
  request.method = "PUT";
  request.target = root("/agents/") + agent.id.str();
  request.body = dump_json(runner::agent_to_json(agent));
  const Result<Json> json = call(request);
  return json ? Result<void>() : json.error();
}

Result<void> HttpTasks::remove_agent(const AgentId& id) {
  HttpRequest request;
  request.method = "DELETE";
  request.target = root("/agents/") + id.str();
  const Result<Json> json = call(request);
  return json ? Result<void>() : json.error();
}

}  // namespace taskfeed::client
