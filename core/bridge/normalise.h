/// What a fire-and-forget publisher said on a channel, as an event of taskfeed; pure.
///
/// Shapes that are read, all seen in the wild: bare JSON; FastStream's wrappers (unwrap.h);
/// `timestamp` in many forms; the task's id in task_id, data.task_id, data.aggregate_id,
/// data.original_data.task_id or the channel's name; foreign names of types (names.h); the payload
/// flat, under `data`, or under `data.original_data`. The innermost payload wins over what stands
/// around it.
///
/// Nothing that a publisher named is lost: an event_id, agent_id, execution_id or timestamp of a
/// form that taskfeed does not know is kept in the payload as source_event_id and so on.
///
/// Threads  Pure functions, but for the ids that are drawn from `ids`.
/// Errors   Total: whatever the bytes are, the answer is an event that encodes, or a Refusal.
/// Owns     Nothing.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "event/event.h"

namespace taskfeed::bridge {

struct NormaliseLimits {
  size_t heard_bytes_max = 2 * kEventBytesMax;  ///< Wrapped and escaped JSON; beyond it, refused.
  int wrappers_max = 3;                         ///< JSON in a string, within JSON in a string …
  int depth_max = kJsonDepthMax;                ///< Of each JSON document; not above this.
};

struct Heard {
  std::string_view pattern;  ///< That the channel matched.
  std::string_view channel;
  std::string_view bytes;
};

enum class Unreadable {
  kTooLarge,  ///< What was heard, or the event that it makes.
  kNotJson,   ///< Nor a known wrapper around JSON; or nested too deep.
  kNotObject,
  kNoType,
  kBadType,  ///< Control characters, spaces, a reserved name.
  kNoTask,
  kBadTask,
};
inline constexpr size_t kUnreadableCount = 7;
std::string_view to_string(Unreadable reason);

struct Refusal {
  Unreadable reason = Unreadable::kNotJson;
  std::string detail;  ///< Of this one, for people.
  std::string shape;   ///< The same for all that look alike: what is logged once.
};

/// By what copies of one publication are recognised.
struct Identity {
  /// The event has an id of the publisher's. Otherwise `key` is a hash of what was heard, which
  /// others that look the same share.
  bool named = false;
  std::array<uint8_t, 16> key{};
};

struct Reading {
  TaskId task;
  std::optional<AgentId> agent;
  EncodedEvent event;
  Identity identity;
};

using Normalised = std::variant<Reading, Refusal>;

/// `now` stands in for a timestamp that is absent.
Normalised normalise(const Heard& heard, const NormaliseLimits& limits, IdSource& ids,
                     WallTime now);

}  // namespace taskfeed::bridge
