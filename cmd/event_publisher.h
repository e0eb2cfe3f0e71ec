/// Publishes the events of a program that runs here: behind its back, in order, each once.
///
/// What is added while an append is under way makes the next one, so a chatty program costs few
/// trips. A Redis or daemon that goes away is waited for, for a bounded time; what was under way is
/// then published again under the same event ids, which the log recognises.
///
/// Threads  add() and finish() from one thread; the callbacks run on the publisher's own, and have
///          returned for every event when finish() returns. give_up() from any.
/// Errors   on_refused hears of the first and last: from then on events are settled without a
///          cursor.
/// Owns     Its thread. Borrows Tasks and Clock.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "event/event.h"
#include "service/tasks.h"

namespace taskfeed::cmd {

struct PublishLimits {
  size_t waiting_bytes_max = 4 * 1024 * 1024;  ///< Beyond it add() waits, and so the program does.
  /// At most what the log looks back for a repeated event.
  size_t batch_events_max = broker::kRepeatWindow / 2;
  size_t batch_bytes_max = 1024 * 1024;
  Milliseconds retry_max{30'000};  ///< Of no success, before the rest is given up.
  Milliseconds retry_pause{200};
};

/// Waits that long; false to stop trying.
using Pause = std::function<bool(Milliseconds)>;

/// Tasks::publish(), again while nobody answers. Every input must name its event_id.
Result<std::vector<Cursor>> publish_surely(service::Tasks& tasks, const TaskId& task,
                                           std::vector<service::PublishInput> inputs,
                                           const PublishLimits& limits, const Clock& clock,
                                           const Pause& pause);

class EventPublisher {
 public:
  struct Callbacks {
    /// In the order of add(). No cursor: it was not stored.
    std::function<void(const EncodedEvent&, std::optional<Cursor>)> on_settled;
    std::function<void(const Error&)> on_refused;
  };
  EventPublisher(service::Tasks& tasks, TaskId task, const Clock& clock, Callbacks callbacks,
                 PublishLimits limits = {});
  ~EventPublisher();
  EventPublisher(const EventPublisher&) = delete;
  EventPublisher& operator=(const EventPublisher&) = delete;

  /// kTooLarge where the event itself is.
  Result<void> add(const Event& event);
  /// Waits until everything is settled; answers the refusal, if there was one.
  Result<void> finish();
  /// No further waiting for whoever does not answer.
  void give_up();

 private:
  struct Waiting {
    EncodedEvent encoded;
    Json input;
  };
  void work();
  std::vector<Waiting> take_batch();
  void settle(const std::vector<Waiting>& batch);
  bool pause(Milliseconds time);

  service::Tasks& tasks_;
  const TaskId task_;
  const Clock& clock_;
  const Callbacks callbacks_;
  const PublishLimits limits_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  size_t waiting_bytes_ = 0;
  bool finishing_ = false;
  bool given_up_ = false;
  std::optional<Error> refusal_;  // Only the publisher's thread, until that has ended.
  std::thread thread_;
};

}  // namespace taskfeed::cmd
