#include "engine/folded.h"

namespace taskfeed::engine {

Result<workflow::State> folded_state(broker::EventLog& events, const broker::StoredTask& stored) {
  workflow::State state = workflow::initial_state();
  if (!stored.state_json.empty()) {
    const Result<Json> json = parse_json(stored.state_json);
    if (!json) return json.error();
    Result<workflow::State> read = workflow::state_from_json(*json);
    if (!read) return read.error();
    state = *std::move(read);
    state.folded = stored.folded;
  }
  for (bool more = true; more;) {
    const Result<broker::Page> page = events.read(
        stored.task.id,
        {.after = state.folded, .before_seq = {}, .newest = {}, .limit = broker::kPageEventsMax});
    if (!page) return page.error();
    for (const StoredEvent& event : page->events) {
      // What cannot be read says nothing to the workflow, but it has its place.
      if (const Result<Event> decoded = decode_event(event.json); decoded) {
        state = workflow::evolve(std::move(state), *decoded, event.cursor);
      }
      state.folded = event.cursor;
    }
    more = page->more && !page->events.empty();
  }
  return state;
}

}  // namespace taskfeed::engine
