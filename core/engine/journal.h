/// A run's facts, on their way into the task's stream.
///
/// record() folds a fact at once and keeps it; flush() commits what is kept, fenced by the lease,
/// in as few round trips as it takes. What the broker did not answer is tried again as a repeat, so
/// that no fact is lost and none is written twice.
///
/// Threads  The run's thread alone.
/// Errors   Written says whether the run may go on.
/// Owns     The state of the fold and the facts not yet committed.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "engine/mailbox.h"
#include "engine/ports.h"
#include "workflow/state.h"

namespace taskfeed::engine {

enum class Written {
  kYes,
  kLater,  ///< The broker does not answer; the facts are kept.
  kLost,   ///< Refused: the lease is another's, or the task has ended. Write nothing any more.
};

class Journal {
 public:
  Journal(const Ports& ports, const WorkerLimits& limits, Waiter& waiter, Mailbox& mailbox,
          broker::Claimed claimed);

  /// Folds what was written after the snapshot, page by page.
  Result<void> catch_up();

  const workflow::State& state() const { return state_; }
  const Task& task() const { return claimed_.stored.task; }
  const broker::Lease& lease() const { return claimed_.lease; }

  /// An event that is not yet folded nor due: what batch mode keeps until its activity ends.
  Event make_event(std::string_view type, Json payload) const;
  void record(Event event);
  void record(std::string_view type, Json payload) { record(make_event(type, std::move(payload))); }
  bool pending() const { return !outbox_.empty() || !taken_.empty(); }
  /// Signals up to and with `id` are answered by what has been recorded.
  void take_signals(const std::string& id);

  enum class Keep { kLease, kNothing };
  /// Until everything is committed, or refused, or the broker stayed away too long (kLater).
  Written flush(Keep keep = Keep::kLease);
  /// One try, and none while a failed one is recent; for events that occur while a step runs. Waits
  /// only where the outbox is full.
  Written flush_some();

 private:
  struct Kept {
    EncodedEvent event;
    bool workflow = false;  ///< The fold cares: the snapshot goes with it.
    bool progress = false;  ///< A step or a call was completed.
  };

  Written try_once(Keep keep);
  broker::Commit next_commit(Keep keep);
  void committed(const broker::Committed& answer);
  Written refused(const Error& error);
  bool due(Keep keep) const;
  bool full() const;

  const Ports& ports_;
  const WorkerLimits& limits_;
  Waiter& waiter_;
  Mailbox& mailbox_;
  broker::Claimed claimed_;
  workflow::State state_;
  std::deque<Kept> outbox_;
  size_t outbox_bytes_ = 0;
  std::string taken_;
  /// Sent and not answered. It is repeated exactly as it was: only so can the broker tell a
  /// repetition from something new.
  std::optional<broker::Commit> in_flight_;
  size_t in_flight_events_ = 0;
  bool released_ = false;
  bool lost_ = false;
  MonoTime not_before_{};  ///< Of the next try in flush_some().
  Milliseconds backoff_;
};

}  // namespace taskfeed::engine
