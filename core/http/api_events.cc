#include <algorithm>

#include "base/text.h"
#include "http/body_reader.h"
#include "http/handlers.h"
#include "http/query_params.h"

namespace taskfeed::http::handlers {
namespace {

constexpr size_t kPageDefault = 100;
constexpr size_t kPublishEventsMax = broker::kAppendEventsMax;

std::string_view to_string(broker::Anchor anchor) {
  switch (anchor) {
    case broker::Anchor::kStart:
      return "start";
    case broker::Anchor::kMatches:
      return "matches";
    case broker::Anchor::kTrimmed:
      return "trimmed";
    case broker::Anchor::kMismatch:
      return "mismatch";
    case broker::Anchor::kAhead:
      return "ahead";
  }
  TF_ASSERT_TEXT(false, "an Anchor outside its enumeration");
  return {};
}

/// `before` takes a cursor, or its seq alone.
Result<std::optional<uint64_t>> read_before(const Call& call) {
  const std::string_view text = call.parameter("before").value_or("");
  if (text.empty()) return std::optional<uint64_t>();
  if (text.find('-') == std::string_view::npos) {
    const Result<uint64_t> seq = number_parameter(call, "before", 1, UINT64_MAX, 0);
    if (!seq) return seq.error();
    return std::optional<uint64_t>(*seq);
  }
  const Result<std::optional<Cursor>> cursor = cursor_parameter(call, "before");
  if (!cursor) return cursor.error();
  return std::optional<uint64_t>((*cursor)->seq);
}

Result<service::EventsQuery> read_query(const Call& call) {
  const Result<std::optional<Cursor>> after = cursor_parameter(call, "after");
  if (!after) return after.error();
  const Result<std::optional<uint64_t>> before = read_before(call);
  if (!before) return before.error();
  const Result<uint64_t> limit =
      number_parameter(call, "limit", 1, broker::kPageEventsMax, kPageDefault);
  if (!limit) return limit.error();
  Result<TypeFilter> filter = filter_parameters(call);
  if (!filter) return filter.error();
  return service::EventsQuery{
      .after = *after, .before_seq = *before, .limit = *limit, .filter = *std::move(filter)};
}

std::string cursor_or_null(const std::optional<Cursor>& cursor) {
  return cursor ? "\"" + cursor->str() + "\"" : "null";
}

/// The events' JSON is set in as it was published: byte for byte what the stream carries.
std::string page_json(const Task& task, const service::EventsPage& page) {
  std::string events;
  std::string cursors;
  for (const StoredEvent& event : page.events) {
    const std::string_view comma = events.empty() ? "" : ",";
    events.append(comma).append(event.json);
    cursors.append(comma).append("\"" + event.cursor.str() + "\"");
  }
  return "{\"task_id\":\"" + task.id.str() + "\",\"status\":\"" +
         std::string(taskfeed::to_string(page.status)) + "\",\"events\":[" + events +
         "],\"cursors\":[" + cursors + "],\"next\":" + cursor_or_null(page.next) +
         ",\"first\":" + cursor_or_null(page.first) + ",\"last\":\"" + page.last.str() +
         "\",\"anchor\":\"" + std::string(to_string(page.anchor)) + "\"}\n";
}

Result<std::vector<Json>> read_events(const Call& call) {
  std::vector<Json> events;
  if (call.content_type != kNdjsonType) {
    Result<Json> json = parse_body(call.body);
    if (!json) return json.error();
    events.push_back(*std::move(json));
    return events;
  }
  if (!is_utf8(call.body)) return {Errc::kInvalid, "the body is not UTF-8"};
  std::string_view rest = call.body;
  for (int line = 1; !rest.empty(); ++line) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Result<Json> json = parse_json(text);
    if (!json) {
      return {Errc::kInvalid,
              "line " + std::to_string(line) + " is not JSON: " + json.error().text};
    }
    if (events.size() == kPublishEventsMax) {
      return {Errc::kTooLarge, "more than " + std::to_string(kPublishEventsMax) +
                                   " events in one request; send the rest in another"};
    }
    events.push_back(*std::move(json));
  }
  return events;
}

/// RFC 8288: where the page goes on, for the same question.
Field next_link(const Task& task, const Call& call, const Cursor& next) {
  std::string target = task_path(task) + "/events?after=" + next.str();
  for (const std::string_view name : {"before", "limit", "types", "exclude"}) {
    const auto value = call.parameter(name);
    if (value) target.append("&").append(name).append("=").append(percent_encode(*value));
  }
  return {"Link", "<" + target + ">; rel=\"next\""};
}

}  // namespace

Reply list_events(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<service::EventsQuery> query = read_query(call);
  if (!query) return refused(query.error(), call);
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  const Result<service::EventsPage> page = ports.tasks.events(task->id, *query);
  if (!page) return refused(page.error(), call);
  Reply reply;
  if (call.accepts(kNdjsonType)) {
    reply.content_type = kNdjsonType;
    for (const StoredEvent& event : page->events) reply.body += event.json + "\n";
  } else {
    reply.content_type = kJsonType;
    reply.body = page_json(*task, *page);
  }
  if (page->next) reply.fields.push_back(next_link(*task, call, *page->next));
  return reply;
}

Reply publish_events(const ApiPorts& ports, const Call& call, const Captures& captures) {
  Result<std::vector<Json>> events = read_events(call);
  if (!events) return refused(events.error(), call);
  if (events->empty()) return refused(Error{Errc::kInvalid, "the body holds no event"}, call);
  const Result<bool> repeated = flag_parameter(call, "maybe_repeated", false);
  if (!repeated) return refused(repeated.error(), call);
  std::vector<service::PublishInput> inputs;
  for (Json& json : *events) {
    if (!json.is_object()) {
      return refused(Error{Errc::kInvalid, "an event must be a JSON object"}, call);
    }
    // Who names an event's id may be sending it again.
    const bool named = find(json, "event_id") != nullptr;
    inputs.push_back({.type = {}, .json = std::move(json), .maybe_repeated = *repeated || named});
  }
  const Result<Task> task = task_at(ports, captures);
  if (!task) return refused(task.error(), call);
  const Result<std::vector<Cursor>> cursors = ports.tasks.publish(task->id, inputs);
  if (!cursors) return refused(cursors.error(), call);
  Json json = {{"task_id", task->id.str()}, {"cursors", Json::array()}};
  for (const Cursor& cursor : *cursors) json["cursors"].push_back(cursor.str());
  return json_reply(201, json);
}

}  // namespace taskfeed::http::handlers
