/// What the tests over a real Redis share: a task, events, a wait for a fact.
///
/// Threads  The test's.
/// Errors   An impossible id aborts.
/// Owns     Nothing but its counters.
#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "event/event.h"
#include "support/ids.h"
#include "task/task.h"

namespace taskfeed::testing {

inline Task a_task(std::string_view id, std::string_view agent_id = "a1") {
  return Task{.id = task(id),
              .spec = {.agent = agent(agent_id),
                       .description = "say hello",
                       .user_id = "u1",
                       .parameters = Json::object(),
                       .labels = {}},
              .created_at = WallTime(Milliseconds(1'795'341'600'000)),
              .execution = {},
              .query = {},
              .streaming = {},
              .started_at = {},
              .completed_at = {},
              .result = {},
              .error = {},
              .last_event = {}};
}

/// An event whose JSON holds its id, as every encoded one does.
inline EncodedEvent an_event(IdSource& ids, std::string_view type, size_t padding = 0) {
  const EventId id = ids.uuid7();
  return {id, std::string(type),
          "{\"event_id\":\"" + id.str() + "\",\"pad\":\"" + std::string(padding, 'x') + "\"}"};
}

/// Looks again and again until `fact()` holds; false after ten seconds.
template <class Fact>
bool eventually(Fact fact) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!fact()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace taskfeed::testing
