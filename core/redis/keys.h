/// The names of taskfeed's keys and channels in Redis.
///
/// Built only from validated ids. All keys of a task carry the hash tag {task}, all of a queue
/// {queue}, so that each script stays within one slot of a cluster.
///
/// Threads  Immutable after construction.
/// Errors   None.
/// Owns     The prefix.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"

namespace taskfeed::redis {

class Keys {
 public:
  /// `prefix` ends in the separator: "taskfeed:".
  explicit Keys(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string task(const TaskId& id) const { return prefix_ + "{" + id.str() + "}"; }
  std::string events(const TaskId& id) const { return task(id) + ":events"; }
  std::string live(const TaskId& id) const { return task(id) + ":live"; }
  std::string inbox(const TaskId& id) const { return task(id) + ":inbox"; }
  std::string seen(const TaskId& id) const { return task(id) + ":seen"; }
  std::string seen_before(const TaskId& id) const { return task(id) + ":seen:before"; }
  const std::string& prefix() const { return prefix_; }
  std::string tasks() const { return prefix_ + "tasks"; }
  std::string tasks_of(const AgentId& id) const { return prefix_ + "agent:" + id.str() + ":tasks"; }
  std::string agents() const { return prefix_ + "agents"; }
  std::string store() const { return prefix_ + "store"; }
  std::string queue(const QueueName& name) const { return prefix_ + "queue:{" + name.str() + "}"; }
  std::string due(const QueueName& name) const { return queue(name) + ":due"; }
  std::string dead(const QueueName& name) const { return queue(name) + ":dead"; }
  std::string workers(const QueueName& name) const { return queue(name) + ":workers"; }
  std::string worker_prefix() const { return prefix_ + "worker:"; }
  std::string worker(const WorkerId& id) const { return worker_prefix() + id.str(); }

  /// The task's id within a live channel's name; empty where it is none of ours.
  std::string_view task_of_live(std::string_view channel) const {
    const size_t head = prefix_.size() + 1;
    constexpr std::string_view kTail = "}:live";
    if (channel.size() < head + kTail.size() || !channel.ends_with(kTail)) return {};
    return channel.substr(head, channel.size() - head - kTail.size());
  }

 private:
  std::string prefix_;
};

}  // namespace taskfeed::redis
