/// Every port of a broker behind one gate, at which a simulation kills, delays, or loses replies.
///
/// Threads  As the broker behind it, with a gate that is made for as many.
/// Errors   Those of the broker, and what the gate decides.
/// Owns     Nothing. Borrows the broker and the gate.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "broker/agent_store.h"
#include "broker/event_log.h"
#include "broker/task_store.h"
#include "broker/work_queue.h"

namespace taskfeed::testing {

enum class Passage {
  kOpen,
  kDead,       ///< The call never reaches the broker: kUnavailable.
  kReplyLost,  ///< The call takes effect, and answers kTimeout.
};

/// Asked before each call, by the call's name.
using Gate = std::function<Passage(std::string_view call)>;

template <class Broker>
class GatedBroker final : public broker::TaskStore,
                          public broker::LeaseStore,
                          public broker::EventLog,
                          public broker::WorkQueue,
                          public broker::AgentStore {
 public:
  struct Call {
    std::string name;
    bool ok = false;
    Errc error = Errc::kInternal;
  };

  GatedBroker(Broker& broker, Gate gate) : broker_(broker), gate_(std::move(gate)) {}
  std::vector<Call> calls() const {
    const Locked lock(mutex_);
    return calls_;
  }

  Result<void> create(const Task& task) override {
    return pass("create", [&] { return broker_.create(task); });
  }
  Result<broker::StoredTask> load(const TaskId& task) override {
    return pass("load", [&] { return broker_.load(task); });
  }
  Result<broker::TaskPage> list(const broker::ListQuery& query) override {
    return pass("list", [&] { return broker_.list(query); });
  }
  Result<void> execute(const TaskId& task, const broker::Execution& execution) override {
    return pass("execute", [&] { return broker_.execute(task, execution); });
  }
  Result<void> signal(const TaskId& task, const broker::Signal& signal) override {
    return pass("signal", [&] { return broker_.signal(task, signal); });
  }
  Result<broker::Committed> commit(const broker::Commit& commit) override {
    return pass("commit", [&] { return broker_.commit(commit); });
  }
  Result<broker::Claimed> claim(const TaskId& task, const WorkerId& worker,
                                Milliseconds lease_interval) override {
    return pass("claim", [&] { return broker_.claim(task, worker, lease_interval); });
  }
  Result<std::vector<broker::Signal>> renew(const broker::Lease& lease,
                                            Milliseconds lease_interval) override {
    return pass("renew", [&] { return broker_.renew(lease, lease_interval); });
  }
  Result<void> release(const broker::Lease& lease, std::string_view last_error) override {
    return pass("release", [&] { return broker_.release(lease, last_error); });
  }
  Result<std::vector<Cursor>> append(const TaskId& task, std::span<const EncodedEvent> events,
                                     const broker::AppendOptions& options) override {
    return pass("append", [&] { return broker_.append(task, events, options); });
  }
  Result<broker::Page> read(const TaskId& task, const broker::ReadRange& range) override {
    return pass("read", [&] { return broker_.read(task, range); });
  }
  Result<std::vector<broker::QueueEntry>> take(const broker::Take& take) override {
    return pass("take", [&] { return broker_.take(take); });
  }
  Result<void> done(const QueueName& queue, const broker::QueueEntry& entry) override {
    return pass("done", [&] { return broker_.done(queue, entry); });
  }
  Result<void> defer(const QueueName& queue, const broker::QueueEntry& entry,
                     Milliseconds after) override {
    return pass("defer", [&] { return broker_.defer(queue, entry, after); });
  }
  Result<void> set_aside(const QueueName& queue, const broker::QueueEntry& entry,
                         std::string_view last_error) override {
    return pass("set_aside", [&] { return broker_.set_aside(queue, entry, last_error); });
  }
  Result<std::vector<broker::DeadEntry>> dead(const QueueName& queue, size_t limit) override {
    return pass("dead", [&] { return broker_.dead(queue, limit); });
  }
  Result<std::vector<TaskId>> wait_for_signals(const WorkerId& worker, Milliseconds wait) override {
    return pass("wait_for_signals", [&] { return broker_.wait_for_signals(worker, wait); });
  }
  Result<void> put_agent(const broker::StoredAgent& agent) override {
    return pass("put_agent", [&] { return broker_.put_agent(agent); });
  }
  Result<broker::StoredAgent> agent(const AgentId& id) override {
    return pass("agent", [&] { return broker_.agent(id); });
  }
  Result<std::vector<broker::StoredAgent>> agents() override {
    return pass("agents", [&] { return broker_.agents(); });
  }
  Result<void> remove_agent(const AgentId& id) override {
    return pass("remove_agent", [&] { return broker_.remove_agent(id); });
  }

 private:
  template <class Body>
  auto pass(std::string_view name, const Body& body) -> decltype(body()) {
    using Answer = decltype(body());
    const Passage passage = gate_(name);
    if (passage == Passage::kDead) {
      note({std::string(name), false, Errc::kUnavailable});
      return Answer(Errc::kUnavailable, "the gate is closed");
    }
    Answer answer = body();
    if (passage == Passage::kReplyLost) {
      note({std::string(name), false, Errc::kTimeout});
      return Answer(Errc::kTimeout, "the reply was lost");
    }
    note({std::string(name), answer.ok(), answer.ok() ? Errc{} : answer.error().code});
    return answer;
  }

  void note(Call call) {
    const Locked lock(mutex_);
    calls_.push_back(std::move(call));
  }

  Broker& broker_;
  Gate gate_;
  mutable Mutex mutex_;
  std::vector<Call> calls_ TF_GUARDED_BY(mutex_);
};

}  // namespace taskfeed::testing
