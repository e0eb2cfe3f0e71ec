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

#include "base/clock.h"
#include "event/cursor.h"
#include "event/event_type.h"
#include "hub/frame_forms.h"
#include "hub/hub.h"

namespace taskfeed::hub {

class Topic;

/// What a reader needs until it stands where its topic stands.
struct CatchUp {
  Cursor cursor;  ///< The last event that it had, or before which its history begins.
  bool opened = false;
  bool include_history = true;
  bool mended = false;  ///< It was ahead of the topic, which was then compared with history.
  uint32_t read = 0;    ///< The number of the Read that it waits for.
  std::optional<uint64_t> history_newest;
  std::chrono::milliseconds heartbeat_interval{};
  size_t unsent = 0;        ///< While it drains: the Sink's pending bytes …
  MonoTime unsent_since{};  ///< … which have not changed since.
};

/// Of readers that do not take every frame as it is.
struct Selection {
  TypeFilter filter;
  std::optional<WallTime> since;
  FrameForm form = FrameForm::kPlain;
  bool owes_progress = false;  ///< Events were passed over since the last id it was told.

  bool passes_over(const Frame& frame) const {
    if (!filter.accepts(frame.type())) return true;
    if (!since) return false;
    std::string room;
    // An event without a readable time cannot be said to be older.
    const std::optional<WallTime> time = event_time(sse::data_of(frame, room));
    return time && *time < *since;
  }
};

class Subscription {
 public:
  /// Which list of the topic it stands in.
  enum class State : uint8_t {
    kWaiting,   ///< For the topic to listen, to be mended, or to have a read to spare.
    kReading,   ///< A page of history is under way.
    kReady,     ///< To go on at the next tick.
    kDraining,  ///< Its Sink has enough to send.
    kFiltered,  ///< Live, selected or in a form of its own …
    kUnnamed,   ///< … live …
    kLive,      ///< … and live with every frame as it is.
  };

  Subscription(Topic& its_topic, Sink& its_sink) : topic(its_topic), sink(its_sink) {}

  Topic& topic;
  Sink& sink;
  std::unique_ptr<CatchUp> catch_up;  ///< None in the live states.
  std::unique_ptr<Selection> selection;
  uint32_t place = 0;  ///< In the list.
  State state = State::kWaiting;
};

// With the allocator's word and the topic's list, a live reader costs 64 bytes.
static_assert(sizeof(Subscription) <= 40);

}  // namespace taskfeed::hub
