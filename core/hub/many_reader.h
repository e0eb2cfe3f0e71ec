/// A reader of many tasks over one Sink: a subscription of the Hub for each, and one to the record
/// of creations (broker/registry.h), by which it learns of new tasks.
///
/// Each subscription has its own cursor, seam and gaps, as any reader's. Their frames go into the
/// Sink without an id of their own. What moves the client's cursor are ids of this stream, sent
/// when something moved, at most about once a second: where the record of creations has been read
/// to, and the place in each task that is still open. So what came after the last of them comes
/// again after a reconnect, and nothing is left out.
///
/// A task found late is read from its first event, so nothing depends on when it is found. Tasks
/// over the limit wait until others have ended; the record of creations waits with them, as a slow
/// reader's stream does. Subscriptions begin a few at a time: what they read counts against the one
/// Sink's budget.
///
/// Threads  The shard's loop thread.
/// Errors   None: a Sink over its budget, or a Hub that is shut down, is over().
/// Owns     Its subscriptions. Borrows Topics, Shelf and the Sink.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "event/many_cursor.h"
#include "hub/keyed_frames.h"
#include "hub/topic.h"

namespace taskfeed::hub {

/// The hub's, as its readers of many tasks see them.
class Topics {
 public:
  virtual Result<Topic*> topic_of(const TaskId& task) = 0;

 protected:
  ~Topics() = default;
};

class ManyReader {
 public:
  ManyReader(Topics& topics, Shelf& shelf, KeyedFrames& keyed, const ManyOptions& options,
             Sink& out);
  /// Without a word to its Sink.
  ~ManyReader();
  ManyReader(const ManyReader&) = delete;
  ManyReader& operator=(const ManyReader&) = delete;

  /// In each turn: what no Sink may do within a delivery.
  void step();
  /// step() has something to do now.
  bool wants_step() const;
  /// The last id before the Sink is let go.
  void tell_last_place();
  std::optional<CloseReason> over() const { return over_; }
  Sink& out() const { return out_; }

 private:
  /// One task's end of it.
  struct Member final : Sink {
    Member(ManyReader& its_reader, const TaskId& its_task, const Cursor& place)
        : reader(its_reader), task(its_task), at(place) {}
    size_t deliver(const FramePtr& frame) override { return reader.take(*this, frame); }
    size_t pending_bytes() const override { return reader.out_.pending_bytes(); }
    void closed(CloseReason reason) override { reader.left(*this, reason); }

    ManyReader& reader;
    const TaskId task;
    Cursor at;  ///< The last event that the Sink was given.
    Subscription* subscription = nullptr;
    bool ended = false;
  };
  /// Hears of new tasks.
  struct Ear final : Sink {
    explicit Ear(ManyReader& its_reader) : reader(its_reader) {}
    size_t deliver(const FramePtr& frame) override { return reader.take_registration(*frame); }
    size_t pending_bytes() const override;
    void closed(CloseReason reason) override;

    ManyReader& reader;
    Subscription* subscription = nullptr;
  };

  size_t take(Member& member, const FramePtr& frame);
  size_t take_control(const Member& member, const Frame& frame);
  size_t take_registration(const Frame& frame);
  void left(Member& member, CloseReason reason);
  size_t pass(const FramePtr& frame);
  void end(CloseReason reason) {
    if (!over_) over_ = reason;
  }
  void add(const TaskId& task, const Cursor& at);
  void open();
  void sweep_ended();
  void listen_for_new();
  void begin_some();
  static bool has_begun(const Member* member);
  bool has_room() const;
  void tell_place();
  void tell_state();
  std::optional<std::string> place_text() const;
  StreamOptions options_after(const Cursor& at) const;
  static void drop(Subscription*& subscription);

  Topics& topics_;
  Shelf& shelf_;
  KeyedFrames& keyed_;
  const ManyOptions options_;
  const FrameForm form_;
  Sink& out_;
  Ear ear_{*this};
  Cursor registry_at_;
  bool full_ = false;  ///< The ear hears nothing until there is room.
  std::map<TaskId, Member> members_;
  std::deque<Member*> to_begin_;
  std::vector<Member*> beginning_;  ///< Until they are live.
  std::vector<Member*> ended_;      ///< Since the last step().
  bool opened_ = false;
  bool waits_ = false;  ///< For the hub to have room for another topic.
  bool resumable_ = true;
  bool moved_ = false;  ///< Since the last id.
  MonoTime told_at_{};
  size_t bytes_since_ = 0;
  std::optional<CloseReason> over_;
};

}  // namespace taskfeed::hub
