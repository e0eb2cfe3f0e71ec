/// Live events, for one shard: asynchronous, where EventLog blocks.
///
/// Order: on_acknowledged() comes before the first on_live() and after every loss of the
/// connection; between on_lost() and the next on_acknowledged() events may be missing. Live events
/// of one task arrive in the order of append, and may repeat or skip: the receiver checks seq.
///
/// Threads  The shard's loop thread only, in both directions. No call answers from within itself.
/// Errors   None to the caller: a lost connection is on_lost(), and is retried for ever. A read
///          that fails answers on_page(error); the caller asks again after on_acknowledged().
/// Owns     Its subscriptions. Borrows each Follower until unfollow().
#pragma once

#include "broker/event_log.h"
#include "event/live.h"

namespace taskfeed::broker {

class Follower {
 public:
  virtual void on_acknowledged() = 0;
  virtual void on_live(const LiveEvent& event) = 0;
  virtual void on_lost() = 0;
  /// The answer to the oldest unanswered read().
  virtual void on_page(Result<Page> page) = 0;

 protected:
  ~Follower() = default;
};

class Feed {
 public:
  virtual ~Feed() = default;
  /// At most one Follower for a task.
  virtual void follow(const TaskId& task, Follower& follower) = 0;
  /// After this no call reaches the task's Follower, answers to its reads included.
  virtual void unfollow(const TaskId& task) = 0;
  /// Only while followed. Answers come in the order of the reads.
  virtual void read(const TaskId& task, const ReadRange& range) = 0;
};

}  // namespace taskfeed::broker
