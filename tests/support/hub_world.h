/// A Hub over a broker in memory, in steps that the test takes.
///
/// Threads  One.
/// Errors   Asserts that what the test asks of the broker is granted.
/// Owns     All of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "broker/memory_broker.h"
#include "broker/memory_feed.h"
#include "event/event.h"
#include "hub/hub.h"
#include "support/clock.h"
#include "support/fake_sink.h"
#include "support/ids.h"

namespace taskfeed::testing {

class HubWorld {
 public:
  explicit HubWorld(const hub::Limits& limits = {}) : hub(feed_or_tap(), clock, log, limits) {}

  /// Events of distinct tags; the cursor of the last.
  Cursor append(const TaskId& task, size_t count, std::string_view type = types::kProgress,
                size_t bytes = 40) {
    Cursor last;
    for (; count > 0; --count) {
      const Uuid id = uuid_with_tag(++tags_);
      std::string json = "{\"event_id\":\"" + id.str() + "\",\"pad\":\"";
      json.append(bytes, 'x').append("\"}");
      const EncodedEvent event{id, std::string(type), std::move(json)};
      const auto cursors = broker.append(task, std::span(&event, 1), {.create_stream = true});
      last = cursors.value().front();
    }
    return last;
  }
  hub::Subscription* join(const TaskId& task, FakeSink& sink,
                          const hub::StreamOptions& options = {}) {
    sink.close_reason.reset();
    sink.subscription = hub.subscribe(task, options, sink).value();
    return sink.subscription;
  }
  hub::Subscription* resume(const TaskId& task, FakeSink& sink, const Cursor& after) {
    return join(task, sink, {.after = after});
  }
  /// Turns of the loop, until nothing moves.
  void settle() {
    do {
      feed.pump();
    } while (hub.tick() || feed.pump_one());
    feed.pump();
  }
  /// The watch timer's turn.
  void pass(Milliseconds by = Milliseconds(1'000)) {
    clock.advance(by);
    settle();
  }
  /// Publishes are lost from here on, or no longer.
  void lose_publishes(bool lost) {
    feed.passage = [lost](const TaskId&, const Cursor&) {
      return lost ? broker::MemoryFeed::Passage::kDrop : broker::MemoryFeed::Passage::kDeliver;
    };
  }
  size_t reads() const { return tap_.reads; }

 private:
  /// Counts reads on their way.
  class Tap final : public broker::Feed {
   public:
    explicit Tap(broker::Feed& below) : below_(below) {}
    void follow(const TaskId& task, broker::Follower& follower) override {
      below_.follow(task, follower);
    }
    void unfollow(const TaskId& task) override { below_.unfollow(task); }
    void read(const TaskId& task, const broker::ReadRange& range) override {
      ++reads;
      below_.read(task, range);
    }
    size_t reads = 0;

   private:
    broker::Feed& below_;
  };
  broker::Feed& feed_or_tap() { return tap_; }

 public:
  ManualClock clock;
  NullLog log;
  broker::MemoryBroker broker{clock};
  broker::MemoryFeed feed{broker};

 private:
  Tap tap_{feed};
  uint32_t tags_ = 0;

 public:
  hub::Hub hub;
};

}  // namespace taskfeed::testing
