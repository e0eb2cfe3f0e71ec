// GET /events/stream: one stream over many tasks, as far as the decision.
#include "broker/registry.h"
#include "event/many_cursor.h"
#include "http/handlers.h"
#include "http/query_params.h"

namespace taskfeed::http::handlers {
namespace {

constexpr size_t kNamesMax = 100;

/// `name=a,b` and `name=a&name=b` alike.
template <class Id>
Result<std::vector<Id>> ids_parameter(const Call& call, std::string_view name) {
  std::vector<Id> ids;
  for (const Field& each : call.query) {
    if (each.name != name) continue;
    std::string_view rest = each.value;
    while (!rest.empty()) {
      const size_t comma = std::min(rest.find(','), rest.size());
      Result<Id> id = Id::parse(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      const std::string which = "the parameter " + std::string(name);
      if (!id) return {Errc::kInvalid, which + " is wrong: " + id.error().text};
      if (ids.size() == kNamesMax) {
        return {Errc::kInvalid, which + " takes at most " + std::to_string(kNamesMax) + " names"};
      }
      ids.push_back(*std::move(id));
    }
  }
  return ids;
}

Result<TaskSelection> read_selection(const ApiPorts& ports, const Call& call) {
  Result<std::vector<AgentId>> agents = ids_parameter<AgentId>(call, "agent");
  if (!agents) return agents.error();
  Result<std::vector<TaskId>> tasks = ids_parameter<TaskId>(call, "task");
  if (!tasks) return tasks.error();
  if (!agents->empty() && !tasks->empty()) {
    return {Errc::kInvalid, "the parameters agent and task exclude each other; give one of them"};
  }
  for (const AgentId& agent : *agents) {
    if (const auto known = ports.tasks.agent(agent); !known) return known.error();
  }
  return TaskSelection{.agents = *std::move(agents), .tasks = *std::move(tasks)};
}

Result<std::optional<ManyCursor>> read_place(const Call& call, const TaskSelection& selection) {
  std::string name = "Last-Event-ID";
  std::string_view text = call.last_event_id;
  for (const std::string_view each : {"last_event_id", "lastEventId", "after"}) {
    if (!text.empty()) break;
    name = "the parameter " + std::string(each);
    text = call.parameter(each).value_or("");
  }
  if (text.empty()) return std::optional<ManyCursor>();
  const Result<ManyCursor> place = ManyCursor::parse(text);
  if (!place) return {Errc::kInvalid, name + " is wrong: " + place.error().text};
  if (place->mark != selection.mark()) {
    return {Errc::kInvalid, name +
                                " is a cursor of a stream over other tasks; ask for the same "
                                "agents or tasks, or without a cursor"};
  }
  return std::optional<ManyCursor>(*place);
}

/// Where it begins: where the reader was, at the beginning, or now.
Result<void> set_place(const ApiPorts& ports, const Call& call, hub::ManyOptions& options,
                       const std::optional<ManyCursor>& place) {
  if (place && !place->lost) {
    options.from = *place;
    options.replay = sse::Replay::kComplete;
    auto forgotten = ports.places.forget(options.from);
    if (!forgotten) return forgotten.error();
    options.forgotten = *std::move(forgotten);
    return {};
  }
  // Who names tasks means all of them; who follows what happens means from now on.
  const bool by_default = !options.selection.open_ended() || options.since;
  const Result<bool> history = flag_parameter(call, "include_history", by_default);
  if (!history) return history.error();
  const bool whole = *history && !place;
  Result<ManyCursor> from =
      whole ? ports.places.beginning(options.selection) : ports.places.now(options.selection);
  if (!from) return from.error();
  options.from = *std::move(from);
  options.replay = whole ? sse::Replay::kComplete : sse::Replay::kLive;
  options.lost = place.has_value();
  return {};
}

}  // namespace

Reply stream_many(const ApiPorts& ports, const Call& call, const Captures&) {
  const Result<TaskSelection> selection = read_selection(ports, call);
  if (!selection) return refused(selection.error(), call);
  const Result<std::optional<ManyCursor>> place = read_place(call, *selection);
  if (!place) return refused(place.error(), call);
  if (call.parameter("history")) {
    return refused(Error{Errc::kInvalid,
                         "history counts the events of one task; over many tasks give since, or "
                         "include_history"},
                   call);
  }
  const Result<hub::StreamOptions> form =
      read_stream_form(call, ports.clock.wall(), place->has_value());
  if (!form) return refused(form.error(), call);
  const Result<bool> heartbeat_event = flag_parameter(call, "heartbeat_event", false);
  if (!heartbeat_event) return refused(heartbeat_event.error(), call);
  hub::ManyOptions options;
  options.selection = *selection;
  options.filter = form->filter;
  options.since = form->since;
  options.event_names = form->event_names;
  options.nested = form->nested;
  options.heartbeat_interval = form->heartbeat_interval;
  if (const Result<void> set = set_place(ports, call, options, *place); !set) {
    return refused(set.error(), call);
  }
  Reply reply;
  const bool all_read = !selection->open_ended() && options.from.open.empty() && *place;
  if (all_read && options.forgotten.empty() && !options.lost) {
    // As of one task that has ended.
    reply.status = 204;
    return reply;
  }
  reply.content_type = std::string(kEventStreamType) + "; charset=utf-8";
  reply.stream = StreamDecision{broker::registry_id(), *form, *heartbeat_event};
  reply.stream->many = std::make_shared<const hub::ManyOptions>(std::move(options));
  return reply;
}

}  // namespace taskfeed::http::handlers
