// Topic's readers: which list each stands in, how they come and how they leave.
#include <algorithm>

#include "base/assert.h"
#include "hub/topic.h"

namespace taskfeed::hub {

Subscription* Topic::add(const StreamOptions& options, Sink& sink) {
  auto made = std::make_unique<Subscription>(*this, sink);
  Subscription* const subscription = made.get();
  made->catch_up = std::make_unique<CatchUp>();
  made->catch_up->cursor = options.after.value_or(Cursor());
  made->catch_up->include_history = options.after || options.include_history;
  if (!options.after) made->catch_up->history_newest = options.history_newest;
  made->catch_up->heartbeat_interval = options.heartbeat_interval;
  const FrameForm form = frame_form(options.event_names, options.nested);
  if (!options.filter.empty() || options.since || form != FrameForm::kPlain) {
    made->selection = std::make_unique<Selection>();
    made->selection->filter = options.filter;
    made->selection->since = options.since;
    made->selection->form = form;
  }
  ++shelf_.stats.subscriptions;
  aside();
  put(std::move(made), listening_ ? State::kReady : State::kWaiting);
  return subscription;
}

Topic::Aside& Topic::aside() {
  if (!aside_) aside_ = std::make_unique<Aside>();
  return *aside_;
}

bool Topic::idle() const {
  if (!live_.empty()) return false;
  return !aside_ || std::all_of(aside_->readers.begin(), aside_->readers.end(),
                                [](const Readers& each) { return each.empty(); });
}

void Topic::put(std::unique_ptr<Subscription> subscription, State state) {
  subscription->state = state;
  if (state == State::kLive) {
    subscription->place = static_cast<uint32_t>(live_.size());
    live_.push_back({&subscription->sink, std::move(subscription)});
    return;
  }
  Readers& list = readers(state);
  subscription->place = static_cast<uint32_t>(list.size());
  list.push_back(std::move(subscription));
  if ((state != State::kReady && state != State::kDraining) || aside_->busy) return;
  aside_->busy = true;
  shelf_.busy.push_back(this);
}

std::unique_ptr<Subscription> Topic::take(Subscription& subscription) {
  std::unique_ptr<Subscription> taken;
  const uint32_t place = subscription.place;
  if (subscription.state == State::kLive) {
    taken = std::exchange(live_[place].subscription, nullptr);
    if (place + 1 < live_.size()) live_[place] = std::move(live_.back());
    live_.pop_back();
    if (place < live_.size()) live_[place].subscription->place = place;
    return taken;
  }
  Readers& list = readers(subscription.state);
  taken = std::exchange(list[place], nullptr);
  if (place + 1 < list.size()) list[place] = std::move(list.back());
  list.pop_back();
  if (place < list.size()) list[place]->place = place;
  return taken;
}

void Topic::move_to(Subscription& subscription, State state) {
  if (subscription.state != state) put(take(subscription), state);
}

/// Of a state in which readers catch up.
void Topic::oldest_last(State state) {
  Readers& list = readers(state);
  std::sort(list.begin(), list.end(), [](const auto& one, const auto& other) {
    return one->catch_up->cursor > other->catch_up->cursor;
  });
  for (size_t at = 0; at < list.size(); ++at) list[at]->place = static_cast<uint32_t>(at);
}

void Topic::remove(Subscription& subscription) {
  take(subscription).reset();
  left();
  tidy();
}

void Topic::close(Subscription& subscription, CloseReason reason) {
  const std::unique_ptr<Subscription> taken = take(subscription);
  if (reason == CloseReason::kSlow) ++shelf_.stats.closed_slow;
  taken->sink.closed(reason);
  left();
}

FramePtr Topic::end_frame() const {
  return sse::end_frame(end_status_ ? to_string(*end_status_) : "", newest_);
}

void Topic::finish(Subscription& subscription, const FramePtr& end) {
  if (subscription.selection && subscription.selection->owes_progress) {
    subscription.sink.deliver(sse::progress_frame(newest_));
  }
  subscription.sink.deliver(end);
  close(subscription, CloseReason::kEnded);
}

void Topic::left() {
  --shelf_.stats.subscriptions;
  if (!idle()) return;
  idle_since_ = shelf_.clock.mono();
  if (lingers_) return;
  lingers_ = true;
  shelf_.lingering.push_back(this);
}

void Topic::tell_progress() {
  aside_->owing = false;
  const FramePtr progress = sse::progress_frame(newest_);
  for (const auto& reader : readers(State::kFiltered)) {
    if (!std::exchange(reader->selection->owes_progress, false)) continue;
    reader->sink.deliver(progress);
    ++shelf_.stats.deliveries;
  }
  tidy();
}

void Topic::shut_down() {
  while (!live_.empty()) close(*live_.back().subscription, CloseReason::kShutdown);
  if (!aside_) return;
  for (Readers& each : aside_->readers) {
    while (!each.empty()) close(*each.back(), CloseReason::kShutdown);
  }
}

/// Topics with live readers alone do without an Aside.
void Topic::tidy() {
  if (!aside_ || aside_->busy || aside_->owing || aside_->retries || !aside_->reads.empty() ||
      !aside_->held.empty()) {
    return;
  }
  const bool needed = std::any_of(aside_->readers.begin(), aside_->readers.end(),
                                  [](const Readers& each) { return !each.empty(); });
  if (!needed) aside_.reset();
}

}  // namespace taskfeed::hub
