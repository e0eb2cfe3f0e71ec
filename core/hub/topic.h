/// The events of one task on one shard, and the seam between their history and what is live.
///
/// Listen, then read, then release: the topic is subscribed, and acknowledged, before any history
/// is read, so that every event is in the pages, or arrives live, or both. A reader that catches up
/// needs nothing but its cursor: it is served from pages, then from the ring, until it stands where
/// the topic stands; then it is live. Nothing is held back for it meanwhile. What is there twice is
/// dropped by seq; a jump in seq is mended by one range read; another event at a known seq, or a
/// shorter history, is a reset, and readers are told.
///
/// Threads  The shard's loop thread.
/// Errors   None: failed reads are made again.
/// Owns     Its subscriptions and ring. Borrows the Feed through its Shelf.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "broker/feed.h"
#include "event/sse_encoder.h"
#include "hub/frame_ring.h"
#include "hub/subscription.h"

namespace taskfeed::hub {

/// What the topics of a hub share.
struct Shelf {
  broker::Feed& feed;
  Log& log;
  const Limits limits;
  Stats stats;
  size_t ring_bytes = 0;                  ///< Of all rings.
  std::vector<Subscription*> ready;       ///< State kReady: go on at the next tick.
  std::vector<Topic*> to_retry;           ///< A read failed: ask again at the next slow tick.
};

class Topic final : public broker::Follower {
 public:
  Topic(Shelf& shelf, const TaskId& task);
  ~Topic();
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  Subscription* add(const StreamOptions& options, Sink& sink);
  /// Destroys it, without a word to its Sink.
  void remove(Subscription* subscription);
  /// Of a subscription in state kReady.
  void proceed(Subscription& subscription);
  /// After a failed read.
  void retry();
  /// Compares with history, unless something was heard since the last call.
  void watch();
  void write_progress();
  void shut_down();

  bool idle() const { return live_.empty() && replaying_.empty(); }
  void drop_ring();
  void shrink_ring(size_t bytes);
  const TaskId& task() const { return task_; }

  void on_acknowledged() override;
  void on_live(const LiveEvent& event) override;
  void on_lost() override;
  void on_page(Result<broker::Page> page) override;

  size_t shelf_place = 0;                 ///< In the hub's list of topics.
  std::optional<MonoTime> idle_since;

 private:
  /// An unanswered Feed::read(). Readers at the same cursor share one.
  struct Read {
    broker::ReadRange range;
    std::vector<Subscription*> readers;
    bool repair = false;
  };
  using Frames = std::vector<FramePtr>;

  // topic.cc: the live side.
  bool synced() const { return listening_ && known_; }
  void accept(const FramePtr& frame);
  void keep_in_ring(const FramePtr& frame);
  void deliver_to_live(const FramePtr& frame);
  void hold(const LiveEvent& event);
  void release_held();
  void repair();
  void repaired(const broker::Page& page, const Frames& frames);
  void reset(const broker::Page& page);
  void take_bounds(const broker::Page& page, const Frames& frames);
  void end_live();
  bool known_repeat(const LiveEvent& event) const;
  bool has_ended() const { return end_status_.has_value() && known_; }

  // replay.cc: readers that catch up.
  void advance(Subscription& subscription);
  bool serve_from_ring(Subscription& subscription);
  bool can_start_from_ring(const Subscription& subscription) const;
  void read_for(Subscription& subscription);
  void take_page(Subscription& subscription, const broker::Page& page, const Frames& frames);
  void open(Subscription& subscription, sse::Replay replay);
  bool tell_gap(Subscription& subscription, const broker::Page& page);
  void go_live(Subscription& subscription);
  void await_tick(Subscription& subscription);
  void deliver(Subscription& subscription, const FramePtr& frame);
  void tell_progress(Subscription& subscription, const Cursor& at);
  void finish(Subscription& subscription);
  bool over_budget(const Subscription& subscription) const;
  void place(std::vector<Subscription*>& list, Subscription& subscription);
  void displace(std::vector<Subscription*>& list, const Subscription& subscription);
  void forget(const Subscription& subscription);

  Shelf& shelf_;
  const TaskId task_;
  std::vector<Subscription*> live_;
  std::vector<Subscription*> replaying_;
  std::deque<Read>* reads() { return reads_.get(); }
  std::unique_ptr<std::deque<Read>> reads_;   ///< None while no read is under way: it is large.
  std::unique_ptr<std::deque<FramePtr>> held_;  ///< Came while a repair was under way.
  FrameRing ring_;
  Cursor newest_;                         ///< Every event up to this one was accepted.
  uint64_t first_seq_ = 0;                ///< Oldest that history had when it was last read.
  uint32_t first_tag_ = 0;
  std::optional<TaskStatus> end_status_;  ///< newest_ is the terminal event.
  bool listening_ = false;
  bool known_ = false;                    ///< newest_ is.
  bool repairing_ = false;
  bool heard_ = false;                    ///< Something since the last watch().
  bool retry_asked_ = false;
};

}  // namespace taskfeed::hub
