/// What reaches a run from outside while it works: signals, the loss of its lease, the worker's
/// end.
///
/// The one object between the run's thread and the thread that renews leases.
///
/// Threads  Safe from any thread.
/// Errors   None.
/// Owns     The signals not yet answered, and the stop source of the present activity.
#pragma once

#include <condition_variable>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "broker/task_store.h"
#include "workflow/decide.h"

namespace taskfeed::engine {

class Mailbox {
 public:
  /// All signals not yet taken, as claim() and renew() answer them. A cancel stops the activity.
  void deliver(const std::vector<broker::Signal>& signals);
  /// The lease is another's: the activity stops, nothing is written any more.
  void lose_lease();
  /// The worker ends: let go between activities.
  void shut_down();
  /// … and do not wait for the activity's end.
  void stop_activity();

  struct Asked {
    workflow::Requests requests;
    std::string newest;  ///< The id of the last signal in them; empty where there is none.
  };
  Asked asked() const;
  /// Signals up to and with `id` have their event: nobody asks for them any more.
  void answered(const std::string& id);

  bool lost() const;
  bool shutting_down() const;
  bool stopping() const;  ///< The activity was stopped for the worker's end.

  /// A fresh token for one activity, stopped already where a reason stands.
  std::stop_token begin_activity();
  void end_activity();

  /// Returns early when anything of the above arrives.
  void wait(Milliseconds at_most);

 private:
  bool should_stop() const TF_REQUIRES(mutex_);
  void changed() TF_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::condition_variable_any changed_;
  uint64_t changes_ TF_GUARDED_BY(mutex_) = 0;
  uint64_t changes_seen_ TF_GUARDED_BY(mutex_) = 0;
  std::vector<broker::Signal> signals_ TF_GUARDED_BY(mutex_);
  /// A renewal that was under way during the commit may hand them in again.
  std::set<std::string> answered_ TF_GUARDED_BY(mutex_);
  bool lost_ TF_GUARDED_BY(mutex_) = false;
  bool shutting_down_ TF_GUARDED_BY(mutex_) = false;
  bool stop_activity_ TF_GUARDED_BY(mutex_) = false;
  std::optional<std::stop_source> activity_ TF_GUARDED_BY(mutex_);
};

/// How a run waits: threads on the mailbox, a simulation by moving its clock.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void wait(Milliseconds at_most, Mailbox& mailbox) = 0;
};

class MailboxWaiter final : public Waiter {
 public:
  void wait(Milliseconds at_most, Mailbox& mailbox) override { mailbox.wait(at_most); }
};

}  // namespace taskfeed::engine
