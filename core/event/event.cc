#include "event/event.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace taskfeed {
namespace {

constexpr size_t kUuidTextSize = 36;
constexpr std::array<std::string_view, 6> kReservedKeys{"event_id", "event_type", "timestamp",
                                                        "task_id",  "agent_id",   "execution_id"};

bool within_depth(const Json& json, int levels) {
  if (!json.is_structured()) return true;
  return levels > 0 && std::all_of(json.begin(), json.end(), [levels](const Json& element) {
           return within_depth(element, levels - 1);
         });
}

/// The members that are no reserved keys.
Json payload_of(Json object) {
  Json payload = Json::object();
  std::vector<std::pair<const std::string, Json>>& members = payload.get_ref<Json::object_t&>();
  for (auto& [key, value] : object.get_ref<Json::object_t&>()) {
    if (!is_reserved_key(key)) members.emplace_back(key, std::move(value));
  }
  return payload;
}

std::string dump_payload(const Json& payload) {
  for (const auto& [key, value] : payload.get_ref<const Json::object_t&>()) {
    if (is_reserved_key(key)) return dump_json(payload_of(payload));
  }
  return dump_json(payload);
}

void append_member(std::string& out, std::string_view key, std::string_view json_text) {
  out.append(out.empty() ? "{\"" : ",\"").append(key).append("\":");
  out.append(json_text);
}

std::string json_text(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// One reserved member: absent, or a text that `parse` accepts. null counts as absent.
template <class T>
Result<std::optional<T>> reserved(const Json& object, std::string_view key,
                                  Result<T> (*parse)(std::string_view)) {
  const Json* const found = find(object, key);
  if (found == nullptr || found->is_null()) return std::optional<T>();
  if (!found->is_string()) {
    return {Errc::kInvalid, "the event's " + std::string(key) + " is not a string"};
  }
  Result<T> parsed = parse(found->get_ref<const std::string&>());
  if (parsed) return std::optional<T>(*std::move(parsed));
  return {Errc::kInvalid, "the event's " + std::string(key) + ": " + parsed.error().text};
}

Error missing(std::string_view key) {
  return {Errc::kInvalid, "the event has no " + std::string(key)};
}

struct Reserved {
  std::optional<EventId> id;
  std::optional<EventType> type;
  std::optional<WallTime> time;
  std::optional<TaskId> task;
  std::optional<AgentId> agent;
  std::optional<ExecutionId> execution;
};

template <class T>
bool take(Result<std::optional<T>>&& from, std::optional<T>& to, std::optional<Error>& first) {
  if (!from) {
    if (!first) first = from.error();
    return false;
  }
  to = *std::move(from);
  return true;
}

Result<Reserved> reserved_of(const Json& json) {
  if (!json.is_object()) return {Errc::kInvalid, "an event is a JSON object"};
  Reserved parts;
  std::optional<Error> error;
  take(reserved<EventId>(json, "event_id", &Uuid::parse), parts.id, error);
  take(reserved<EventType>(json, "event_type", &EventType::parse), parts.type, error);
  take(reserved<WallTime>(json, "timestamp", &parse_rfc3339), parts.time, error);
  take(reserved<TaskId>(json, "task_id", &TaskId::parse), parts.task, error);
  take(reserved<AgentId>(json, "agent_id", &AgentId::parse), parts.agent, error);
  take(reserved<ExecutionId>(json, "execution_id", &Uuid::parse), parts.execution, error);
  if (error) return *error;
  return parts;
}

}  // namespace

bool is_reserved_key(std::string_view key) {
  return std::find(kReservedKeys.begin(), kReservedKeys.end(), key) != kReservedKeys.end();
}

Result<std::string> encode_event(const Event& event) {
  if (!event.payload.is_object()) {
    return {Errc::kInvalid, "an event's payload is a JSON object"};
  }
  // What is written must be readable again: parse_json() refuses what is deeper.
  if (!within_depth(event.payload, kJsonDepthMax)) {
    return {Errc::kInvalid, "the payload of " + event.type.str() + " is nested deeper than " +
                                std::to_string(kJsonDepthMax) + " levels"};
  }
  std::string out;
  append_member(out, "event_id", json_text(event.id.str()));
  append_member(out, "event_type", dump_json(event.type.str()));
  append_member(out, "timestamp", json_text(format_rfc3339(event.time)));
  append_member(out, "task_id", json_text(event.task.str()));
  if (event.agent) append_member(out, "agent_id", json_text(event.agent->str()));
  if (event.execution) append_member(out, "execution_id", json_text(event.execution->str()));
  const std::string payload = dump_payload(event.payload);
  if (payload.size() > 2) out += ',';
  out.append(payload, 1);
  if (out.size() > kEventBytesMax) {
    return {Errc::kTooLarge, "the event " + event.type.str() + " has " +
                                 std::to_string(out.size()) + " bytes of JSON, at most " +
                                 std::to_string(kEventBytesMax) + " are allowed"};
  }
  return out;
}

std::optional<WallTime> event_time(std::string_view json) {
  // In the compact JSON of encode_event() the third member. A type with an escaped quote in it
  // takes the longer way, as does what somebody else wrote.
  constexpr std::string_view kFirst = "{\"event_id\":\"";
  constexpr std::string_view kSecond = "\",\"event_type\":\"";
  constexpr std::string_view kThird = "\",\"timestamp\":\"";
  constexpr size_t kTypeAt = kFirst.size() + kUuidTextSize + kSecond.size();
  if (json.size() > kTypeAt && json.starts_with(kFirst) &&
      json.substr(kTypeAt - kSecond.size()).starts_with(kSecond)) {
    const std::string_view rest = json.substr(std::min(json.find('"', kTypeAt), json.size()));
    if (rest.starts_with(kThird)) {
      const std::string_view text = rest.substr(kThird.size());
      if (const auto time = parse_rfc3339(text.substr(0, text.find('"')))) return *time;
    }
  }
  const Result<Json> parsed = parse_json(json);
  if (!parsed) return std::nullopt;
  const Result<WallTime> time = parse_rfc3339(string_at(*parsed, "timestamp"));
  return time ? std::optional(*time) : std::nullopt;
}

Result<Event> decode_event(std::string_view json) {
  Result<Json> parsed = parse_json(json);
  if (!parsed) return parsed.error();
  Result<Reserved> parts = reserved_of(*parsed);
  if (!parts) return parts.error();
  if (!parts->id) return missing("event_id");
  if (!parts->type) return missing("event_type");
  if (!parts->time) return missing("timestamp");
  if (!parts->task) return missing("task_id");
  return Event{*parts->id,
               *parts->type,
               *parts->time,
               *parts->task,
               parts->agent,
               parts->execution,
               payload_of(*std::move(parsed))};
}

Result<Event> event_from_input(const Json& json, std::string_view type, const EventContext& context,
                               IdSource& ids, const Clock& clock) {
  Result<Reserved> parts = reserved_of(json);
  if (!parts) return parts.error();
  if (parts->task && *parts->task != context.task) {
    return {Errc::kInvalid, "the event's task_id is " + parts->task->str() + ", but the task is " +
                                context.task.str()};
  }
  if (!type.empty()) {
    Result<EventType> named = EventType::parse(type);
    if (!named) return named.error();
    if (parts->type && *parts->type != *named) {
      return {Errc::kInvalid, "the event's event_type is " + parts->type->str() +
                                  ", but the type given is " + named->str()};
    }
    parts->type = *std::move(named);
  }
  if (!parts->type) return missing("event_type");
  return Event{parts->id ? *parts->id : ids.uuid7(),
               *parts->type,
               parts->time ? *parts->time : clock.wall(),
               context.task,
               context.agent ? context.agent : parts->agent,
               context.execution ? context.execution : parts->execution,
               payload_of(json)};
}

Result<EncodedEvent> encode(const Event& event) {
  Result<std::string> json = encode_event(event);
  if (!json) return json.error();
  return EncodedEvent{event.id, event.type.str(), *std::move(json)};
}

}  // namespace taskfeed
