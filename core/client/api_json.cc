#include "client/api_json.h"

#include <array>
#include <utility>

#include "task/money.h"

namespace taskfeed::client {
namespace {

Error missing(std::string_view key) {
  return {Errc::kInternal, "the daemon's answer has no \"" + std::string(key) + "\" as expected"};
}

const Json* array_at(const Json& json, std::string_view key) {
  const Json* found = find(json, key);
  return found != nullptr && found->is_array() ? found : nullptr;
}

Result<std::optional<Cursor>> cursor_at(const Json& json, std::string_view key) {
  const Json* found = find(json, key);
  if (found == nullptr || found->is_null()) return std::optional<Cursor>();
  const std::optional<Cursor> cursor =
      found->is_string() ? Cursor::read(found->get_ref<const std::string&>()) : std::nullopt;
  if (!cursor) return missing(key);
  return cursor;
}

std::optional<broker::Anchor> anchor_named(std::string_view name) {
  constexpr std::array kNames{std::pair{std::string_view("start"), broker::Anchor::kStart},
                              std::pair{std::string_view("matches"), broker::Anchor::kMatches},
                              std::pair{std::string_view("trimmed"), broker::Anchor::kTrimmed},
                              std::pair{std::string_view("mismatch"), broker::Anchor::kMismatch},
                              std::pair{std::string_view("ahead"), broker::Anchor::kAhead}};
  for (const auto& [word, anchor] : kNames) {
    if (word == name) return anchor;
  }
  return std::nullopt;
}

}  // namespace

std::string create_body(const TaskSpec& spec) {
  Json body = Json::object();
  body["description"] = spec.description;
  if (!spec.user_id.empty()) body["user_id"] = spec.user_id;
  body["task_parameters"] = spec.parameters;
  if (!spec.labels.empty()) body["labels"] = spec.labels;
  return dump_json(body);
}

std::string execute_body(const service::ExecuteRequest& request) {
  Json body = Json::object();
  if (!request.query.empty()) body["query"] = request.query;
  if (request.streaming) body["enable_streaming"] = *request.streaming;
  if (!request.budget.is_null()) body["budget"] = request.budget;
  return dump_json(body);
}

std::string control_body(const service::ControlRequest& request) {
  Json body = Json::object();
  if (!request.by.empty()) body["by"] = request.by;
  if (!request.reason.empty()) body["reason"] = request.reason;
  if (!request.call.empty()) body["tool_call_id"] = request.call;
  if (request.kind == broker::SignalKind::kApprove) body["approved"] = true;
  if (request.kind == broker::SignalKind::kRefuse) body["approved"] = false;
  if (request.kind == broker::SignalKind::kInput) body["text"] = request.text;
  return dump_json(body);
}

std::string publish_body(const std::vector<service::PublishInput>& events) {
  std::string body;
  for (const service::PublishInput& event : events) {
    Json line = event.json;
    if (!event.type.empty() && line.is_object()) line["event_type"] = event.type;
    body += dump_json(line) + "\n";
  }
  return body;
}

Result<service::Tasks::Listing> listing_from(const Json& json) {
  const Json* tasks = array_at(json, "tasks");
  if (tasks == nullptr) return missing("tasks");
  service::Tasks::Listing listing{.tasks = {}, .cursor = string_at(json, "cursor")};
  for (const Json& one : *tasks) {
    Result<Task> task = task_from_json(one);
    if (!task) return task.error();
    listing.tasks.push_back(*std::move(task));
  }
  return listing;
}

Result<service::EventsPage> events_from(const Json& json) {
  const Json* events = array_at(json, "events");
  const Json* cursors = array_at(json, "cursors");
  if (events == nullptr) return missing("events");
  if (cursors == nullptr || cursors->size() != events->size()) return missing("cursors");
  service::EventsPage page;
  for (size_t at = 0; at < events->size(); ++at) {
    const Json& cursor = (*cursors)[at];
    const std::optional<Cursor> place =
        cursor.is_string() ? Cursor::read(cursor.get_ref<const std::string&>()) : std::nullopt;
    if (!place) return missing("cursors");
    page.events.push_back(
        {*place, string_at((*events)[at], "event_type"), dump_json((*events)[at])});
  }
  const auto next = cursor_at(json, "next");
  if (!next) return next.error();
  const auto first = cursor_at(json, "first");
  if (!first) return first.error();
  const auto last = cursor_at(json, "last");
  if (!last) return last.error();
  const auto anchor = anchor_named(string_at(json, "anchor", "start"));
  if (!anchor) return missing("anchor");
  const auto status = parse_status(string_at(json, "status"));
  if (!status) return missing("status");
  page.next = *next;
  page.first = *first;
  page.last = last->value_or(Cursor{});
  page.anchor = *anchor;
  page.status = *status;
  return page;
}

Result<service::FinalResponse> final_response_from(const Json& json) {
  const auto status = parse_status(string_at(json, "status"));
  if (!status) return missing("status");
  service::FinalResponse response{.status = *status,
                                  .response = string_at(json, "response"),
                                  .error = {},
                                  .total_cost = dollars_from_json(find(json, "total_cost"))};
  if (const Json* error = find(json, "error"); error != nullptr && error->is_object()) {
    response.error = TaskFailure{string_at(*error, "kind"), string_at(*error, "message")};
  }
  return response;
}

Result<std::vector<Cursor>> cursors_from(const Json& json) {
  const Json* list = array_at(json, "cursors");
  if (list == nullptr) return missing("cursors");
  std::vector<Cursor> cursors;
  for (const Json& one : *list) {
    const std::optional<Cursor> cursor =
        one.is_string() ? Cursor::read(one.get_ref<const std::string&>()) : std::nullopt;
    if (!cursor) return missing("cursors");
    cursors.push_back(*cursor);
  }
  return cursors;
}

Result<service::AgentListing> agents_from(const Json& json) {
  const Json* list = json.is_array() ? &json : array_at(json, "agents");
  if (list == nullptr) return missing("agents");
  service::AgentListing listing;
  for (const Json& one : *list) {
    const Result<AgentId> id = AgentId::parse(string_at(one, "id"));
    if (!id) return missing("id");
    // What a daemon shows was declared by its operator; one that is newer than we are may show
    // more.
    Result<runner::AgentConfig> agent = runner::agent_from_json(one, runner::Origin::kOperator);
    if (agent) {
      listing.agents.push_back(*std::move(agent));
    } else {
      listing.unreadable.push_back(
          {*id, "this version cannot read the agent " + id->str() + ": " + agent.error().text});
    }
  }
  const Json* const unreadable = array_at(json, "unreadable");
  if (unreadable == nullptr) return listing;
  for (const Json& one : *unreadable) {
    const Result<AgentId> id = AgentId::parse(string_at(one, "id"));
    if (!id) return missing("id");
    listing.unreadable.push_back({*id, string_at(one, "detail")});
  }
  return listing;
}

}  // namespace taskfeed::client
