/// The followed tasks of a feed, by name: about 100 bytes each, one probe for each live event.
///
/// A Topic keeps its name behind itself in one allocation, and the table is one array of pointers;
/// std::unordered_map with string keys takes twice that.
///
/// Threads  One.
/// Errors   None.
/// Owns     Its Topics, until remove() hands one back.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "broker/feed.h"

namespace taskfeed::redis {

struct Topic {
  broker::Follower* follower = nullptr;  ///< Null once unfollowed, while reads are unanswered.
  uint64_t subscribe_op = 0;             ///< Which (un)subscription of the connection was the last.
  uint32_t hash = 0;
  uint32_t reads = 0;  ///< Unanswered.
  uint8_t name_size = 0;
  bool acknowledged = false;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_size}; }
};

struct TopicFree {
  void operator()(Topic* topic) const {
    topic->~Topic();
    ::operator delete(topic);
  }
};
using TopicPtr = std::unique_ptr<Topic, TopicFree>;

class TopicTable {
 public:
  TopicTable() : slots_(16, nullptr) {}
  ~TopicTable() {
    for (Topic* topic : slots_) {
      if (topic != nullptr) TopicFree()(topic);
    }
  }
  TopicTable(const TopicTable&) = delete;
  TopicTable& operator=(const TopicTable&) = delete;

  size_t size() const { return size_; }

  Topic* find(std::string_view name) const {
    const uint32_t hash = hash_of(name);
    for (size_t at = hash & mask();; at = (at + 1) & mask()) {
      Topic* topic = slots_[at];
      if (topic == nullptr) return nullptr;
      if (topic->hash == hash && topic->name() == name) return topic;
    }
  }

  /// `name` must not be there; at most 64 bytes.
  Topic& add(std::string_view name) {
    TF_ASSERT(find(name) == nullptr && name.size() <= 64);
    if ((size_ + 1) * 4 > slots_.size() * 3) grow();
    void* memory = ::operator new(sizeof(Topic) + name.size());
    Topic* topic = new (memory) Topic;
    topic->hash = hash_of(name);
    topic->name_size = static_cast<uint8_t>(name.size());
    std::memcpy(static_cast<char*>(memory) + sizeof(Topic), name.data(), name.size());
    place(topic);
    ++size_;
    return *topic;
  }

  TopicPtr remove(Topic& topic) {
    size_t hole = topic.hash & mask();
    while (slots_[hole] != &topic) {
      TF_ASSERT(slots_[hole] != nullptr);
      hole = (hole + 1) & mask();
    }
    slots_[hole] = nullptr;
    --size_;
    // Those after the hole move up, unless they stand before it by their hash.
    for (size_t at = (hole + 1) & mask(); slots_[at] != nullptr; at = (at + 1) & mask()) {
      const size_t home = slots_[at]->hash & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      slots_[at] = nullptr;
      hole = at;
    }
    return TopicPtr(&topic);
  }

  /// As they are now; callers may add and remove while they walk through it.
  std::vector<Topic*> all() const {
    std::vector<Topic*> topics;
    topics.reserve(size_);
    for (Topic* topic : slots_) {
      if (topic != nullptr) topics.push_back(topic);
    }
    return topics;
  }

 private:
  size_t mask() const { return slots_.size() - 1; }
  static uint32_t hash_of(std::string_view name) {
    return static_cast<uint32_t>(std::hash<std::string_view>{}(name));
  }
  void place(Topic* topic) {
    size_t at = topic->hash & mask();
    while (slots_[at] != nullptr) at = (at + 1) & mask();
    slots_[at] = topic;
  }
  void grow() {
    std::vector<Topic*> before(slots_.size() * 2, nullptr);
    before.swap(slots_);
    for (Topic* topic : before) {
      if (topic != nullptr) place(topic);
    }
  }

  std::vector<Topic*> slots_;  // A power of two, at most three quarters full.
  size_t size_ = 0;
};

}  // namespace taskfeed::redis
