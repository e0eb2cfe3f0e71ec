/// Fan-out: one encoded frame to every connection that follows its topic.
///
/// A Hub owns subscriptions, not sockets. It moves references to frames into Sinks; it never
/// opens a frame, never waits for a Sink, and starts no Redis traffic for a topic that nobody
/// follows.
///
/// Threads  Loop thread only, like all that a shard owns (core/README.md, "Shards"). No lock.
/// Errors   subscribe() reports them. Delivery cannot fail: a Sink over budget is closed.
/// Owns     Subscription state and the rings of recent frames. Borrows Feed, Clock, Log, every
/// Sink.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "broker/feed.h"
#include "event/event_type.h"
#include "event/frame.h"
#include "event/many_cursor.h"
#include "event/sse_encoder.h"

namespace taskfeed::hub {

/// Ceilings. Each is a hard bound that an operator can set; none means "unlimited".
struct Limits {
  size_t topics_max = 100'000;
  size_t subscriptions_max = 100'000;
  size_t sink_pending_bytes_max = 256 * 1024;  ///< Unsent bytes before a Sink counts as slow.
  size_t ring_frames_max = 256;                ///< Recent frames kept for a topic with readers …
  size_t ring_bytes_max = 128 * 1024;          ///< … and their bytes.
  size_t ring_bytes_total_max = 64 * 1024 * 1024;
  size_t reads_max = 16;  ///< Unanswered for a topic, each shared by readers at one cursor.
  /// Frames that a turn hands to readers that catch up, so that live ones need not wait for them.
  size_t catch_up_frames_max = 16'384;
  size_t held_frames_max = 1'024;  ///< Of a topic, while one read mends it; beyond, another does.
  /// Quiet topics are compared with history, and filtered readers told how far they are …
  std::chrono::milliseconds watch_interval{1'000};
  size_t watched_max = 256;  ///< … at most so many topics at a time.
  /// A Sink that catches up and takes nothing for so long counts as slow.
  std::chrono::milliseconds stall_interval{30'000};
  /// A topic without readers keeps its ring for so long: readers that all come back at once after a
  /// cut are then served without Redis.
  std::chrono::milliseconds linger_interval{5'000};
  size_t many_streams_max = 64;   ///< Readers of many tasks …
  size_t many_tasks_max = 1'000;  ///< … and what each follows at a time; further ones wait.
};

enum class CloseReason {
  kEnded,     ///< The terminal event and stream.end were delivered.
  kSlow,      ///< sink_pending_bytes_max were unsent when more came; resumes by its cursor.
  kShutdown,  ///< The daemon stops.
};

/// The receiving end of a subscription: http::SseConnection in production, FakeSink in tests.
class Sink {
 public:
  /// Keeps a reference to `frame`, and answers pending_bytes() as they are now: asking a thousand
  /// Sinks a second time would cost as much as the delivery. Event frames arrive in cursor order,
  /// without gap or repeat, control frames between them. A turn of the loop may bring more than
  /// sink_pending_bytes_max: who holds much tries to write before it answers.
  virtual size_t deliver(const FramePtr& frame) = 0;
  /// Bytes accepted by deliver() that the kernel has not taken yet.
  virtual size_t pending_bytes() const = 0;
  /// The last call that this Sink receives; its subscription is gone. It may destroy itself.
  virtual void closed(CloseReason reason) = 0;
  // None of them may call back into the Hub.

 protected:
  ~Sink() = default;
};

/// What a reader asked for.
struct StreamOptions {
  /// Resume: everything after that event; after 0-0, everything. What follows about history is for
  /// readers without a cursor.
  std::optional<Cursor> after;
  bool include_history = true;             ///< Without a cursor: from the beginning, or live only.
  std::optional<uint64_t> history_newest;  ///< Without a cursor: only the newest N, then live.
  TypeFilter filter;
  /// Only events whose timestamp is this or later; after a cursor as well.
  std::optional<WallTime> since;
  bool event_names = true;                               ///< Off: frames without an `event:` line.
  bool nested = false;                                   ///< The payload stands under `data`.
  std::chrono::milliseconds heartbeat_interval{15'000};  ///< For stream.open; sent by the Sink.
};

/// What a reader of many tasks asked for (hub/many_reader.h).
struct ManyOptions {
  TaskSelection selection;
  ManyCursor from;                          ///< Where it begins.
  sse::Replay replay = sse::Replay::kLive;  ///< For stream.open: what `from` stands for.
  bool lost = false;                        ///< It came back, and nobody knows from where.
  std::map<TaskId, Cursor> forgotten{};     ///< Its tasks that are kept no longer: gaps.
  TypeFilter filter{};
  std::optional<WallTime> since{};
  bool event_names = true;
  bool nested = false;
  std::chrono::milliseconds heartbeat_interval{15'000};
};

class Subscription;  // The Hub's; a Sink keeps the pointer to unsubscribe.
class ManyReader;    // As well.

struct Stats {
  size_t topics = 0;
  size_t subscriptions = 0;
  uint64_t deliveries = 0;
  uint64_t repairs = 0;  ///< A jump in seq, mended by a range read.
  uint64_t gaps = 0;     ///< Told to readers: events that are lost to them.
  uint64_t repeats = 0;  ///< Live events dropped since they had been seen.
  uint64_t closed_slow = 0;
};

class Hub {
 public:
  Hub(broker::Feed& feed, const Clock& clock, Log& log, const Limits& limits);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  /// Delivers stream.open, then history, then live events, then stream.end; never from within this
  /// call. kTooLarge over topics_max or subscriptions_max, kUnavailable after shutdown().
  Result<Subscription*> subscribe(const TaskId& task, const StreamOptions& options, Sink& sink);
  /// The Sink receives nothing more.
  void unsubscribe(Subscription* subscription);
  /// One stream.open; then the frames of all tasks of the selection, each task's in its order, and
  /// `stream.task_end` where one ends. kTooLarge over many_streams_max, or where more tasks are
  /// open than many_tasks_max.
  Result<ManyReader*> subscribe_many(const ManyOptions& options, Sink& sink);
  void unsubscribe(ManyReader* reader);
  /// Gives the Sink the place that it was read to: before unsubscribe(), where it can still send.
  void tell_place(ManyReader* reader);
  /// Before the writes of each loop turn (Loop::at_turn_end, ahead of the Sinks' own flush), and by
  /// a timer of at most watch_interval: goes on with readers that catch up, repairs, watches quiet
  /// topics, tells filtered readers how far they are. True: there is more to do, so the loop should
  /// turn again without waiting.
  bool tick();
  /// Closes every Sink with kShutdown.
  void shutdown();

  const Stats& stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskfeed::hub
