#include "hub/hub.h"

#include <algorithm>

#include "base/assert.h"
#include "hub/many_reader.h"
#include "hub/topic.h"
#include "hub/topic_table.h"

namespace taskfeed::hub {

class Hub::Impl final : public Topics {
 public:
  Impl(broker::Feed& feed, const Clock& clock, Log& log, const Limits& limits)
      : shelf_{feed, clock, log, limits}, slow_tick_at_(clock.mono() + limits.watch_interval) {
    TF_ASSERT(limits.sink_pending_bytes_max > 0 && limits.reads_max > 0);
    TF_ASSERT(limits.catch_up_frames_max > 0 && limits.held_frames_max > 0);
    TF_ASSERT_TEXT(limits.ring_bytes_max < size_t{1} << 31, "a ring counts its bytes in 32 bits");
  }

  Result<Subscription*> subscribe(const TaskId& task, const StreamOptions& options, Sink& sink);
  Result<ManyReader*> subscribe_many(const ManyOptions& options, Sink& sink);
  void unsubscribe(ManyReader* reader);
  bool tick();
  void shutdown();
  const Stats& stats() const { return shelf_.stats; }

 private:
  static void each(std::vector<Topic*>& list, void (Topic::*step)());
  Result<Topic*> topic_of(const TaskId& task) override;
  void step_many();
  void slow_tick();
  void forget_idle(Milliseconds least);
  void watch_some();
  void shrink_rings();

