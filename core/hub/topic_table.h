/// The topics of a hub by task: at most 22 bytes of table for each, at most three quarters full.
///
/// Threads  The shard's loop thread.
/// Errors   None.
/// Owns     Its Topics.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "hub/topic.h"

namespace taskfeed::hub {

class TopicTable {
 public:
  TopicTable() : slots_(16) {}

  size_t size() const { return size_; }

  Topic* find(const TaskId& task) const {
    for (size_t at = home(task);; at = next(at)) {
      Topic* const topic = slots_[at].get();
      if (topic == nullptr || topic->task() == task) return topic;
    }
  }

  /// Its task must not be there.
  Topic& add(std::unique_ptr<Topic> topic) {
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    ++size_;
    return place(std::move(topic));
  }

  void remove(Topic& topic) {
    size_t hole = home(topic.task());
    while (slots_[hole].get() != &topic) {
      TF_ASSERT(slots_[hole] != nullptr);
      hole = next(hole);
    }
    slots_[hole].reset();
    --size_;
    // Those after the hole move up, unless they stand before it by their hash.
    for (size_t at = next(hole); slots_[at] != nullptr; at = next(at)) {
      const size_t from_home = (at - home(slots_[at]->task())) & mask();
      if (from_home < ((at - hole) & mask())) continue;
      slots_[hole] = std::move(slots_[at]);
      hole = at;
    }
  }

  /// For walks: null where the slot is free.
  Topic* at_slot(size_t slot) const { return slots_[slot & mask()].get(); }
  size_t slots() const { return slots_.size(); }

 private:
  size_t mask() const { return slots_.size() - 1; }
  size_t next(size_t at) const { return (at + 1) & mask(); }
  size_t home(const TaskId& task) const { return std::hash<TaskId>{}(task)&mask(); }
  Topic& place(std::unique_ptr<Topic> topic) {
    size_t at = home(topic->task());
    while (slots_[at] != nullptr) at = next(at);
    slots_[at] = std::move(topic);
    return *slots_[at];
  }
  void grow() {
    std::vector<std::unique_ptr<Topic>> before(slots_.size() * 2);
    before.swap(slots_);
    for (auto& topic : before) {
      if (topic != nullptr) place(std::move(topic));
    }
  }

  std::vector<std::unique_ptr<Topic>> slots_;  // A power of two.
  size_t size_ = 0;
};

}  // namespace taskfeed::hub
