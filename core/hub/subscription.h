/// One reader of one topic. Small, since there are tens of thousands: what only some readers need
/// stands apart, and is dropped when it is no longer needed.
///
/// Threads  The shard's loop thread.
/// Errors   None.
/// Owns     Its options. Borrows its topic and its Sink.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "event/cursor.h"
#include "event/event_type.h"
#include "hub/hub.h"

namespace taskfeed::hub {

class Topic;

/// Until stream.open is written.
struct Opening {
  bool resumes = false;                   ///< A cursor was given.
  bool include_history = true;
  std::optional<uint64_t> history_newest;
  std::chrono::milliseconds heartbeat_interval{};
};

/// Of readers that do not take every frame as it is.
struct Selection {
  TypeFilter filter;
  bool event_names = true;
  bool owes_progress = false;  ///< Events were passed over since the last id it was told.
};

class Subscription {
 public:
  enum class State : uint8_t {
    kWaiting,  ///< For the topic to listen.
    kReady,    ///< To go on, at the next tick.
    kReading,  ///< A page of history is under way.
    kLive,
  };

  Subscription(Topic& its_topic, Sink& its_sink) : topic(its_topic), sink(its_sink) {}

  Topic& topic;
  Sink& sink;
  Cursor cursor;  ///< The last event that this reader had; of a live one, the topic knows.
  std::unique_ptr<Opening> opening;
  std::unique_ptr<Selection> selection;
  uint32_t place = 0;  ///< In the topic's list of live or of replaying readers.
  State state = State::kWaiting;
};

}  // namespace taskfeed::hub
