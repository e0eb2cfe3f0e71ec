#include "http/handlers.h"
#include "http/query_params.h"

namespace taskfeed::http {
namespace {

constexpr uint64_t kHistoryMax = 1'000'000;
constexpr uint64_t kHeartbeatLeast = 5;
constexpr uint64_t kHeartbeatMost = 60;
constexpr uint64_t kHeartbeatDefault = 15;

/// The header first: it is what EventSource moves on, while its URL stays as it was.
Result<std::optional<Cursor>> read_cursor(const Call& call) {
  if (!call.last_event_id.empty()) {
    const Result<Cursor> cursor = Cursor::parse(call.last_event_id);
    if (!cursor) return Error{Errc::kInvalid, "Last-Event-ID is no cursor: " + cursor.error().text};
    return std::optional<Cursor>(*cursor);
  }
  for (const std::string_view name : {"last_event_id", "lastEventId", "after"}) {
    Result<std::optional<Cursor>> cursor = cursor_parameter(call, name);
    if (!cursor || cursor->has_value()) return cursor;
  }
  return std::optional<Cursor>();
}

Result<bool> nested_parameter(const Call& call) {
  const std::string_view text = call.parameter("envelope").value_or("flat");
  if (text == "nested" || text == "flat") return text == "nested";
  return {Errc::kInvalid, "the parameter envelope must be flat or nested"};
}

/// An age is another time at each return of a reader, which would miss what came while it was
/// away: for a reader with a cursor it says nothing.
Result<std::optional<WallTime>> since_parameter(const Call& call, WallTime now, bool has_cursor) {
  const Result<std::optional<Moment>> since = moment_parameter(call, "since", now);
  if (!since) return since.error();
  if (!*since || ((*since)->is_age && has_cursor)) return std::optional<WallTime>();
  return std::optional<WallTime>((*since)->time);
}

Result<hub::StreamOptions> read_options(const Call& call, WallTime now) {
  const Result<std::optional<Cursor>> after = read_cursor(call);
  if (!after) return after.error();
  const Result<bool> history = flag_parameter(call, "include_history", true);
  if (!history) return history.error();
  const Result<uint64_t> newest = number_parameter(call, "history", 0, kHistoryMax, 0);
  if (!newest) return newest.error();
  Result<hub::StreamOptions> options = read_stream_form(call, now, after->has_value());
  if (!options) return options.error();
  options->after = *after;
  options->include_history = *history;
  if (call.parameter("history")) {
    // history=0 is "live only".
    options->include_history = *history && *newest > 0;
    if (options->include_history) options->history_newest = *newest;
  }
  return options;
}

}  // namespace

Result<hub::StreamOptions> read_stream_form(const Call& call, WallTime now, bool has_cursor) {
  Result<TypeFilter> filter = filter_parameters(call);
  if (!filter) return filter.error();
  const Result<std::optional<WallTime>> since = since_parameter(call, now, has_cursor);
  if (!since) return since.error();
  const Result<bool> nested = nested_parameter(call);
  if (!nested) return nested.error();
  const Result<bool> names = flag_parameter(call, "event_names", true);
  if (!names) return names.error();
  const Result<uint64_t> heartbeat =
      number_parameter(call, "heartbeat", kHeartbeatLeast, kHeartbeatMost, kHeartbeatDefault);
  if (!heartbeat) return heartbeat.error();
  return hub::StreamOptions{.filter = *std::move(filter),
                            .since = *since,
                            .event_names = *names,
                            .nested = *nested,
                            .heartbeat_interval = std::chrono::seconds(*heartbeat)};
}

Result<StreamRequest> stream_request(const ApiPorts& ports, const Call& call) {
  Result<hub::StreamOptions> options = read_options(call, ports.clock.wall());
  if (!options) return options.error();
  const Result<bool> heartbeat_event = flag_parameter(call, "heartbeat_event", false);
  if (!heartbeat_event) return heartbeat_event.error();
  return StreamRequest{*std::move(options), *heartbeat_event};
}

Reply stream_reply(const Task& task, StreamRequest request) {
  Reply reply;
  const std::optional<Cursor>& after = request.options.after;
  if (is_terminal(task.status) && after && after == task.last_event) {
    // WHATWG HTML, 9.2.3: 204 stops EventSource for good.
    reply.status = 204;
    return reply;
  }
  reply.content_type = std::string(kEventStreamType) + "; charset=utf-8";
  reply.stream = StreamDecision{task.id, std::move(request.options), request.heartbeat_event};
  return reply;
}

namespace handlers {

Reply stream_events(const ApiPorts& ports, const Call& call, const Captures& captures) {
  Result<StreamRequest> request = stream_request(ports, call);
  if (!request) return refused(request.error(), call);
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  return stream_reply(*task, *std::move(request));
}

}  // namespace handlers

}  // namespace taskfeed::http
