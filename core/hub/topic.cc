#include "hub/topic.h"

#include <algorithm>

#include "base/assert.h"

namespace taskfeed::hub {
namespace {

std::optional<TaskStatus> final_status(std::string_view terminal_type) {
  const auto input = input_of(terminal_type);
  return input ? transition(TaskStatus::kRunning, *input) : std::nullopt;
}

}  // namespace

Topic::Topic(Shelf& shelf, const TaskId& task) : shelf_(shelf), task_(task) {
  shelf_.feed.follow(task_, *this);
}

Topic::~Topic() {
  shelf_.feed.unfollow(task_);
  shelf_.ring_bytes -= ring_.bytes();
  shelf_.stats.subscriptions -= live_.size();
  if (!aside_) return;
  for (const Readers& each : aside_->readers) shelf_.stats.subscriptions -= each.size();
  if (aside_->busy) std::erase(shelf_.busy, this);
  if (aside_->owing) std::erase(shelf_.owing, this);
  if (aside_->retries) std::erase(shelf_.to_retry, this);
}

void Topic::on_acknowledged() {
  listening_ = true;
  resume();
}

void Topic::on_lost() {
  listening_ = false;
  if (!aside_) return;
  aside_->held.clear();
  aside_->held_over = false;
}

void Topic::resume() {
  if (known_) {
    mending_ = true;
    ask_after_newest();
  }
  if (!aside_) return;
  oldest_last(State::kWaiting);  // Its page serves those after it, through the ring.
  for (size_t at = readers(State::kWaiting).size(); at-- > 0;) {
    advance(*readers(State::kWaiting)[at]);
  }
}

void Topic::retry() {
  aside().retries = false;
  if (!listening_) return;  // Then on_acknowledged() is to come.
  const bool asked = std::any_of(aside_->reads.begin(), aside_->reads.end(),
                                 [](const Read& read) { return read.mends; });
  if (mending_ && !asked) ask_after_newest();
  wake_waiting();
  tidy();
}

bool Topic::watch() {
  const bool quiet =
      !heard_ && listening_ && known_ && !mending_ && !idle() && (!aside_ || aside_->reads.empty());
  heard_ = false;
  if (quiet) ask(page_after(newest_), true);
  return quiet;
}

void Topic::on_live(const LiveEvent& event) {
  heard_ = true;
  if (!listening_) return;
  if (!known_ || mending_) {
    hold(event);
    return;
  }
  switch (judge(event.cursor)) {
    case Verdict::kNext:
      accept(sse::event_frame(event.cursor, event.type, event.json));
      return;
    case Verdict::kRepeat:
      ++shelf_.stats.repeats;
      return;
    case Verdict::kDoubtful:
      // Not held: the read that mends is answered after this event was stored, and so has it.
      mend();
  }
}

Topic::Verdict Topic::judge(const Cursor& cursor) const {
  if (cursor.seq == newest_.seq + 1) return end_status_ ? Verdict::kDoubtful : Verdict::kNext;
  const bool repeat =
      cursor == newest_ || (ring_.holds(cursor.seq) && ring_[cursor.seq]->cursor() == cursor);
  return repeat ? Verdict::kRepeat : Verdict::kDoubtful;
}

void Topic::accept(const FramePtr& frame) {
  newest_ = frame->cursor();
  there_ = true;
  if (first_.seq == 0) first_ = newest_;
  // What was pending before this frame counts, so that one large event closes nobody.
  const size_t most = shelf_.limits.sink_pending_bytes_max + frame->bytes().size();
  deliver_to_live(frame, most);
  if (aside_) deliver_to_selective(frame, most);
  if (!shelf_.slow.empty()) close_slow();
  keep_in_ring(frame);
  if (!frame->terminal()) return;
  end_status_ = final_status(frame->type());
  end_live();
}

void Topic::deliver_to_live(const FramePtr& frame, size_t most) {
  for (const Live& reader : live_) {
    if (reader.sink->deliver(frame) > most) [[unlikely]] {
      shelf_.slow.push_back(reader.subscription.get());
    }
  }
  shelf_.stats.deliveries += live_.size();
}

void Topic::deliver_to_selective(const FramePtr& frame, size_t most) {
  const Readers& unnamed = readers(State::kUnnamed);
  if (!unnamed.empty()) {
    const FramePtr& bare = shelf_.forms.of(frame, FrameForm::kUnnamed);
    for (const auto& reader : unnamed) {
      if (reader->sink.deliver(bare) > most) shelf_.slow.push_back(reader.get());
    }
    shelf_.stats.deliveries += unnamed.size();
  }
  bool owing = false;
  for (const auto& reader : readers(State::kFiltered)) {
    if (deliver(*reader, frame) > most) shelf_.slow.push_back(reader.get());
    owing |= reader->selection->owes_progress;
  }
  if (!owing || aside_->owing) return;
  aside_->owing = true;
  shelf_.owing.push_back(this);
}

void Topic::close_slow() {
  std::vector<Subscription*> slow;
  slow.swap(shelf_.slow);
  for (Subscription* const each : slow) close(*each, CloseReason::kSlow);
  slow.clear();
  slow.swap(shelf_.slow);  // Keeps the memory.
}

void Topic::keep_in_ring(const FramePtr& frame) {
  const Limits& limits = shelf_.limits;
  const size_t before = ring_.bytes();
  ring_.push(frame);
  while (!ring_.empty() &&
         (ring_.size() > limits.ring_frames_max || ring_.bytes() > limits.ring_bytes_max)) {
    ring_.pop_oldest();
  }
  shelf_.ring_bytes += ring_.bytes() - before;
}

void Topic::shrink_ring(size_t bytes) {
  const size_t before = ring_.bytes();
  while (ring_.bytes() > bytes) ring_.pop_oldest();
  shelf_.ring_bytes -= before - ring_.bytes();
}

void Topic::halve_ring() {
  shrink_ring(ring_.bytes() / 2);
}

void Topic::hold(const LiveEvent& event) {
  // Without a read under way there will be one, which then has this event.
  if (!aside_ || aside_->reads.empty()) return;
  if (aside_->held.size() >= shelf_.limits.held_frames_max) {
    aside_->held_over = true;
    return;
  }
  aside_->held.push_back(sse::event_frame(event.cursor, event.type, event.json));
}

void Topic::release_held() {
  if (!aside_ || mending_) return;
  Frames held;
  held.swap(aside_->held);
  bool doubtful = std::exchange(aside_->held_over, false);
  for (const FramePtr& frame : held) {
    switch (judge(frame->cursor())) {
      case Verdict::kNext:
        accept(frame);
        break;
      case Verdict::kRepeat:
        ++shelf_.stats.repeats;
        break;
      case Verdict::kDoubtful:
        doubtful = true;
    }
  }
  if (doubtful) mend();
}

void Topic::mend() {
  if (mending_) return;
  mending_ = true;
  ++shelf_.stats.repairs;
  ask_after_newest();
}

void Topic::ask_after_newest() {
  ask(page_after(newest_), true);
  aside_->reads.back().mends = true;
}

void Topic::ask(const broker::ReadRange& range, bool of_topic) {
  Aside& side = aside();
  side.reads.push_back({.range = range,
                        .number = ++side.reads_ever,
                        .of_topic = of_topic,
                        .stood = known_ ? std::optional(newest_) : std::nullopt});
  shelf_.feed.read(task_, range);
}

void Topic::on_page(Result<broker::Page> page) {
  TF_ASSERT_TEXT(aside_ && !aside_->reads.empty(), task_.str());
  const Read read = std::move(aside_->reads.front());
  aside_->reads.erase(aside_->reads.begin());
  if (!page || !listening_) {
    failed(read, page);
    return;
  }
  Frames frames;
  frames.reserve(page->events.size());
  for (const StoredEvent& event : page->events) {
    frames.push_back(sse::event_frame(event.cursor, event.type, event.json));
  }
  learn(read, *page, frames);
  if (read.mends) mending_ = false;
  release_held();
  serve_page(read, *page, frames);
  wake_waiting();
  tidy();
}

void Topic::failed(const Read& read, const Result<broker::Page>& page) {
  Readers& reading = readers(State::kReading);
  for (size_t at = reading.size(); at-- > 0;) {
    if (reading[at]->catch_up->read == read.number) move_to(*reading[at], State::kWaiting);
  }
  if (!listening_ || aside_->retries) return;
  shelf_.log.warn("history of " + task_.str() + " cannot be read yet: " + page.error().text);
  aside_->retries = true;
  shelf_.to_retry.push_back(this);
}

void Topic::learn(const Read& read, const broker::Page& page, const Frames& frames) {
  first_ = page.first.value_or(Cursor());
  const bool was_there = std::exchange(there_, page.status.has_value());
  if (known_ && was_there && !there_) return vanish();
  if (!known_) {
    known_ = true;
    stand_at(page, frames);
    return;
  }
  if (contradicts(read, page, frames)) {
    shelf_.log.warn("history of " + task_.str() + " was replaced after " + newest_.str() +
                    "; its readers are told");
    start_over(page, frames);
    return;
  }
  if (follows_newest(read, page, frames)) {
    for (const FramePtr& frame : frames) {
      if (frame->cursor().seq == newest_.seq + 1) accept(frame);
    }
  }
  if (frames.size() > ring_.size()) fill_ring(frames);
  // More than a page, or trimmed: each live reader goes on from its own cursor.
  if (read.of_topic && newest_.seq < page.last.seq) start_over(page, frames);
  if (end_status_ || newest_ != page.last || !page.status || !is_terminal(*page.status)) return;
  end_status_ = page.status;
  end_live();
}

/// Whether what was accepted before the read was made is no longer history.
bool Topic::contradicts(const Read& read, const broker::Page& page, const Frames& frames) const {
  if (!read.stood || read.stood->seq == 0) return false;
  const Cursor& stood = *read.stood;
  const Cursor& after = read.range.after;
  if (end_status_ && page.last.seq > newest_.seq) return true;  // Nothing comes after an end.
  if (page.last.seq < stood.seq) return true;
  if (page.last.seq == stood.seq) return page.last != stood;
  const bool there = page.anchor == broker::Anchor::kMatches;
  if (after == stood && page.anchor == broker::Anchor::kMismatch) return true;
  if (there && after.seq == stood.seq && after != stood) return true;
  if (frames.empty()) return false;
  const uint64_t from = frames.front()->cursor().seq;
  return stood.seq >= from && stood.seq - from < frames.size() &&
         frames[stood.seq - from]->cursor() != stood;
}

/// Whether the page is seen to go on from newest_: not every read was made after it.
bool Topic::follows_newest(const Read& read, const broker::Page& page, const Frames& frames) const {
  if (frames.empty()) return false;
  const uint64_t from = frames.front()->cursor().seq;
  if (from == newest_.seq + 1) {
    return newest_.seq == 0 || (read.range.after == newest_ &&
                                (page.anchor == broker::Anchor::kMatches || read.of_topic));
  }
  return newest_.seq >= from && newest_.seq - from < frames.size() &&
         frames[newest_.seq - from]->cursor() == newest_;
}

void Topic::stand_at(const broker::Page& page, const Frames& frames) {
  newest_ = page.last;
  const bool over = page.status && is_terminal(*page.status);
  end_status_ = over ? page.status : std::nullopt;
  shrink_ring(0);
  fill_ring(frames);
}

/// With the end of a page, where it reaches up to now.
void Topic::fill_ring(const Frames& frames) {
  if (frames.empty() || frames.back()->cursor() != newest_) return;
  shrink_ring(0);
  for (const FramePtr& frame : frames) keep_in_ring(frame);
}

void Topic::start_over(const broker::Page& page, const Frames& frames) {
  const Cursor reached = newest_;
  stand_at(page, frames);
  std::vector<Live> live;
  live.swap(live_);
  if (!live.empty()) aside();
  for (Live& each : live) {
    Subscription& reader = *each.subscription;
    put(std::move(each.subscription), State::kReady);
    fall_behind(reader, reached);
  }
  if (!aside_) return;
  for (const State state : {State::kUnnamed, State::kFiltered}) {
    while (!readers(state).empty()) {
      Subscription& reader = *readers(state).back();
      move_to(reader, State::kReady);
      fall_behind(reader, reached);
    }
  }
}

/// What its readers had is no history any more, and nothing will follow, unless a task of this id
/// is created anew: the topic then stands at its beginning.
void Topic::vanish() {
  shelf_.log.warn("the task " + task_.str() + " is gone from Redis; its readers are told");
  const Cursor reached = newest_;
  stand_at({}, {});
  const FramePtr end = sse::end_frame("gone", newest_);
  while (!live_.empty()) {
    Subscription& reader = *live_.back().subscription;
    fall_behind(reader, reached);
    let_go(reader, end);
  }
  if (!aside_) return;
  for (Readers& each : aside_->readers) {
    while (!each.empty()) {
      Subscription& reader = *each.back();
      if (!reader.catch_up) fall_behind(reader, reached);
      let_go(reader, end);
    }
  }
}

void Topic::end_live() {
  const FramePtr end = end_frame();
  while (!live_.empty()) finish(*live_.back().subscription, end);
  if (!aside_) return;
  for (const State state : {State::kUnnamed, State::kFiltered}) {
    while (!readers(state).empty()) finish(*readers(state).back(), end);
  }
}

}  // namespace taskfeed::hub
