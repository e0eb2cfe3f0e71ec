// Topic's readers that catch up: from pages of history, then from the ring, then live.
#include <algorithm>

#include "base/assert.h"
#include "hub/topic.h"

namespace taskfeed::hub {
namespace {

/// Stalled Sinks looked at in a turn, per topic: each look is likely a miss in the cache.
constexpr size_t kDrainLooksMax = 256;

/// The oldest event that can still be read has this seq, or will have.
uint64_t oldest_seq(const broker::Page& page) {
  return page.first ? page.first->seq : page.last.seq + 1;
}

bool same_range(const broker::ReadRange& one, const broker::ReadRange& other) {
  return one.after == other.after && one.newest == other.newest && one.limit == other.limit;
}

}  // namespace

bool Topic::has_enough(const Subscription& subscription) const {
  return subscription.sink.pending_bytes() > shelf_.limits.sink_pending_bytes_max / 2;
}

/// A quarter of what a Sink may hold: with the half above which it waits, a page never fills it.
broker::ReadRange Topic::page_after(const Cursor& cursor) const {
  broker::ReadRange range;
  range.after = cursor;
  range.bytes_max =
      std::clamp<size_t>(shelf_.limits.sink_pending_bytes_max / 4, 1, broker::kPageBytesMax);
  return range;
}

void Topic::proceed() {
  drain_some();
  Readers& ready = readers(State::kReady);
  while (!ready.empty() && shelf_.frames_left > 0) advance(*ready.back());
  aside_->busy = !ready.empty() || !readers(State::kDraining).empty();
  if (aside_->busy) shelf_.busy.push_back(this);
  tidy();
}

void Topic::drain_some() {
  const Readers& draining = readers(State::kDraining);
  const MonoTime now = shelf_.clock.mono();
  for (size_t looks = std::min(draining.size(), kDrainLooksMax); looks > 0; --looks) {
    if (aside_->drain_hand >= draining.size()) aside_->drain_hand = 0;
    Subscription& reader = *draining[aside_->drain_hand];
    CatchUp& way = *reader.catch_up;
    if (!has_enough(reader)) {
      move_to(reader, State::kReady);
      continue;
    }
    const size_t unsent = reader.sink.pending_bytes();
    if (unsent != way.unsent) {
      way.unsent = unsent;
      way.unsent_since = now;
    } else if (now - way.unsent_since >= shelf_.limits.stall_interval) {
      close(reader, CloseReason::kSlow);
      continue;
    }
    ++aside_->drain_hand;
  }
}

void Topic::wake_waiting() {
  while (!mending_ && aside_ && !readers(State::kWaiting).empty()) {
    move_to(*readers(State::kWaiting).back(), State::kReady);
  }
}

/// The reader's one step, until it waits for something or leaves the readers that catch up.
void Topic::advance(Subscription& subscription) {
  CatchUp& way = *subscription.catch_up;
  for (;;) {
    if (!listening_) return move_to(subscription, State::kWaiting);
    if (shelf_.frames_left == 0) return move_to(subscription, State::kReady);
    --shelf_.frames_left;
    if (has_enough(subscription)) {
      way.unsent = subscription.sink.pending_bytes();
      way.unsent_since = shelf_.clock.mono();
      return move_to(subscription, State::kDraining);
    }
    if (!known_ || (!way.opened && !open_from_here(subscription))) return read_for(subscription);
    if (way.cursor == newest_) {
      return end_status_ ? finish(subscription, end_frame()) : go_live(subscription);
    }
    if (way.cursor.seq > newest_.seq && !way.mended) {
      // Its page had events that are still on their way here, or were lost on it.
      way.mended = true;
      mend();
      return move_to(subscription, State::kWaiting);
    }
    if (!serve_from_ring(subscription)) return read_for(subscription);
  }
}

/// stream.open without a read, where what the topic knows is enough. False where it is not.
bool Topic::open_from_here(Subscription& subscription) {
  if (mending_) return false;
  CatchUp& way = *subscription.catch_up;
  if (way.cursor.seq > 0) {
    const bool known = judge(way.cursor) == Verdict::kRepeat;
    if (known) open(subscription, sse::Replay::kComplete);
    return known;
  }
  if (!way.include_history) {
    way.cursor = newest_;
    open(subscription, sse::Replay::kLive);
    tell_place(subscription);
    return true;
  }
  const uint64_t wanted = way.history_newest.value_or(newest_.seq);
  if (wanted < newest_.seq) {
    const uint64_t before = newest_.seq - wanted;
    if (before != newest_.seq && !ring_.holds(before)) return false;
    way.cursor = before == newest_.seq ? newest_ : ring_[before]->cursor();
    open(subscription, sse::Replay::kPartial);
    return true;
  }
  if (newest_.seq > 0 && (ring_.empty() || ring_.first_seq() != 1)) return false;
  open(subscription, sse::Replay::kComplete);
  if (way.history_newest && newest_.seq == 0) tell_place(subscription);
  return true;
}

/// False where the ring does not hold the reader's place, or another event stands there.
bool Topic::serve_from_ring(Subscription& subscription) {
  CatchUp& way = *subscription.catch_up;
  const uint64_t seq = way.cursor.seq;
  const bool from_start = seq == 0 && !ring_.empty() && ring_.first_seq() == 1;
  if (!from_start && (!ring_.holds(seq) || ring_[seq]->cursor() != way.cursor)) return false;
  const size_t enough = shelf_.limits.sink_pending_bytes_max / 2;
  for (uint64_t next = seq + 1; next <= newest_.seq; ++next) {
    const FramePtr& frame = ring_[next];
    if (shelf_.frames_left > 0) --shelf_.frames_left;
    way.cursor = frame->cursor();
    if (deliver(subscription, frame) > enough) break;
  }
  return true;
}

void Topic::read_for(Subscription& subscription) {
  CatchUp& way = *subscription.catch_up;
  way.mended = false;
  broker::ReadRange range = page_after(way.cursor);
  if (!way.opened && way.cursor.seq == 0) {
    range.newest = way.include_history ? way.history_newest : 1;
    if (!way.include_history) range.limit = 1;
  }
  std::vector<Read>& reads = aside().reads;
  const auto under_way = std::find_if(reads.begin(), reads.end(), [&range](const Read& read) {
    return same_range(read.range, range);
  });
  if (under_way != reads.end()) {
    way.read = under_way->number;
  } else if (reads.size() >= shelf_.limits.reads_max) {
    return move_to(subscription, State::kWaiting);
  } else {
    ask(range, false);
    way.read = reads.back().number;
  }
  move_to(subscription, State::kReading);
}

void Topic::serve_page(const Read& read, const broker::Page& page, const Frames& frames) {
  if (!aside_) return;
  FramePtr progress;
  bool served = false;
  for (size_t at = readers(State::kReading).size(); at-- > 0;) {
    Subscription& reader = *readers(State::kReading)[at];
    if (reader.catch_up->read != read.number) continue;
    if (served && shelf_.frames_left < frames.size()) {
      move_to(reader, State::kReady);  // Another turn: from the ring, or from a page again.
      continue;
    }
    served = true;
    shelf_.frames_left -= std::min(shelf_.frames_left, frames.size());
    take_page(reader, page, frames, progress);
    advance(reader);
  }
}

void Topic::take_page(Subscription& subscription, const broker::Page& page, const Frames& frames,
                      FramePtr& progress) {
  CatchUp& way = *subscription.catch_up;
  const bool opens = !way.opened;
  if (opens) open_with(subscription, page);
  const bool live_only = opens && way.cursor.seq == 0 && !way.include_history;
  if (live_only) {
    way.cursor = page.last;
    tell_place(subscription);
    return;
  }
  if (opens && way.cursor.seq == 0 && way.history_newest) {
    way.cursor.seq = page.last.seq - std::min(*way.history_newest, page.last.seq);
    if (page.last.seq == 0) tell_place(subscription);
  }
  tell_gap(subscription, page);
  for (const FramePtr& frame : frames) deliver(subscription, frame);
  if (!frames.empty()) {
    way.cursor = frames.back()->cursor();
  } else if (!page.more) {
    way.cursor = page.last;
  }
  if (!subscription.selection || !std::exchange(subscription.selection->owes_progress, false)) {
    return;
  }
  if (!progress) progress = sse::progress_frame(way.cursor);
  subscription.sink.deliver(progress);
}

void Topic::open_with(Subscription& subscription, const broker::Page& page) {
  const CatchUp& way = *subscription.catch_up;
  const bool replaced =
      page.anchor == broker::Anchor::kMismatch || page.anchor == broker::Anchor::kAhead;
  sse::Replay replay = replaced ? sse::Replay::kReset : sse::Replay::kComplete;
  if (way.cursor.seq > 0) {
    if (!replaced && oldest_seq(page) > way.cursor.seq + 1) replay = sse::Replay::kPartial;
  } else if (!way.include_history) {
    replay = sse::Replay::kLive;
  } else if (oldest_seq(page) > 1 || way.history_newest.value_or(page.last.seq) < page.last.seq) {
    replay = sse::Replay::kPartial;
  }
  subscription.catch_up->opened = true;
  subscription.sink.deliver(
      sse::open_frame({.task = task_,
                       .replay = replay,
                       .first = page.first,
                       .last = page.last.seq > 0 ? std::optional(page.last) : std::nullopt,
                       .heartbeat_interval = way.heartbeat_interval}));
}

void Topic::open(Subscription& subscription, sse::Replay replay) {
  subscription.catch_up->opened = true;
  subscription.sink.deliver(
      sse::open_frame({.task = task_,
                       .replay = replay,
                       .first = first_.seq > 0 ? std::optional(first_) : std::nullopt,
                       .last = newest_.seq > 0 ? std::optional(newest_) : std::nullopt,
                       .heartbeat_interval = subscription.catch_up->heartbeat_interval}));
}

/// A reader that begins elsewhere than at the beginning has a cursor before its first event: were
/// it cut off, it would otherwise begin anew somewhere else, and miss what came meanwhile.
void Topic::tell_place(Subscription& subscription) {
  subscription.sink.deliver(sse::progress_frame(subscription.catch_up->cursor));
}

/// `to` is the last event before those that follow.
void Topic::tell_gap(Subscription& subscription, const broker::Page& page) {
  CatchUp& way = *subscription.catch_up;
  const Cursor before_oldest{oldest_seq(page) - 1, 0};
  const bool replaced =
      page.anchor == broker::Anchor::kMismatch || page.anchor == broker::Anchor::kAhead ||
      (way.cursor.seq == page.last.seq && way.cursor.tag != 0 && way.cursor != page.last);
  if (!replaced && before_oldest.seq <= way.cursor.seq) return;
  const auto reason = replaced ? sse::GapReason::kReset : sse::GapReason::kTrimmed;
  ++shelf_.stats.gaps;
  subscription.sink.deliver(sse::gap_frame(way.cursor, before_oldest, reason));
  way.cursor = before_oldest;
  // What was passed over before is behind the gap. No event stands where the gap ends, so that an
  // id of it would be a cursor that names none.
  if (subscription.selection) subscription.selection->owes_progress = false;
}

/// The last words to a reader whose task is gone.
void Topic::let_go(Subscription& subscription, const FramePtr& end) {
  const CatchUp& way = *subscription.catch_up;
  const bool had_some = way.cursor.seq > 0;
  if (!way.opened) {
    const sse::Replay from_start =
        way.include_history ? sse::Replay::kComplete : sse::Replay::kLive;
    open(subscription, had_some ? sse::Replay::kReset : from_start);
  }
  if (had_some) {
    ++shelf_.stats.gaps;
    subscription.sink.deliver(sse::gap_frame(way.cursor, newest_, sse::GapReason::kReset));
  }
  if (subscription.selection) subscription.selection->owes_progress = false;
  finish(subscription, end);
}

/// As the reader wants it; the Sink's answer, or 0 where it is passed over.
size_t Topic::deliver(Subscription& subscription, const FramePtr& frame) {
  Selection* const selection = subscription.selection.get();
  if (selection != nullptr && selection->passes_over(*frame)) {
    selection->owes_progress = true;
    return 0;
  }
  ++shelf_.stats.deliveries;
  if (selection == nullptr) return subscription.sink.deliver(frame);
  selection->owes_progress = false;
  return subscription.sink.deliver(shelf_.forms.of(frame, selection->form));
}

void Topic::go_live(Subscription& subscription) {
  subscription.catch_up.reset();
  State state = State::kLive;
  if (const Selection* const selection = subscription.selection.get()) {
    const bool unnamed_alone =
        selection->filter.empty() && !selection->since && selection->form == FrameForm::kUnnamed;
    state = unnamed_alone ? State::kUnnamed : State::kFiltered;
    if (selection->owes_progress && !aside_->owing) {
      aside_->owing = true;
      shelf_.owing.push_back(this);
    }
  }
  move_to(subscription, state);
}

/// A live reader has had every event up to `reached`.
void Topic::fall_behind(Subscription& subscription, const Cursor& reached) {
  subscription.catch_up = std::make_unique<CatchUp>();
  subscription.catch_up->cursor = reached;
  subscription.catch_up->opened = true;
}

}  // namespace taskfeed::hub
