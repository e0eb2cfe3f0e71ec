/// Feed over a MemoryBroker, in steps that the test takes: nothing arrives until pump().
///
/// Threads  The test's one thread; events appended elsewhere are queued under the broker's lock.
/// Errors   None.
/// Owns     Queued deliveries and subscriptions. Borrows the broker and each Follower.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <variant>

#include "broker/feed.h"
#include "broker/memory_broker.h"

namespace taskfeed::broker {

class MemoryFeed final : public Feed {
 public:
  /// Becomes the broker's observer.
  explicit MemoryFeed(MemoryBroker& broker);
  ~MemoryFeed() override;
  MemoryFeed(const MemoryFeed&) = delete;
  MemoryFeed& operator=(const MemoryFeed&) = delete;

  void follow(const TaskId& task, Follower& follower) override;
  void unfollow(const TaskId& task) override;
  void read(const TaskId& task, const ReadRange& range) override;

  /// What happens to each live event on its way; all pass by default.
  enum class Passage { kDeliver, kDrop, kRepeat };
  std::function<Passage(const TaskId&, const Cursor&)> passage;

  /// Delivers the oldest thing that waits; false where nothing does.
  bool pump_one();
  void pump();
  /// The connection breaks: followers are told, and what waited is lost.
  void lose();
  /// It is back: every follower is acknowledged again, at the next pump.
  void restore();

 private:
  struct Acknowledged {};
  using What = std::variant<Acknowledged, StoredEvent, ReadRange>;
  struct Waiting {
    TaskId task;
    What what;
  };

  void deliver(Follower& follower, const TaskId& task, const What& what);
  void published(const TaskId& task, const StoredEvent& event);

  MemoryBroker& broker_;
  std::map<TaskId, Follower*> followers_;
  mutable Mutex mutex_;
  std::deque<Waiting> waiting_ TF_GUARDED_BY(mutex_);
  std::set<TaskId> subscribed_ TF_GUARDED_BY(mutex_);
  bool connected_ TF_GUARDED_BY(mutex_) = true;
};

}  // namespace taskfeed::broker
