/// service::Tasks whose list of agents waits until a test lets it through.
///
/// Threads  Any; a mutex guards the gate.
/// Errors   As the implementation behind it.
/// Owns     The gate.
#pragma once

#include <condition_variable>

#include "base/mutex.h"
#include "support/forwarding_tasks.h"

namespace taskfeed::testing {

class GatedTasks final : public ForwardingTasks {
 public:
  using ForwardingTasks::ForwardingTasks;

  Result<service::AgentListing> agents() override {
    mutex_.lock();
    ++waiting_;
    changed_.notify_all();
    while (!open_) changed_.wait(mutex_);
    --waiting_;
    mutex_.unlock();
    return ForwardingTasks::agents();
  }
  void open() {
    const Locked lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Returns once `callers` of them wait.
  void wait_for(size_t callers) {
    mutex_.lock();
    while (waiting_ < callers) changed_.wait(mutex_);
    mutex_.unlock();
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  bool open_ TF_GUARDED_BY(mutex_) = false;
  size_t waiting_ TF_GUARDED_BY(mutex_) = 0;
};

}  // namespace taskfeed::testing
