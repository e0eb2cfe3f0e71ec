#include "engine/journal.h"

#include <algorithm>

#include "base/text.h"
#include "engine/folded.h"
#include "event/json.h"

namespace taskfeed::engine {
namespace {

/// Below the window within which the broker recognises a repetition.
constexpr size_t kCommitEventsMax = broker::kRepeatWindow / 2;
constexpr size_t kCommitBytesMax = 1024 * 1024;

void cut_texts(Json& json, size_t bytes_max) {
  if (json.is_string()) {
    const auto& text = json.get_ref<const std::string&>();
    if (text.size() > bytes_max) json = std::string(utf8_prefix(text, bytes_max)) + "…[cut]";
  } else if (json.is_structured()) {
    for (Json& member : json) cut_texts(member, bytes_max);
  }
}

/// An event that is too large for the stream loses the ends of its texts, visibly, and in the end
/// its payload but for what it is about; the fact itself is never lost.
EncodedEvent fit(Event& event) {
  for (size_t bytes_max = 64 * 1024; bytes_max >= 64; bytes_max /= 4) {
    Result<EncodedEvent> encoded = encode(event);
    if (encoded) return *std::move(encoded);
    cut_texts(event.payload, bytes_max);
  }
  Json kept{{"cut", true}};
  for (const std::string_view key : {"call_id", "tool_call_id", "tool", "step", "attempt"}) {
    const Json* const value = find(event.payload, key);
    if (value != nullptr && !value->is_structured()) kept[key] = *value;
  }
  event.payload = std::move(kept);
  return encode(event).value();
}

/// A completed step is never carried out again, nor is a completed call, where its runner goes by
/// the history. One that does not would pay for the same calls under worker after worker, so calls
/// count at the first attempts only.
bool is_progress(std::string_view type, int attempt, const WorkerLimits& limits) {
  if (type == types::kStepCompleted) return true;
  const bool call = type == types::kLlmCallCompleted || type == types::kToolCallCompleted;
  return call && attempt <= limits.attempts_with_progress_max;
}

bool may_pass(Errc code) {
  return code == Errc::kUnavailable || code == Errc::kTimeout || code == Errc::kFull;
}

}  // namespace

Journal::Journal(const Ports& ports, const WorkerLimits& limits, Waiter& waiter, Mailbox& mailbox,
                 broker::Claimed claimed)
    : ports_(ports),
      limits_(limits),
      waiter_(waiter),
      mailbox_(mailbox),
      claimed_(std::move(claimed)),
      state_(workflow::initial_state()),
      backoff_(limits.backoff_first) {}

Result<void> Journal::catch_up() {
  Result<workflow::State> state = folded_state(ports_.events, claimed_.stored);
  if (!state) return state.error();
  state_ = *std::move(state);
  return {};
}

Event Journal::make_event(std::string_view type, Json payload) const {
  Event event{.id = ports_.ids.uuid7(),
              .type = EventType::parse(type).value(),
              .time = ports_.clock.wall(),
              .task = task().id,
              .agent = task().spec.agent,
              .execution = task().execution};
  if (payload.is_object()) {
    for (auto& [key, value] : payload.items()) {
      if (!is_reserved_key(key)) event.payload[key] = std::move(value);
    }
  }
  return event;
}

void Journal::record(Event event) {
  EncodedEvent encoded = fit(event);
  const Cursor place{state_.folded.seq + 1, event.id.low32()};
  const bool progress = is_progress(event.type.str(), state_.step.attempt, limits_);
  bool changed = false;
  if (workflow::is_passing(event.type.str())) {
    state_ = workflow::evolve(std::move(state_), event, place);
  } else {
    workflow::State unchanged = state_;
    unchanged.folded = place;
    state_ = workflow::evolve(std::move(state_), event, place);
    state_.folded = place;
    changed = state_ != unchanged;
  }
  outbox_bytes_ += encoded.json.size();
  outbox_.push_back({std::move(encoded), changed, progress});
  state_.folded = place;
}

void Journal::take_signals(const std::string& id) {
  if (id.empty()) return;
  taken_ = id;
  mailbox_.answered(id);
}

bool Journal::full() const {
  return outbox_.size() >= limits_.outbox_events_max || outbox_bytes_ >= limits_.outbox_bytes_max;
}

bool Journal::due(Keep keep) const {
  return in_flight_ || pending() || (keep == Keep::kNothing && !released_);
}

Written Journal::flush(Keep keep) {
  const MonoTime give_up_at = ports_.clock.mono() + limits_.commit_patience;
  while (due(keep)) {
    const Written written = try_once(keep);
    if (written == Written::kLost) return written;
    if (written == Written::kYes) continue;
    if (mailbox_.stopping() || ports_.clock.mono() >= give_up_at) return Written::kLater;
    waiter_.wait(std::max(Milliseconds(1), not_before_ - ports_.clock.mono()), mailbox_);
  }
  return lost_ ? Written::kLost : Written::kYes;
}

Written Journal::flush_some() {
  if (full()) return flush();
  while (due(Keep::kLease)) {
    if (ports_.clock.mono() < not_before_) return Written::kLater;
    const Written written = try_once(Keep::kLease);
    if (written != Written::kYes) return written;
  }
  return lost_ ? Written::kLost : Written::kYes;
}

broker::Commit Journal::next_commit(Keep keep) {
  broker::Commit commit{.task = task().id,
                        .lease = claimed_.lease,
                        .version = {},
                        .snapshot = {},
                        .events = {},
                        .signals_taken = {}};
  bool workflow = false;
  size_t bytes = 0;
  for (const Kept& kept : outbox_) {
    if (commit.events.size() >= kCommitEventsMax || bytes >= kCommitBytesMax) break;
    commit.events.push_back(kept.event);
    bytes += kept.event.json.size();
    workflow = workflow || kept.workflow;
    commit.progress = commit.progress || kept.progress;
  }
  // The snapshot is the state after all that has been recorded: it goes with the last of it.
  if (commit.events.size() < outbox_.size()) return commit;
  commit.release = keep == Keep::kNothing;
  commit.signals_taken = taken_;
  if (workflow) {
    commit.version = claimed_.stored.version;
    commit.snapshot = broker::Snapshot{workflow::with_state(task(), state_),
                                       dump_json(workflow::state_to_json(state_))};
  }
  return commit;
}

Written Journal::try_once(Keep keep) {
  if (lost_ || mailbox_.lost()) {
    lost_ = true;
    return Written::kLost;
  }
  if (!in_flight_) {
    in_flight_ = next_commit(keep);
    in_flight_events_ = in_flight_->events.size();
  }
  const Result<broker::Committed> answer = ports_.tasks.commit(*in_flight_);
  if (!answer) return refused(answer.error());
  committed(*answer);
  return Written::kYes;
}

Written Journal::refused(const Error& error) {
  if (may_pass(error.code)) {
    if (!in_flight_->maybe_repeated) {
      ports_.log.warn("task " + task().id.str() + ": its events wait: " + error.text);
    }
    in_flight_->maybe_repeated = true;
    not_before_ = ports_.clock.mono() + backoff_;
    backoff_ = std::min(backoff_ * 2, limits_.backoff_max);
    return Written::kLater;
  }
  const bool expected = error.code == Errc::kFenced || error.code == Errc::kEnded;
  ports_.log.write(expected ? LogLevel::kInfo : LogLevel::kError,
                   "task " + task().id.str() + " is given up by this worker: " + error.text);
  lost_ = true;
  return Written::kLost;
}

void Journal::committed(const broker::Committed& answer) {
  const broker::Commit& commit = *in_flight_;
  for (size_t i = 0; i < in_flight_events_; ++i) {
    outbox_bytes_ -= outbox_.front().event.json.size();
    released_ = released_ || is_terminal(outbox_.front().event.type);
    outbox_.pop_front();
  }
  if (!answer.cursors.empty()) {
    const Cursor last = answer.cursors.back();
    state_.folded = {std::max(last.seq + outbox_.size(), state_.folded.seq),
                     outbox_.empty() ? last.tag : state_.folded.tag};
  }
  if (commit.snapshot) claimed_.stored.task = commit.snapshot->task;
  if (answer.version != 0) claimed_.stored.version = answer.version;
  if (taken_ == commit.signals_taken) taken_.clear();
  released_ = released_ || commit.release;
  in_flight_.reset();
  backoff_ = limits_.backoff_first;
  not_before_ = {};
}

}  // namespace taskfeed::engine
