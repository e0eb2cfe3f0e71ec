// MemoryBroker's WorkQueue.
#include <charconv>

#include "broker/memory_broker.h"

namespace taskfeed::broker {
namespace {

constexpr size_t kDeadMax = 1'000;

uint64_t number_of(const QueueEntry& entry) {
  uint64_t number = 0;
  std::from_chars(entry.id.data(), entry.id.data() + entry.id.size(), number);
  return number;
}

}  // namespace

void MemoryBroker::enqueue(const QueueName& queue, const TaskId& task) {
  Queue& line = queues_[queue];
  line.entries.emplace(++line.entries_ever, Delivery{task, std::nullopt});
}

Result<std::vector<QueueEntry>> MemoryBroker::take(const Take& take) {
  const Locked lock(mutex_);
  const MonoTime now = clock_.mono();
  Queue& line = queues_[take.queue];
  while (!line.deferred.empty() && line.deferred.begin()->first <= now) {
    const TaskId task = line.deferred.begin()->second;
    line.deferred.erase(line.deferred.begin());
    enqueue(take.queue, task);
  }
  std::vector<QueueEntry> taken;
  const auto hand_out = [&](bool fresh) {
    for (auto& [number, delivery] : line.entries) {
      if (taken.size() >= take.count) return;
      const bool silent = delivery.handed_out && now - *delivery.handed_out >= take.redeliver_after;
      if (fresh ? delivery.handed_out.has_value() : !silent) continue;
      if (take.only && *take.only != delivery.task) continue;
      delivery.handed_out = now;
      taken.push_back({std::to_string(number), delivery.task});
    }
  };
  hand_out(true);
  hand_out(false);
  return taken;
}

Result<void> MemoryBroker::done(const QueueName& queue, const QueueEntry& entry) {
  const Locked lock(mutex_);
  queues_[queue].entries.erase(number_of(entry));
  return {};
}

Result<void> MemoryBroker::defer(const QueueName& queue, const QueueEntry& entry,
                                 Milliseconds after) {
  const Locked lock(mutex_);
  queues_[queue].deferred.emplace(clock_.mono() + after, entry.task);
  queues_[queue].entries.erase(number_of(entry));
  return {};
}

Result<void> MemoryBroker::set_aside(const QueueName& queue, const QueueEntry& entry,
                                     std::string_view last_error) {
  const Locked lock(mutex_);
  Queue& line = queues_[queue];
  line.dead.push_front({entry.task, std::string(last_error), clock_.wall()});
  if (line.dead.size() > kDeadMax) line.dead.pop_back();
  line.entries.erase(number_of(entry));
  return {};
}

Result<std::vector<DeadEntry>> MemoryBroker::dead(const QueueName& queue, size_t limit) {
  const Locked lock(mutex_);
  const std::deque<DeadEntry>& all = queues_[queue].dead;
  const auto count = static_cast<std::ptrdiff_t>(std::min(limit, all.size()));
  return std::vector<DeadEntry>(all.begin(), all.begin() + count);
}

}  // namespace taskfeed::broker
