#include "stream_source.h"

namespace taskfeed::cmd {
namespace {
size_t size_of(const StreamItem& item) {
  return item.event.data.size() + sizeof(StreamItem);
}
}  // namespace

bool StreamQueue::push(StreamItem item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || bytes_ < kBytesMax; });
  if (closed_) return false;
  bytes_ += size_of(item);
  items_.push_back(std::move(item));
  changed_.notify_all();
  return true;
}

void StreamQueue::push_now(StreamItem item) {
  const std::lock_guard lock(mutex_);
  bytes_ += size_of(item);
  items_.push_back(std::move(item));
  changed_.notify_all();
}

std::optional<StreamItem> StreamQueue::pop(std::optional<MonoTime> until) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return closed_ || woken_ || !items_.empty(); };
  if (until) {
    // MonoTime counts the steady clock, in milliseconds.
    changed_.wait_until(lock, std::chrono::steady_clock::time_point(until->time_since_epoch()),
                        ready);
  } else {
    changed_.wait(lock, ready);
  }
  const bool woken = woken_;
  woken_ = false;
  if (woken || items_.empty()) return std::nullopt;
  StreamItem item = std::move(items_.front());
  items_.pop_front();
  bytes_ -= size_of(item);
  changed_.notify_all();
  return item;
}

void StreamQueue::wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void StreamQueue::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

size_t StreamQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace taskfeed::cmd
