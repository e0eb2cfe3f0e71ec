#include "http/api.h"

#include <algorithm>
#include <array>

#include "http/handlers.h"

namespace taskfeed::http {
namespace {

constexpr std::array kRoutes{
    Route{"GET", "/health", true, handlers::health, "What was checked: Redis, queue, workers"},
    Route{"GET", "/livez", true, handlers::livez, "The process answers"},
    Route{"GET", "/readyz", true, handlers::readyz, "Ready for requests; 503 without Redis"},
    Route{"GET", "/version", true, handlers::version, "Name and version"},
    Route{"GET", "/metrics", true, handlers::metrics, "Numbers for Prometheus"},
    Route{"GET", "/openapi.json", true, handlers::openapi, "What there is, as OpenAPI 3.1"},
    Route{"GET", "/agents", false, handlers::list_agents, "List agents"},
    Route{"POST", "/agents", false, handlers::create_agent, "Declare an agent without programs"},
    Route{"GET", "/agents/{agent}", false, handlers::show_agent, "One agent"},
    Route{"PUT", "/agents/{agent}", false, handlers::put_agent, "Declare or replace it"},
    Route{"DELETE", "/agents/{agent}", false, handlers::delete_agent, "Delete an agent"},
    Route{"GET", "/agents/{agent}/tasks", false, handlers::list_tasks, "Tasks, newest first"},
    Route{"POST", "/agents/{agent}/tasks", false, handlers::create_task, "Create a task"},
    Route{"GET", "/tasks", false, handlers::list_tasks, "Tasks of all agents, newest first"},
    Route{"GET", "/events/stream", false, handlers::stream_many,
          "Server-Sent Events of many tasks"},
    Route{"GET", "{task}", false, handlers::show_task, "One task"},
    Route{"DELETE", "{task}", false, handlers::cancel_task, "Cancel"},
    Route{"POST", "{task}/execute", false, handlers::execute_task, "Run it"},
    Route{"POST", "{task}/cancel", false, handlers::cancel_task, "Cancel"},
    Route{"POST", "{task}/pause", false, handlers::pause_task, "Pause"},
    Route{"POST", "{task}/resume", false, handlers::resume_task, "Resume"},
    Route{"POST", "{task}/approve", false, handlers::approve_task, "Approve or refuse a call"},
    Route{"POST", "{task}/input", false, handlers::input_task, "Answer a question with a text"},
    Route{"GET", "{task}/state", false, handlers::task_state, "get_current_state"},
    Route{"GET", "{task}/result", false, handlers::task_result, "get_final_response"},
    Route{"GET", "{task}/events", false, handlers::list_events, "get_events: a page of history"},
    Route{"POST", "{task}/events", false, handlers::publish_events, "Publish one event, or NDJSON"},
    Route{"GET", "{task}/events/stream", false, handlers::stream_events, "Server-Sent Events"},
};

/// The next segment of a path that starts with '/'; the path loses it.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

/// Takes the pattern's segments off the path; whether they were there.
bool take_pattern(std::string_view pattern, std::string_view& path, Captures& captures) {
  while (!pattern.empty()) {
    if (path.empty()) return false;
    const std::string_view wanted = take_segment(pattern);
    const std::string_view found = take_segment(path);
    if (found.empty()) return false;
    if (wanted == "{agent}") {
      captures.agent = found;
    } else if (wanted == "{task}") {
      captures.task = found;
    } else if (wanted != found) {
      return false;
    }
  }
  return true;
}

std::optional<Captures> match(std::string_view pattern, std::string_view path) {
  const auto match_at = [path](std::string_view root,
                               std::string_view below) -> std::optional<Captures> {
    std::string_view rest = path;
    Captures captures;
    const bool taken =
        take_pattern(root, rest, captures) && take_pattern(below, rest, captures) && rest.empty();
    return taken ? std::optional(captures) : std::nullopt;
  };
  if (!pattern.starts_with(kOfTask)) return match_at({}, pattern);
  const std::string_view below = pattern.substr(kOfTask.size());
  for (const std::string_view root : kTaskRoots) {
    if (const std::optional<Captures> captures = match_at(root, below)) return captures;
  }
  return std::nullopt;
}

/// A path's route table half and the rest after its prefix.
struct Place {
  std::string_view rest;
  bool probe = true;
};

Place place_of(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const std::string_view prefix : {"/api/v1/", "/v1/"}) {
    if (path.starts_with(prefix)) return {path.substr(prefix.size() - 1), false};
  }
  return {path, true};
}

struct Found {
  const Route* route = nullptr;
  Captures captures;
  std::string allow;  ///< Of the path, whatever the method; empty: no such path.
};

Found find_route(const Call& call) {
  Found found;
  if (call.path.empty() || call.path.front() != '/') return found;
  const Place place = place_of(call.path);
  const std::string_view method = call.method == "HEAD" ? "GET" : std::string_view(call.method);
  for (const Route& route : kRoutes) {
    if (route.probe != place.probe) continue;
    const std::optional<Captures> captures = match(route.pattern, place.rest);
    if (!captures) continue;
    found.allow += found.allow.empty() ? "" : ", ";
    found.allow += route.method;
    if (route.method == "GET") found.allow += ", HEAD";
    if (route.method != method) continue;
    found.route = &route;
    found.captures = *captures;
  }
  if (!found.allow.empty()) found.allow += ", OPTIONS";
  return found;
}

Reply options(std::string allow) {
  Reply reply;
  reply.status = 204;
  reply.fields.push_back({"Allow", std::move(allow)});
  return reply;
}

/// Who watches a daemon, or asks what it can do, needs no token.
bool is_open(const Route& route) {
  return route.probe && route.pattern != "/metrics";
}

Reply handled(const Found& found, const ApiPorts& ports, const Call& call) {
  Reply reply = found.route->handler(ports, call, found.captures);
  reply.route = found.route;
  return reply;
}

bool takes_ndjson(const Route& route) {
  return route.handler == handlers::publish_events;
}

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

std::optional<Scope> Api::scope_of(const Call& call) const {
  const Route* const route = find_route(call).route;
  if (route == nullptr || is_open(*route)) return std::nullopt;
  if (route->method == "GET") return Scope::kRead;
  const bool of_agents = route->pattern == "/agents" || route->pattern == "/agents/{agent}";
  return of_agents ? Scope::kAdmin : Scope::kWrite;
}

std::optional<Reply> Api::before_body(const Call& call) const {
  if (call.method == "OPTIONS" && call.path == "*") {
    return options("GET, HEAD, POST, PUT, DELETE, OPTIONS");
  }
  const Found found = find_route(call);
  if (found.allow.empty()) {
    return refused(404, "there is no such path; the API stands under /api/v1", call);
  }
  if (call.method == "OPTIONS") return options(found.allow);
  if (found.route == nullptr) {
    Reply reply =
        refused(405, call.method + " is not possible here; possible are " + found.allow, call);
    reply.fields.push_back({"Allow", found.allow});
    return reply;
  }
  // RFC 9110, 9.3.1: content of a GET means nothing. It is read, and dropped.
  if (found.route->method == "GET") return std::nullopt;
  const bool known = call.content_type == kJsonType ||
                     (call.content_type == kNdjsonType && takes_ndjson(*found.route));
  if (call.body_bytes > 0 && !known) {
    return refused(415, "the body must be application/json, as Content-Type says", call);
  }
  return std::nullopt;
}

Reply Api::handle(const Call& call) const {
  if (std::optional<Reply> reply = before_body(call)) return *std::move(reply);
  return handled(find_route(call), ports_, call);
}

bool is_probe(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (target.size() > 1 && target.ends_with('/')) target.remove_suffix(1);
  return std::any_of(kRoutes.begin(), kRoutes.end(), [target](const Route& route) {
    return route.probe && route.pattern == target;
  });
}

}  // namespace taskfeed::http