  Shelf shelf_;
  TopicTable topics_;
  MonoTime slow_tick_at_;
  size_t watch_hand_ = 0;
  size_t ring_hand_ = 0;
  bool down_ = false;
  KeyedFrames keyed_;
  std::vector<std::unique_ptr<ManyReader>> many_;  // Before the topics that they leave.
};

Result<Topic*> Hub::Impl::topic_of(const TaskId& task) {
  if (Topic* const known = topics_.find(task)) return known;
  if (topics_.size() >= shelf_.limits.topics_max) forget_idle(Milliseconds(0));
  if (topics_.size() >= shelf_.limits.topics_max) {
    return {Errc::kTooLarge, "this daemon follows " + std::to_string(topics_.size()) +
                                 " tasks, as many as topics_max allows; try another or later"};
  }
  Topic& made = topics_.add(std::make_unique<Topic>(shelf_, task));
  shelf_.stats.topics = topics_.size();
  return &made;
}

Result<Subscription*> Hub::Impl::subscribe(const TaskId& task, const StreamOptions& options,
                                           Sink& sink) {
  if (down_) return {Errc::kUnavailable, "this daemon is shutting down; connect again"};
  if (shelf_.stats.subscriptions >= shelf_.limits.subscriptions_max) {
    return {Errc::kTooLarge, "this daemon serves " + std::to_string(shelf_.stats.subscriptions) +
                                 " streams, as many as subscriptions_max allows; try another or "
                                 "later"};
  }
  const Result<Topic*> topic = topic_of(task);
  if (!topic) return topic.error();
  return (*topic)->add(options, sink);
}

Result<ManyReader*> Hub::Impl::subscribe_many(const ManyOptions& options, Sink& sink) {
  if (down_) return {Errc::kUnavailable, "this daemon is shutting down; connect again"};
  if (many_.size() >= shelf_.limits.many_streams_max) {
    return {Errc::kTooLarge, "this daemon serves " + std::to_string(many_.size()) +
                                 " streams over many tasks, as many as it may; try another or "
                                 "later"};
  }
  if (options.from.open.size() > shelf_.limits.many_tasks_max) {
    return {Errc::kTooLarge, std::to_string(options.from.open.size()) +
                                 " tasks are open, and a stream follows at most " +
                                 std::to_string(shelf_.limits.many_tasks_max) +
                                 "; name agents or tasks"};
  }
  many_.push_back(std::make_unique<ManyReader>(*this, shelf_, keyed_, options, sink));
  return many_.back().get();
}

void Hub::Impl::unsubscribe(ManyReader* reader) {
  std::erase_if(many_, [reader](const auto& each) { return each.get() == reader; });
}

void Hub::Impl::step_many() {
  for (const auto& reader : many_) reader->step();
  for (size_t at = many_.size(); at-- > 0;) {
    if (!many_[at]->over()) continue;
    const std::unique_ptr<ManyReader> over = std::move(many_[at]);
    many_.erase(many_.begin() + static_cast<ptrdiff_t>(at));
    over->out().closed(*over->over());
  }
}

/// Topics may put themselves back into the list.
void Hub::Impl::each(std::vector<Topic*>& list, void (Topic::*step)()) {
  std::vector<Topic*> now;
  now.swap(list);
  for (Topic* const topic : now) (topic->*step)();
  now.clear();
  if (list.empty()) list.swap(now);  // Keeps the memory.
}

bool Hub::Impl::tick() {
  if (!many_.empty()) step_many();
  if (!shelf_.busy.empty()) each(shelf_.busy, &Topic::proceed);
  if (shelf_.clock.mono() >= slow_tick_at_) slow_tick();
  if (shelf_.ring_bytes > shelf_.limits.ring_bytes_total_max) shrink_rings();
  shelf_.forms.clear();
  keyed_.clear();
  shelf_.frames_left = shelf_.limits.catch_up_frames_max;
  return std::any_of(shelf_.busy.begin(), shelf_.busy.end(),
                     [](const Topic* topic) { return topic->has_ready(); }) ||
         std::any_of(many_.begin(), many_.end(),
                     [](const auto& reader) { return reader->wants_step(); });
}

void Hub::Impl::slow_tick() {
  slow_tick_at_ = shelf_.clock.mono() + shelf_.limits.watch_interval;
  each(shelf_.to_retry, &Topic::retry);
  each(shelf_.owing, &Topic::tell_progress);
  forget_idle(shelf_.limits.linger_interval);
  watch_some();
}

void Hub::Impl::forget_idle(Milliseconds least) {
  const MonoTime until = shelf_.clock.mono() - least;
  std::erase_if(shelf_.lingering, [this, until](Topic* topic) {
    const bool idle = topic->idle();
    if (idle && topic->idle_since() > until) return false;
    topic->stop_lingering();
    if (idle) topics_.remove(*topic);
    return true;
  });
  shelf_.stats.topics = topics_.size();
}

void Hub::Impl::watch_some() {
  size_t asked = 0;
  for (size_t looks = topics_.slots(); looks > 0 && asked < shelf_.limits.watched_max; --looks) {
    Topic* const topic = topics_.at_slot(watch_hand_++);
    if (topic != nullptr && topic->watch()) ++asked;
  }
}

/// Half of each ring in turn, until all of them are within their total.
void Hub::Impl::shrink_rings() {
  while (shelf_.ring_bytes > shelf_.limits.ring_bytes_total_max) {
    if (Topic* const topic = topics_.at_slot(ring_hand_++)) topic->halve_ring();
  }
}

void Hub::Impl::shutdown() {
  down_ = true;
  for (const auto& reader : many_) reader->tell_last_place();
  for (size_t slot = 0; slot < topics_.slots(); ++slot) {
    if (Topic* const topic = topics_.at_slot(slot)) topic->shut_down();
  }
  for (const auto& reader : std::exchange(many_, {})) {
    reader->out().closed(CloseReason::kShutdown);
  }
  forget_idle(Milliseconds(0));
}

Hub::Hub(broker::Feed& feed, const Clock& clock, Log& log, const Limits& limits)
    : impl_(std::make_unique<Impl>(feed, clock, log, limits)) {}

Hub::~Hub() = default;

Result<Subscription*> Hub::subscribe(const TaskId& task, const StreamOptions& options, Sink& sink) {
  return impl_->subscribe(task, options, sink);
}

void Hub::unsubscribe(Subscription* subscription) {
  subscription->topic.remove(*subscription);
}

Result<ManyReader*> Hub::subscribe_many(const ManyOptions& options, Sink& sink) {
  return impl_->subscribe_many(options, sink);
}

void Hub::unsubscribe(ManyReader* reader) {
  impl_->unsubscribe(reader);
}

void Hub::tell_place(ManyReader* reader) {
  reader->tell_last_place();
}

bool Hub::tick() {
  return impl_->tick();
}

void Hub::shutdown() {
  impl_->shutdown();
}

const Stats& Hub::stats() const {
  return impl_->stats();
}

}  // namespace taskfeed::hub
