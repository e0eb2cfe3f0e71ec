/// The events of one task on one shard, and the seam between their history and what is live.
///
/// Listen, then read, then release: the topic is subscribed, and acknowledged, before any history
/// is read, so that every event is in the pages, or arrives live, or both. A reader that catches up
/// needs nothing but its cursor: it is served from pages, then from the ring, until it stands where
/// the topic stands; then it is live. Nothing is held back for it meanwhile. What is there twice is
/// dropped by cursor. A jump in seq is mended by one range read; where that is not enough (more
/// than a page, trimmed, another event at a known seq) the live readers catch up again, each from
/// its cursor, and so are told what was lost.
///
/// Threads  The shard's loop thread.
/// Errors   None: failed reads are made again.
/// Owns     Its subscriptions and ring. Borrows the Feed through its Shelf.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "broker/feed.h"
#include "hub/frame_forms.h"
#include "hub/frame_ring.h"
#include "hub/subscription.h"

namespace taskfeed::hub {

/// What the topics of a hub share.
struct Shelf {
  broker::Feed& feed;
  const Clock& clock;
  Log& log;
  const Limits limits;
  Stats stats{};
  FrameForms forms{};
  size_t ring_bytes = 0;                            ///< Of all rings.
  size_t frames_left = limits.catch_up_frames_max;  ///< In this turn.
  std::vector<Topic*> busy{};                       ///< With readers kReady or kDraining.
  std::vector<Topic*> owing{};                      ///< With live readers that passed events over.
  std::vector<Topic*> to_retry{};     ///< A read failed: ask again at the next slow tick.
  std::vector<Topic*> lingering{};    ///< Had no readers at some time.
  std::vector<Subscription*> slow{};  ///< Within a delivery.
};

class Topic final : public broker::Follower {
 public:
  Topic(Shelf& shelf, const TaskId& task);
  ~Topic();
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  Subscription* add(const StreamOptions& options, Sink& sink);
  /// Destroys it, without a word to its Sink.
  void remove(Subscription& subscription);
  /// Goes on with readers that are ready or have drained; from Shelf::busy.
  void proceed();
  bool has_ready() const { return aside_ && !readers(State::kReady).empty(); }
  /// After a failed read; from Shelf::to_retry.
  void retry();
  /// Compares with history, unless something was heard since the last call. True where it asks.
  bool watch();
  /// From Shelf::owing.
  void tell_progress();
  void shut_down();

  bool idle() const;
  void halve_ring();
  const TaskId& task() const { return task_; }

  void on_acknowledged() override;
  void on_live(const LiveEvent& event) override;
  void on_lost() override;
  void on_page(Result<broker::Page> page) override;

  MonoTime idle_since() const { return idle_since_; }
  void stop_lingering() { lingers_ = false; }

 private:
  using State = Subscription::State;
  using Frames = std::vector<FramePtr>;
  using Readers = std::vector<std::unique_ptr<Subscription>>;
  /// The Sink beside its subscription: a delivery touches nothing else.
  struct Live {
    Sink* sink;
    std::unique_ptr<Subscription> subscription;
  };
  /// An unanswered Feed::read(). Readers at the same cursor share one.
  struct Read {
    broker::ReadRange range;
    uint32_t number = 0;
    bool of_topic = false;  ///< After newest_, to compare or to mend.
    bool mends = false;
    std::optional<Cursor> stood;  ///< newest_ when it was asked for.
  };
  /// What a topic with nothing but live readers does without.
  struct Aside {
    std::array<Readers, static_cast<size_t>(State::kLive)> readers;
    std::vector<Read> reads;
    Frames held;             ///< Live events that came while the topic was being mended.
    bool held_over = false;  ///< More came than may be held.
    uint32_t reads_ever = 0;
    size_t drain_hand = 0;
    bool busy = false;  ///< Stands in the Shelf's list of that name, as the next two.
    bool owing = false;
    bool retries = false;
  };
  enum class Verdict { kNext, kRepeat, kDoubtful };

  // topic.cc: the live side.
  Verdict judge(const Cursor& cursor) const;
  void accept(const FramePtr& frame);
  void deliver_to_live(const FramePtr& frame, size_t most);
  void deliver_to_selective(const FramePtr& frame, size_t most);
  void close_slow();
  void keep_in_ring(const FramePtr& frame);
  void shrink_ring(size_t bytes);
  void fill_ring(const Frames& frames);
  void hold(const LiveEvent& event);
  void release_held();
  void mend();
  void ask(const broker::ReadRange& range, bool of_topic);
  void ask_after_newest();
  void learn(const Read& read, const broker::Page& page, const Frames& frames);
  bool contradicts(const Read& read, const broker::Page& page, const Frames& frames) const;
  bool follows_newest(const Read& read, const broker::Page& page, const Frames& frames) const;
  void stand_at(const broker::Page& page, const Frames& frames);
  void start_over(const broker::Page& page, const Frames& frames);
  void failed(const Read& read, const Result<broker::Page>& page);
  void resume();
  void end_live();
  void vanish();
  void let_go(Subscription& subscription, const FramePtr& end);

  // replay.cc: readers that catch up.
  void advance(Subscription& subscription);
  bool open_from_here(Subscription& subscription);
  bool serve_from_ring(Subscription& subscription);
  void read_for(Subscription& subscription);
  void serve_page(const Read& read, const broker::Page& page, const Frames& frames);
  void take_page(Subscription& subscription, const broker::Page& page, const Frames& frames,
                 FramePtr& progress);
  void open_with(Subscription& subscription, const broker::Page& page);
  void open(Subscription& subscription, sse::Replay replay);
  void tell_place(Subscription& subscription);
  void tell_gap(Subscription& subscription, const broker::Page& page);
  size_t deliver(Subscription& subscription, const FramePtr& frame);
  void go_live(Subscription& subscription);
  void fall_behind(Subscription& subscription, const Cursor& reached);
  void drain_some();
  void wake_waiting();
  bool has_enough(const Subscription& subscription) const;
  broker::ReadRange page_after(const Cursor& cursor) const;

  // subscriptions.cc: which list a reader stands in, and how it leaves.
  Aside& aside();
  Readers& readers(State state) { return aside_->readers[static_cast<size_t>(state)]; }
  const Readers& readers(State state) const { return aside_->readers[static_cast<size_t>(state)]; }
  void put(std::unique_ptr<Subscription> subscription, State state);
  std::unique_ptr<Subscription> take(Subscription& subscription);
  void move_to(Subscription& subscription, State state);
  void oldest_last(State state);
  void finish(Subscription& subscription, const FramePtr& end);
  void close(Subscription& subscription, CloseReason reason);
  void left();
  void tidy();
  FramePtr end_frame() const;

  Shelf& shelf_;
  const TaskId task_;
  std::vector<Live> live_;
  std::unique_ptr<Aside> aside_;
  FrameRing ring_;  ///< Empty, or up to newest_.
  Cursor newest_;   ///< Every event up to this one was accepted.
  Cursor first_;    ///< Oldest that history had when it was last read.
  MonoTime idle_since_{};
  bool lingers_ = false;  ///< Stands in Shelf::lingering.
  bool listening_ = false;
  bool known_ = false;    ///< newest_ is.
  bool there_ = false;    ///< The task was, when it was last heard of.
  bool mending_ = false;  ///< Events between newest_ and what is live may be missing.
  bool heard_ = false;    ///< Something since the last watch().
  std::optional<TaskStatus> end_status_;  ///< newest_ is the last event there will be.
};

}  // namespace taskfeed::hub
