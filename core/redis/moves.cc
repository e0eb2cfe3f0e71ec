#include "redis/moves.h"

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

void add_guarded_events(Batch& batch, std::span<const EncodedEvent> events) {
  for (const EncodedEvent& event : events) {
    batch.add(event.tag()).add(event.type).add(event.json).add(event.id.str());
    batch.add(moves_of(event.type));
  }
}

}  // namespace taskfeed::redis
