#include "hub/many_reader.h"

#include <algorithm>
#include <cstdint>

#include "broker/registry.h"

namespace taskfeed::hub {
namespace {

/// Subscriptions that read at a time. Each may hand over a page of a quarter of the Sink's budget.
constexpr size_t kBeginningMax = 4;
constexpr Milliseconds kPlaceInterval{1'000};
/// A Sink that is cut off again and again gets so far each time.
constexpr size_t kPlaceBytes = 64 * 1024;
/// The least text of one open task in a cursor: ".T.0-0". More tasks than fit are not tried.
constexpr size_t kOpenTaskBytesMin = 6;

}  // namespace

ManyReader::ManyReader(Topics& topics, Shelf& shelf, KeyedFrames& keyed, const ManyOptions& options,
                       Sink& out)
    : topics_(topics),
      shelf_(shelf),
      keyed_(keyed),
      options_(options),
      form_(frame_form(options.event_names, options.nested)),
      out_(out),
      registry_at_(options.from.registry) {
  for (const auto& [task, at] : options.from.open) add(task, at);
}

ManyReader::~ManyReader() {
  drop(ear_.subscription);
  for (auto& [task, member] : members_) drop(member.subscription);
}

void ManyReader::drop(Subscription*& subscription) {
  if (subscription != nullptr) subscription->topic.remove(*subscription);
  subscription = nullptr;
}

void ManyReader::add(const TaskId& task, const Cursor& at) {
  const auto [place, fresh] = members_.try_emplace(task, *this, task, at);
  if (fresh) to_begin_.push_back(&place->second);
}

size_t ManyReader::take(Member& member, const FramePtr& frame) {
  if (over_) return 0;
  if (frame->cursor().seq == 0) return take_control(member, *frame);
  member.at = frame->cursor();
  moved_ = true;
  if (sse::is_progress(*frame)) return out_.pending_bytes();
  return pass(keyed_.of(frame, form_, shelf_.forms));
}

size_t ManyReader::take_control(const Member& member, const Frame& frame) {
  // stream.open says how one task's stream begins; what of it is a loss comes as stream.gap.
  if (frame.type() == "stream.open") return out_.pending_bytes();
  return pass(sse::frame_of_task(frame, member.task));
}

size_t ManyReader::pass(const FramePtr& frame) {
  bytes_since_ += frame->bytes().size();
  const size_t unsent = out_.deliver(frame);
  // The topics look at what is live. Here also pages count, of several tasks at a time.
  if (unsent > 2 * shelf_.limits.sink_pending_bytes_max + frame->bytes().size()) {
    end(CloseReason::kSlow);
  }
  return unsent;
}

void ManyReader::left(Member& member, CloseReason reason) {
  member.subscription = nullptr;
  if (reason != CloseReason::kEnded) return end(reason);
  member.ended = true;
  moved_ = true;
  ended_.push_back(&member);
}

size_t ManyReader::take_registration(const Frame& frame) {
  if (over_) return 0;
  if (frame.cursor().seq == 0) {
    if (frame.type() == "stream.gap") pass(sse::frame_of_task(frame, std::nullopt));
    return 0;
  }
  // One that was refused must not be followed by one that is taken.
  if (full_ || members_.size() >= shelf_.limits.many_tasks_max) {
    if (!std::exchange(full_, true)) tell_state();
    return SIZE_MAX;
  }
  registry_at_ = frame.cursor();
  moved_ = true;
  std::string room;
  const auto registration = broker::read_registration(sse::data_of(frame, room));
  if (registration && options_.selection.takes(registration->agent)) add(registration->task, {});
  return 0;
}

size_t ManyReader::Ear::pending_bytes() const {
  return reader.full_ ? SIZE_MAX : 0;
}

void ManyReader::Ear::closed(CloseReason reason) {
  subscription = nullptr;
  if (reason == CloseReason::kShutdown) return reader.end(reason);
  // The record of creations has no end; where Redis lost it, another begins.
  if (reason == CloseReason::kEnded) reader.registry_at_ = {};
}

void ManyReader::step() {
  if (over_) return;
  if (!opened_) open();
  sweep_ended();
  listen_for_new();
  begin_some();
  if (!options_.selection.open_ended() && members_.empty()) {
    tell_last_place();
    pass(sse::many_end_frame());
    return end(CloseReason::kEnded);
  }
  tell_place();
}

bool ManyReader::wants_step() const {
  if (over_ || !opened_ || !ended_.empty()) return true;
  if (to_begin_.empty() || waits_ || !has_room()) return false;
  return beginning_.size() < kBeginningMax ||
         std::any_of(beginning_.begin(), beginning_.end(), has_begun);
}

void ManyReader::open() {
  opened_ = true;
  const std::optional<std::string> place = place_text();
  resumable_ = place.has_value();
  pass(sse::many_open_frame({.replay = options_.replay,
                             .tasks = members_.size(),
                             .resumable = resumable_,
                             .heartbeat_interval = options_.heartbeat_interval}));
  if (options_.lost) pass(sse::lost_place_frame());
  for (const auto& [task, at] : options_.forgotten) pass(sse::forgotten_frame(task, at));
  ManyCursor none;
  none.mark = options_.selection.mark();
  none.lost = true;
  pass(sse::id_frame(place.value_or(none.str())));
  told_at_ = shelf_.clock.mono();
  bytes_since_ = 0;
  moved_ = false;
}

void ManyReader::sweep_ended() {
  if (ended_.empty()) return;
  std::erase_if(beginning_, [](const Member* member) { return member->ended; });
  for (const Member* const member : ended_) members_.erase(TaskId(member->task));
  ended_.clear();
}

void ManyReader::listen_for_new() {
  if (!options_.selection.open_ended()) return;
  if (full_) {
    if (members_.size() > shelf_.limits.many_tasks_max / 4 * 3) return;
    drop(ear_.subscription);
    full_ = false;
    tell_state();
  }
  if (ear_.subscription != nullptr) return;
  const Result<Topic*> topic = topics_.topic_of(broker::registry_id());
  if (topic) ear_.subscription = (*topic)->add({.after = registry_at_}, ear_);
}

/// Its Sink has no subscription any more, or one that is live.
bool ManyReader::has_begun(const Member* member) {
  return member->subscription == nullptr || member->subscription->catch_up == nullptr;
}

bool ManyReader::has_room() const {
  return out_.pending_bytes() <= shelf_.limits.sink_pending_bytes_max / 2;
}

void ManyReader::begin_some() {
  waits_ = false;
  std::erase_if(beginning_, has_begun);
  while (!to_begin_.empty() && beginning_.size() < kBeginningMax && has_room()) {
    Member& next = *to_begin_.front();
    const Result<Topic*> topic = topics_.topic_of(next.task);
    waits_ = !topic.ok();
    if (waits_) return;
    next.subscription = (*topic)->add(options_after(next.at), next);
    to_begin_.pop_front();
    beginning_.push_back(&next);
  }
}

StreamOptions ManyReader::options_after(const Cursor& at) const {
  return {.after = at, .filter = options_.filter, .since = options_.since};
}

std::optional<std::string> ManyReader::place_text() const {
  if (members_.size() * kOpenTaskBytesMin > kManyCursorBytesMax) return std::nullopt;
  ManyCursor place{.mark = options_.selection.mark(), .registry = registry_at_, .open = {}};
  for (const auto& [task, member] : members_) {
    if (!member.ended) place.open.emplace(task, member.at);
  }
  std::string text = place.str();
  if (text.size() > kManyCursorBytesMax) return std::nullopt;
  return text;
}

void ManyReader::tell_place() {
  if (!moved_) return;
  const MonoTime now = shelf_.clock.mono();
  if (now - told_at_ < kPlaceInterval && bytes_since_ < kPlaceBytes) return;
  tell_last_place();
}

void ManyReader::tell_last_place() {
  if (over_ || !opened_ || !moved_) return;
  const std::optional<std::string> place = place_text();
  if (place.has_value() != resumable_) {
    // The id before stays: who comes back with it gets more again, and misses nothing.
    resumable_ = place.has_value();
    tell_state();
  }
  if (place) pass(sse::id_frame(*place));
  told_at_ = shelf_.clock.mono();
  bytes_since_ = 0;
  moved_ = false;
}

void ManyReader::tell_state() {
  pass(sse::many_state_frame({.tasks = members_.size(), .resumable = resumable_, .full = full_}));
}

}  // namespace taskfeed::hub
