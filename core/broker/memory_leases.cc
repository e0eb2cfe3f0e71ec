// MemoryBroker's LeaseStore, and the signals that go with a lease.
#include "broker/memory_broker.h"

namespace taskfeed::broker {

bool MemoryBroker::held(const Row& row) const {
  return row.holder && row.lease_until > clock_.mono();
}

Result<void> MemoryBroker::check_lease(const Row& row, const Lease& lease) const {
  if (row.holder == lease.worker && row.token == lease.token) return {};
  return {Errc::kFenced, "the lease of the worker " + lease.worker.str() + " on the task " +
                             lease.task.str() + " was lost"};
}

Result<Claimed> MemoryBroker::claim(const TaskId& task, const WorkerId& worker,
                                    Milliseconds lease_interval) {
  const Locked lock(mutex_);
  const Result<Row*> found = row_to_write(task);
  if (!found) return found.error();
  Row& stands = **found;
  if (is_terminal(stands.task.status)) {
    return {Errc::kEnded, "the task " + task.str() + " has ended"};
  }
  if (held(stands)) {
    return {Errc::kConflict, "the worker " + stands.holder->str() + " holds " + task.str()};
  }
  const bool parked = stands.task.status == TaskStatus::kPaused && stands.inbox.empty();
  if (stands.task.status == TaskStatus::kSubmitted || parked) {
    return {Errc::kConflict, "the task " + task.str() + " has nothing to do: it is " +
                                 std::string(to_string(stands.task.status))};
  }
  stands.holder = worker;
  stands.lease_until = clock_.mono() + lease_interval;
  ++stands.token;
  ++stands.claims;
  return Claimed{{task, worker, stands.token, stands.claims}, stored(stands), stands.inbox};
}

Result<std::vector<Signal>> MemoryBroker::renew(const Lease& lease, Milliseconds lease_interval) {
  const Locked lock(mutex_);
  Row* const found = row(lease.task);
  if (found == nullptr) return {Errc::kNotFound, "there is no task " + lease.task.str()};
  if (auto valid = check_lease(*found, lease); !valid) return valid.error();
  found->lease_until = clock_.mono() + lease_interval;
  for (auto& [name, queue] : queues_) {
    for (auto& [number, delivery] : queue.entries) {
      if (delivery.task == lease.task && delivery.handed_out) delivery.handed_out = clock_.mono();
    }
  }
  return found->inbox;
}

Result<void> MemoryBroker::release(const Lease& lease, std::string_view last_error) {
  const Locked lock(mutex_);
  Row* const found = row(lease.task);
  if (found == nullptr) return {Errc::kNotFound, "there is no task " + lease.task.str()};
  if (auto valid = check_lease(*found, lease); !valid) return valid.error();
  found->holder.reset();
  if (last_error.empty()) {
    found->claims = 0;
  } else {
    found->last_error = last_error;
  }
  return {};
}

Result<void> MemoryBroker::signal(const TaskId& task, const Signal& signal) {
  const Locked lock(mutex_);
  const Result<Row*> found = row_to_write(task);
  if (!found) return found.error();
  Row& stands = **found;
  if (is_terminal(stands.task.status)) {
    return {Errc::kEnded, "the task " + task.str() + " has ended"};
  }
  stands.inbox.push_back(signal);
  stands.inbox.back().id = std::to_string(++stands.signals_ever);
  if (held(stands)) {
    woken_[*stands.holder].insert(task);
  } else if (stands.queue && (signal.kind == SignalKind::kResume || is_answer(signal.kind) ||
                              stands.task.status == TaskStatus::kRunning)) {
    enqueue(*stands.queue, task);
  }
  return {};
}

Result<std::vector<TaskId>> MemoryBroker::wait_for_signals(const WorkerId& worker, Milliseconds) {
  const Locked lock(mutex_);
  const std::set<TaskId> tasks = std::exchange(woken_[worker], {});
  return std::vector<TaskId>(tasks.begin(), tasks.end());
}

}  // namespace taskfeed::broker
