#include "event_publisher.h"

#include <algorithm>

namespace taskfeed::cmd {
namespace {

bool worth_a_retry(const Error& error) {
  return error.code == Errc::kUnavailable || error.code == Errc::kTimeout ||
         error.code == Errc::kFull;
}

/// The event as Tasks::publish() takes it: its identity and its time stand in it.
Json input_of(const Event& event) {
  Json input = Json::object();
  input["event_id"] = event.id.str();
  input["event_type"] = event.type.str();
  input["timestamp"] = format_rfc3339(event.time);
  for (const auto& [key, value] : event.payload.items()) {
    if (!is_reserved_key(key)) input[key] = value;
  }
  return input;
}

}  // namespace

Result<std::vector<Cursor>> publish_surely(service::Tasks& tasks, const TaskId& task,
                                           std::vector<service::PublishInput> inputs,
                                           const PublishLimits& limits, const Clock& clock,
                                           const Pause& pause) {
  const MonoTime end = clock.mono() + limits.retry_max;
  for (;;) {
    Result<std::vector<Cursor>> done = tasks.publish(task, inputs);
    if (done || !worth_a_retry(done.error())) return done;
    if (clock.mono() >= end || !pause(limits.retry_pause)) return done;
    for (service::PublishInput& input : inputs) input.maybe_repeated = true;
  }
}

EventPublisher::EventPublisher(service::Tasks& tasks, TaskId task, const Clock& clock,
                               Callbacks callbacks, PublishLimits limits)
    : tasks_(tasks),
      task_(std::move(task)),
      clock_(clock),
      callbacks_(std::move(callbacks)),
      limits_(limits),
      thread_([this] { work(); }) {}

EventPublisher::~EventPublisher() {
  if (thread_.joinable()) {
    give_up();
    (void)finish();
  }
}

Result<void> EventPublisher::add(const Event& event) {
  Result<EncodedEvent> encoded = encode(event);
  if (!encoded) return encoded.error();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_bytes_ < limits_.waiting_bytes_max; });
  waiting_bytes_ += encoded->json.size();
  waiting_.push_back({*std::move(encoded), input_of(event)});
  changed_.notify_all();
  return {};
}

Result<void> EventPublisher::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  return refusal_ ? Result<void>(*refusal_) : Result<void>();
}

void EventPublisher::give_up() {
  const std::lock_guard lock(mutex_);
  given_up_ = true;
  changed_.notify_all();
}

bool EventPublisher::pause(Milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return given_up_; });
}

std::vector<EventPublisher::Waiting> EventPublisher::take_batch() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finishing_ || !waiting_.empty(); });
  std::vector<Waiting> batch;
  size_t bytes = 0;
  while (!waiting_.empty() && batch.size() < limits_.batch_events_max) {
    const size_t size = waiting_.front().encoded.json.size();
    if (!batch.empty() && bytes + size > limits_.batch_bytes_max) break;
    bytes += size;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_bytes_ -= bytes;
  changed_.notify_all();
  return batch;
}

void EventPublisher::settle(const std::vector<Waiting>& batch) {
  std::vector<Cursor> cursors;
  if (!refusal_) {
    std::vector<service::PublishInput> inputs;
    for (const Waiting& one : batch) inputs.push_back({.type = {}, .json = one.input});
    Result<std::vector<Cursor>> done =
        publish_surely(tasks_, task_, std::move(inputs), limits_, clock_,
                       [this](Milliseconds time) { return pause(time); });
    if (done) {
      cursors = *std::move(done);
    } else {
      refusal_ = done.error();
      callbacks_.on_refused(done.error());
    }
  }
  for (size_t at = 0; at < batch.size(); ++at) {
    callbacks_.on_settled(batch[at].encoded,
                          at < cursors.size() ? std::optional(cursors[at]) : std::nullopt);
  }
}

void EventPublisher::work() {
  for (;;) {
    const std::vector<Waiting> batch = take_batch();
    if (batch.empty()) return;  // Finishing, and nothing is left.
    settle(batch);
  }
}

}  // namespace taskfeed::cmd
