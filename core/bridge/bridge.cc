#include "bridge/bridge.h"

#include <algorithm>
#include <numeric>

#include "base/text.h"

namespace taskfeed::bridge {
namespace {

constexpr size_t kChannelBytesShown = 128;

std::string shown(std::string_view channel) {
  return escape_controls(to_utf8(utf8_prefix(channel, kChannelBytesShown)));
}

}  // namespace

uint64_t Stats::unreadable_sum() const {
  return std::accumulate(unreadable.begin(), unreadable.end(), uint64_t{0});
}

Bridge::Bridge(const Ports& ports, const Options& options) : ports_(ports), options_(options) {
  const Limits& limits = options.limits;
  TF_ASSERT(limits.round_events_max > 0 && limits.call_events_max > 0);
  TF_ASSERT(limits.normalise.depth_max <= kJsonDepthMax);
  TF_ASSERT(limits.backoff_initial.count() > 0 && limits.backoff_initial <= limits.backoff_max);
}

void Bridge::heard(const Heard& heard, const Listener& listener) {
  ++stats_.heard;
  const Limits& limits = options_.limits;
  if (queue_.size() >= limits.queue_events_max || queue_bytes_ >= limits.queue_bytes_max) {
    overflow();
    return;
  }
  Normalised normalised = normalise(heard, limits.normalise, ports_.ids, ports_.clock.wall());
  if (const auto* refusal = std::get_if<Refusal>(&normalised)) {
    unreadable(heard, *refusal);
    return;
  }
  auto& reading = std::get<Reading>(normalised);
  queue_bytes_ += reading.event.json.size();
  queue_.push_back({.task = std::move(reading.task),
                    .agent = std::move(reading.agent),
                    .channel = std::string(heard.channel),
                    .handed = {std::move(reading.event), reading.identity, listener, ++serial_},
                    .heard_at = ports_.clock.mono()});
}

void Bridge::heard_too_large(const Heard& heard, size_t size) {
  ++stats_.heard;
  unreadable(heard, {Unreadable::kTooLarge, std::to_string(size) + " bytes", ""});
}

void Bridge::unreadable(const Heard& heard, const Refusal& refusal) {
  ++stats_.unreadable[static_cast<size_t>(refusal.reason)];
  const std::string reason(to_string(refusal.reason));
  const std::string looks = refusal.shape.empty() ? "" : ", it looks like " + refusal.shape;
  log_once(LogLevel::kWarning, reason + "\n" + std::string(heard.pattern) + "\n" + refusal.shape,
           "bridge: what is published on " + shown(heard.channel) + " cannot be read: " + reason +
               " (" + refusal.detail + looks + "); all of this shape is dropped and counted");
}

void Bridge::log_once(LogLevel level, const std::string& shape, const std::string& text) {
  if (shapes_.size() >= options_.limits.shapes_max || !shapes_.insert(shape).second) return;
  ports_.log.write(level, text);
  if (shapes_.size() == options_.limits.shapes_max) {
    ports_.log.warn("bridge: that was the last of " + std::to_string(shapes_.size()) +
                    " shapes of trouble to be logged; from here on they are only counted");
  }
}

void Bridge::overflow() {
  ++stats_.overflowed;
  if (overflowing_) return;
  overflowing_ = true;
  ports_.log.error("bridge: " + std::to_string(queue_.size()) + " events (" +
                   std::to_string(queue_bytes_) +
                   " bytes) wait to be stored, the most that may; what is published now is lost "
                   "until Redis takes them");
}

void Bridge::flush() {
  if (!round_.empty() || queue_.empty() || !ports_.store.ready()) return;
  if (ports_.clock.mono() < not_before_) return;
  build_round();
  ports_.store.store(round_, *this);
}

void Bridge::build_round() {
  const Limits& limits = options_.limits;
  const MonoTime now = ports_.clock.mono();
  std::unordered_map<TaskId, size_t> places;
  size_t bytes = 0;
  while (!queue_.empty() && round_events_ < limits.round_events_max) {
    Waiting& next = queue_.front();
    if (round_events_ > 0 && bytes + next.bytes() > limits.round_bytes_max) break;
    const auto [place, fresh] = places.emplace(next.task, round_.size());
    if (fresh) {
      round_.push_back(
          {.task = next.task, .events = {}, .record = std::nullopt, .look_back = false});
      origin_.emplace_back();
    }
    Call& call = round_[place->second];
    // The rest of this task goes with the next round: two calls of a task could be parted by a
    // failure of the first.
    if (call.events.size() >= limits.call_events_max) break;
    bytes += next.bytes();
    queue_bytes_ -= next.bytes();
    if (next.make && !call.record) call.record = record_of(next);
    call.look_back |= next.retried || now - next.heard_at > limits.look_back_after;
    call.events.push_back(std::move(next.handed));
    origin_[place->second].push_back(std::move(next));
    queue_.pop_front();
    ++round_events_;
  }
}

Task Bridge::record_of(const Waiting& first) const {
  const AgentId agent = first.agent ? *first.agent : AgentId::parse(kForeignAgent).value();
  const std::string channel = to_utf8(utf8_prefix(first.channel, kChannelBytesShown));
  return Task{.id = first.task,
              .spec = {.agent = agent,
                       .description = "Published on the channel " + channel,
                       .user_id = {},
                       .parameters = Json::object(),
                       .labels = {{std::string(kBridgedLabel), channel}}},
              .created_at = ports_.clock.wall(),
              .execution = {},
              .query = {},
              .streaming = {},
              .started_at = {},
              .completed_at = {},
              .result = {},
              .error = {},
              .last_event = {}};
}

void Bridge::on_stored(std::vector<Outcome> outcomes) {
  TF_ASSERT(outcomes.size() == round_.size());
  std::optional<std::string> failure;
  // From the back, so that what goes to the front of the queue stands in its order there.
  for (size_t at = round_.size(); at-- > 0;) {
    const Outcome& outcome = outcomes[at];
    std::vector<Waiting>& events = origin_[at];
    for (size_t n = 0; n < events.size(); ++n) events[n].handed = std::move(round_[at].events[n]);
    switch (outcome.kind) {
      case Outcome::Kind::kDone:
        TF_ASSERT(outcome.verdicts.size() == events.size());
        count(outcome.verdicts);
        if (round_[at].record) ++stats_.streams_made;
        break;
      case Outcome::Kind::kUnknownTask:
        unknown_task(events, round_[at].record.has_value());
        break;
      case Outcome::Kind::kRetry:
        failure = outcome.why;
        for (Waiting& event : events) event.retried = true;
        put_back(events);
        break;
      case Outcome::Kind::kRefused:
        stats_.refused += events.size();
        log_once(LogLevel::kError, "refused\n" + outcome.why,
                 "bridge: events of task " + events.front().task.str() +
                     " were refused and are dropped: " + outcome.why);
        break;
    }
  }
  round_.clear();
  origin_.clear();
  round_events_ = 0;
  const Limits& limits = options_.limits;
  if (failure) {
    if (backoff_.count() == 0) ports_.log.warn("bridge: events wait to be stored: " + *failure);
    backoff_ =
        backoff_.count() == 0 ? limits.backoff_initial : std::min(backoff_ * 2, limits.backoff_max);
    not_before_ = ports_.clock.mono() + backoff_;
    return;
  }
  backoff_ = Milliseconds(0);
  if (overflowing_ && queue_.size() < limits.queue_events_max / 2 &&
      queue_bytes_ < limits.queue_bytes_max / 2) {
    overflowing_ = false;
    ports_.log.warn("bridge: events are stored again; " +
                    std::to_string(stats_.overflowed - overflow_logged_) + " were lost meanwhile");
    overflow_logged_ = stats_.overflowed;
  }
  flush();
}

void Bridge::count(const std::vector<Verdict>& verdicts) {
  for (const Verdict verdict : verdicts) {
    switch (verdict) {
      case Verdict::kStored:
        ++stats_.stored;
        break;
      case Verdict::kSeen:
        ++stats_.seen;
        break;
      case Verdict::kEnded:
        ++stats_.ended;
        break;
      case Verdict::kHeld:
        ++stats_.held;
        break;
    }
  }
}

void Bridge::unknown_task(std::vector<Waiting>& events, bool was_to_be_made) {
  if (options_.create && !was_to_be_made && may_make()) {
    for (Waiting& event : events) event.make = true;
    put_back(events);
    return;
  }
  stats_.unknown_task += events.size();
  const std::string where = "task " + events.front().task.str() + ", heard on " +
                            shown(events.front().channel) + ", is not known: ";
  if (options_.create) {
    log_once(LogLevel::kWarning, "too many streams",
             "bridge: " + where + "more than " +
                 std::to_string(options_.limits.made_per_minute_max) +
                 " streams would be made within a minute; its events are dropped and counted");
  } else {
    log_once(LogLevel::kWarning, "unknown task",
             "bridge: " + where +
                 "create it first, or let the bridge make streams; events of unknown tasks are "
                 "dropped and counted");
  }
}

bool Bridge::may_make() {
  const MonoTime now = ports_.clock.mono();
  if (now - minute_began_ >= std::chrono::minutes(1)) {
    minute_began_ = now;
    made_this_minute_ = 0;
  }
  return ++made_this_minute_ <= options_.limits.made_per_minute_max;
}

void Bridge::put_back(std::vector<Waiting>& events) {
  for (auto event = events.rbegin(); event != events.rend(); ++event) {
    queue_bytes_ += event->bytes();
    queue_.push_front(std::move(*event));
  }
}

}  // namespace taskfeed::bridge
