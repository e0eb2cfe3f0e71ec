#include "engine/worker_pool.h"

#include <algorithm>

#include "base/assert.h"

namespace taskfeed::engine {
namespace {

/// While the broker does not answer, or answers at once without anything, no faster than this.
constexpr Milliseconds kTurnMin{20};
constexpr Milliseconds kRetryAfterFailure{500};

}  // namespace

WorkerPool::WorkerPool(const Ports& ports, PoolOptions options)
    : ports_(ports),
      options_(std::move(options)),
      worker_(ports_, options_.worker, waiter_, *this) {
  TF_ASSERT(options_.concurrency >= 1 && options_.concurrency <= 256);
  TF_ASSERT(options_.worker.limits.drain_stop <= options_.worker.limits.drain);
}

WorkerPool::~WorkerPool() {
  stop();
}

void WorkerPool::start() {
  TF_ASSERT(executors_.empty());
  for (size_t i = 0; i < options_.concurrency; ++i) {
    executors_.emplace_back([this](const std::stop_token& stop) { execute(stop); });
  }
  dispatcher_ = std::jthread([this](const std::stop_token& stop) { dispatch(stop); });
  keeper_ = std::jthread([this](const std::stop_token& stop) { keep_leases(stop); });
}

void WorkerPool::stop() {
  if (executors_.empty()) return;
  dispatcher_.request_stop();
  {
    const Locked lock(mutex_);
    draining_ = true;
  }
  tell_all(&Mailbox::shut_down);
  for (std::jthread& executor : executors_) executor.request_stop();
  const WorkerLimits& limits = options_.worker.limits;
  {
    const Locked lock(mutex_);
    changed_.notify_all();
    changed_.wait_for(mutex_, limits.drain - limits.drain_stop,
                      [this]() TF_REQUIRES(mutex_) { return busy_ == 0; });
    stopping_ = true;
  }
  tell_all(&Mailbox::stop_activity);
  for (std::jthread& executor : executors_) executor.join();
  executors_.clear();
  dispatcher_.join();
  // Last: leases are renewed until their runs have let go.
  keeper_.request_stop();
  keeper_.join();
  // What was taken and not begun goes back at once, rather than after redeliver_after.
  const Locked lock(mutex_);
  for (const broker::QueueEntry& entry : taken_) {
    (void)ports_.queue.defer(options_.worker.queue, entry, Milliseconds(0));
  }
  taken_.clear();
}

size_t WorkerPool::running() const {
  const Locked lock(mutex_);
  return busy_ + taken_.size();
}

void WorkerPool::tell_all(void (Mailbox::*what)()) {
  const Locked lock(mutex_);
  for (auto& [task, held] : held_) (held.mailbox->*what)();
}

size_t WorkerPool::wait_for_free_slots(const std::stop_token& stop) {
  const Locked lock(mutex_);
  const auto free = [this]() TF_REQUIRES(mutex_) {
    return options_.concurrency - std::min(options_.concurrency, busy_ + taken_.size());
  };
  changed_.wait(mutex_, stop, [&]() TF_REQUIRES(mutex_) { return free() > 0; });
  return free();
}

void WorkerPool::dispatch(const std::stop_token& stop) {
  bool in_trouble = false;  // Told once, and once that it is over.
  while (!stop.stop_requested()) {
    const size_t slots = wait_for_free_slots(stop);
    if (stop.stop_requested()) return;
    const MonoTime begun = ports_.clock.mono();
    const Result<std::vector<broker::QueueEntry>> entries =
        ports_.queue.take({.queue = options_.worker.queue,
                           .worker = options_.worker.id,
                           .count = slots,
                           .wait = options_.take_wait,
                           .redeliver_after = options_.worker.limits.lease_interval,
                           .only = options_.only});
    if (!entries) {
      if (!in_trouble) ports_.log.warn("no work can be taken: " + entries.error().text);
      in_trouble = true;
      rest(kRetryAfterFailure, stop);
      continue;
    }
    if (in_trouble) ports_.log.info("work can be taken again");
    in_trouble = false;
    if (entries->empty()) {
      const Milliseconds turn = options_.only ? options_.take_wait : kTurnMin;
      rest(turn - (ports_.clock.mono() - begun), stop);
    } else {
      const Locked lock(mutex_);
      taken_.insert(taken_.end(), entries->begin(), entries->end());
      changed_.notify_all();
    }
  }
}

void WorkerPool::rest(Milliseconds time, const std::stop_token& stop) {
  if (time <= Milliseconds(0)) return;
  const Locked lock(mutex_);
  changed_.wait_for(mutex_, stop, time, [] { return false; });
}

void WorkerPool::execute(const std::stop_token& stop) {
  for (;;) {
    std::optional<broker::QueueEntry> entry;
    {
      const Locked lock(mutex_);
      changed_.wait(mutex_, stop, [this]() TF_REQUIRES(mutex_) { return !taken_.empty(); });
      if (stop.stop_requested()) return;
      entry = std::move(taken_.front());
      taken_.pop_front();
      ++busy_;
    }
    worker_.carry_out(*entry);
    const Locked lock(mutex_);
    --busy_;
    changed_.notify_all();
  }
}

void WorkerPool::keep(const broker::Lease& lease, Mailbox& mailbox) {
  const Locked lock(mutex_);
  const MonoTime renew_at = ports_.clock.mono() + options_.worker.limits.lease_interval / 3;
  held_.insert_or_assign(lease.task, Held{lease, &mailbox, renew_at});
  if (draining_) mailbox.shut_down();
  if (stopping_) mailbox.stop_activity();
  changed_.notify_all();
}

void WorkerPool::leave(const broker::Lease& lease) {
  const Locked lock(mutex_);
  changed_.wait(mutex_, [&]() TF_REQUIRES(mutex_) { return beating_ != lease.task; });
  // Claimed again by this very worker after the lease ran out: that one is kept on.
  const auto held = held_.find(lease.task);
  if (held != held_.end() && held->second.lease.token == lease.token) held_.erase(held);
}

void WorkerPool::keep_leases(const std::stop_token& stop) {
  bool deaf = true;  // Signals may have passed unheard: ask for all of them once we listen.
  while (!stop.stop_requested()) {
    const Milliseconds wait = deaf ? Milliseconds(1) : wait_until_renewal(stop);
    if (stop.stop_requested()) return;
    const MonoTime begun = ports_.clock.mono();
    const Result<std::vector<TaskId>> signalled =
        ports_.queue.wait_for_signals(options_.worker.id, wait);
    if (signalled) {
      beat_due(*signalled, deaf);
    } else {
      beat_due({}, false);
    }
    deaf = !signalled;
    rest((deaf ? kRetryAfterFailure : kTurnMin) - (ports_.clock.mono() - begun), stop);
  }
}

Milliseconds WorkerPool::wait_until_renewal(const std::stop_token& stop) {
  const Locked lock(mutex_);
  // Nobody can signal a worker that holds nothing: leave the broker alone.
  changed_.wait(mutex_, stop, [this]() TF_REQUIRES(mutex_) { return !held_.empty(); });
  Milliseconds wait = options_.take_wait;
  for (const auto& [task, held] : held_) {
    wait = std::min(wait, held.renew_at - ports_.clock.mono());
  }
  return std::max(wait, Milliseconds(1));
}

void WorkerPool::beat_due(const std::vector<TaskId>& signalled, bool all) {
  std::vector<TaskId> due;
  {
    const Locked lock(mutex_);
    const MonoTime now = ports_.clock.mono();
    for (const auto& [task, held] : held_) {
      const bool asked = std::find(signalled.begin(), signalled.end(), task) != signalled.end();
      if (all || asked || held.renew_at <= now) due.push_back(task);
    }
  }
  for (const TaskId& task : due) {
    std::optional<Held> held;
    {
      const Locked lock(mutex_);
      const auto found = held_.find(task);
      if (found == held_.end()) continue;
      found->second.renew_at = ports_.clock.mono() + options_.worker.limits.lease_interval / 3;
      held = found->second;
      beating_ = task;
    }
    worker_.beat(held->lease, *held->mailbox);
    const Locked lock(mutex_);
    beating_.reset();
    changed_.notify_all();
  }
}

}  // namespace taskfeed::engine
