#include "broker/memory_feed.h"

namespace taskfeed::broker {

MemoryFeed::MemoryFeed(MemoryBroker& broker) : broker_(broker) {
  broker.observe([this](const TaskId& task, const StoredEvent& event) { published(task, event); });
}

MemoryFeed::~MemoryFeed() {
  broker_.observe({});
}

void MemoryFeed::published(const TaskId& task, const StoredEvent& event) {
  const Locked lock(mutex_);
  // As Redis: who is not subscribed at the moment of the publish does not get it.
  if (!connected_ || !subscribed_.contains(task)) return;
  const Passage how = passage ? passage(task, event.cursor) : Passage::kDeliver;
  if (how != Passage::kDrop) waiting_.push_back({task, event});
  if (how == Passage::kRepeat) waiting_.push_back({task, event});
}

void MemoryFeed::follow(const TaskId& task, Follower& follower) {
  const bool fresh = followers_.emplace(task, &follower).second;
  TF_ASSERT_TEXT(fresh, task.str());
  const Locked lock(mutex_);
  if (!connected_) return;
  subscribed_.insert(task);
  waiting_.push_back({task, Acknowledged{}});
}

void MemoryFeed::unfollow(const TaskId& task) {
  const size_t followed = followers_.erase(task);
  TF_ASSERT_TEXT(followed == 1, task.str());
  const Locked lock(mutex_);
  subscribed_.erase(task);
  std::erase_if(waiting_, [&task](const Waiting& each) { return each.task == task; });
}

void MemoryFeed::read(const TaskId& task, const ReadRange& range) {
  TF_ASSERT_TEXT(followers_.contains(task), task.str());
  const Locked lock(mutex_);
  waiting_.push_back({task, range});
}

bool MemoryFeed::pump_one() {
  std::optional<Waiting> next;
  {
    const Locked lock(mutex_);
    if (waiting_.empty()) return false;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  deliver(*followers_.at(next->task), next->task, next->what);
  return true;
}

void MemoryFeed::pump() {
  while (pump_one()) {
  }
}

void MemoryFeed::deliver(Follower& follower, const TaskId& task, const What& what) {
  if (const auto* event = std::get_if<StoredEvent>(&what)) {
    follower.on_live({event->cursor, event->type, event->json});
  } else if (const auto* range = std::get_if<ReadRange>(&what)) {
    bool connected = false;
    {
      const Locked lock(mutex_);
      connected = connected_;
    }
    follower.on_page(connected
                         ? broker_.read(task, *range)
                         : Result<Page>(Errc::kUnavailable, "the connection to the store is lost"));
  } else {
    follower.on_acknowledged();
  }
}

void MemoryFeed::lose() {
  {
    const Locked lock(mutex_);
    connected_ = false;
    subscribed_.clear();
    // Reads are answered, with an error; all else is gone.
    std::erase_if(waiting_, [](const Waiting& each) {
      return !std::holds_alternative<ReadRange>(each.what);
    });
  }
  const std::map<TaskId, Follower*> told = followers_;
  for (const auto& [task, follower] : told) {
    if (followers_.contains(task)) follower->on_lost();
  }
}

void MemoryFeed::restore() {
  const Locked lock(mutex_);
  connected_ = true;
  for (const auto& [task, follower] : followers_) {
    subscribed_.insert(task);
    waiting_.push_back({task, Acknowledged{}});
  }
}

}  // namespace taskfeed::broker
