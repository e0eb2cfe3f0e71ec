/// A fact about a task, and its JSON: flat, with reserved keys first.
///
///   {"event_id":…,"event_type":…,"timestamp":…,"task_id":…,"agent_id":…,"execution_id":…, payload}
///
/// Encoded once, where it is made; from there on it travels as text, and what a reader gets is
/// that text, byte for byte.
///
/// Threads  Values; pure functions.
/// Errors   decode_event() and event_from_input() name the key that is wrong.
/// Owns     Its payload.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "event/cursor.h"
#include "event/event_type.h"
#include "event/json.h"

namespace taskfeed {

/// One event's JSON, in bytes. Larger payloads belong elsewhere, with a link in the event.
inline constexpr size_t kEventBytesMax = 256 * 1024;

struct Event {
  EventId id;
  EventType type;
  WallTime time;
  TaskId task;
  std::optional<AgentId> agent;
  std::optional<ExecutionId> execution;
  Json payload = Json::object();  ///< Never holds a reserved key.

  bool operator==(const Event&) const = default;
};

/// Keys that a payload cannot override: event_id, event_type, timestamp, task_id, agent_id,
/// execution_id.
bool is_reserved_key(std::string_view key);

/// The flat JSON on one line. Reserved keys in the payload are left out. Over kEventBytesMax:
/// kTooLarge.
Result<std::string> encode_event(const Event& event);
/// The reverse; event_id, event_type, timestamp and task_id must be there.
Result<Event> decode_event(std::string_view json);

/// The `timestamp` of an event's JSON; empty where it has none that can be read. What
/// encode_event() wrote is not parsed for it.
std::optional<WallTime> event_time(std::string_view json);

/// What a person or a foreign client hands in: `json` is an object with payload keys, and may name
/// event_id and timestamp; event_type may stand in it or in `type`. A task_id in it that is not
/// `task` is refused. Missing parts are made from `ids` and `clock`.
struct EventContext {
  TaskId task;
  std::optional<AgentId> agent;
  std::optional<ExecutionId> execution;
};
Result<Event> event_from_input(const Json& json, std::string_view type, const EventContext& context,
                               IdSource& ids, const Clock& clock);

/// An event as a broker takes it: encoded, with what the append needs to know beside it.
struct EncodedEvent {
  EventId id;
  std::string type;
  std::string json;

  uint32_t tag() const { return id.low32(); }
};
Result<EncodedEvent> encode(const Event& event);

/// An event as a broker gives it back.
struct StoredEvent {
  Cursor cursor;
  std::string type;
  std::string json;

  bool operator==(const StoredEvent&) const = default;
};

}  // namespace taskfeed
