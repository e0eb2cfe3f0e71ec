#include "redis/moves.h"

#include "broker/event_log.h"
#include "broker/registry.h"
#include "task/status.h"

namespace taskfeed::redis {

std::string moves_of(std::string_view event_type) {
  std::string moves;
  if (is_terminal(event_type)) moves = "!";
  const auto input = input_of(event_type);
  if (!input) return moves;
  bool first = true;
  for (const TaskStatus from : kTaskStatuses) {
    const auto to = transition(from, *input);
    if (!to) continue;
    if (!first) moves += ',';
    first = false;
    moves.append(to_string(from)).append("=").append(to_string(*to));
  }
  return moves;
}

Result<void> check_events(std::span<const EncodedEvent> events) {
  if (events.size() > broker::kAppendEventsMax) {
    return Error{Errc::kTooLarge, std::to_string(events.size()) +
                                      " events at once are over the limit of " +
                                      std::to_string(broker::kAppendEventsMax) + "."};
  }
  for (const EncodedEvent& event : events) {
    if (event.json.size() > kEventBytesMax) {
      return Error{Errc::kTooLarge,
                   "Event " + event.id.str() + " has " + std::to_string(event.json.size()) +
                       " bytes; the limit is " + std::to_string(kEventBytesMax) + "."};
    }
  }
  return {};
}

void add_guarded_events(Batch& batch, std::span<const EncodedEvent> events) {
  for (const EncodedEvent& event : events) {
    batch.add(event.tag()).add(event.type).add(event.json).add(event.id.str());
    batch.add(moves_of(event.type));
  }
}

void add_registration(Batch& batch, const Keys& keys, const EncodedEvent& registration,
                      const RegistrationOptions& options) {
  const TaskId id = broker::registry_id();
  const uint64_t kNoRetention = 0;  // Of what ends; this never does.
  batch.script(scripts::k_append_guarded,
               {keys.task(id), keys.events(id), keys.live(id), keys.inbox(id)}, 10);
  batch.flag(options.maybe_repeated).flag(true);
  batch.add(broker::kRepeatWindow).add(options.kept_max).add(kNoRetention);
  add_guarded_events(batch, {&registration, 1});
}

}  // namespace taskfeed::redis
