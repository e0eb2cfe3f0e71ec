// RedisBroker's LeaseStore and WorkQueue.
#include <algorithm>
#include <charconv>

#include "redis/redis_broker.h"
#include "redis/task_codec.h"

namespace taskfeed::redis {
namespace {

constexpr std::string_view kGroup = "workers";

uint64_t to_count(Milliseconds duration) {
  return static_cast<uint64_t>(std::max<int64_t>(0, duration.count()));
}

}  // namespace

Result<broker::Claimed> RedisBroker::claim(const TaskId& task, const WorkerId& worker,
                                           Milliseconds lease_interval) {
  const std::string nonce = this->nonce();
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_claim, {keys_.task(task), keys_.inbox(task)}, 3);
        batch.add(worker.str()).add(to_count(lease_interval)).add(nonce);
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(task, reply);
  auto stored = decode_task(task, reply.at(3));
  if (!stored) return stored.error();
  stored->holder = worker;
  return broker::Claimed{.lease = {.task = task,
                                   .worker = worker,
                                   .token = static_cast<uint64_t>(reply.at(0).integer()),
                                   .claims = static_cast<int>(reply.at(1).integer())},
                         .stored = *std::move(stored),
                         .signals = decode_signals(reply.at(2))};
}

Result<std::vector<broker::Signal>> RedisBroker::renew(const broker::Lease& lease,
                                                       Milliseconds lease_interval) {
  std::optional<Taken> taken;
  {
    const Locked lock(mutex_);
    if (const auto found = taken_.find(lease.task); found != taken_.end()) taken = found->second;
  }
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_renew, {keys_.task(lease.task), keys_.inbox(lease.task)}, 3);
        batch.add(lease.worker.str()).add(lease.token).add(to_count(lease_interval));
        // Back to idle 0, so that the entry is not handed to another.
        if (taken) {
          batch.command({"XCLAIM", keys_.queue(taken->queue), kGroup, taken->worker.str(), "0",
                         taken->entry, "JUSTID"});
        }
      },
      {.repeat = Repeat::kHarmless});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(lease.task, reply);
  return decode_signals(reply);
}

Result<void> RedisBroker::release(const broker::Lease& lease, std::string_view last_error) {
  bool was_repeated = false;
  const auto replies = client_.call(
      [&](Batch& batch, bool repeated) {
        was_repeated = repeated;
        batch.script(scripts::k_release, {keys_.task(lease.task)}, 3);
        batch.add(lease.worker.str()).add(lease.token).add(last_error);
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (!reply.is_error()) return {};
  // The first attempt may have let go already.
  if (was_repeated && reply.text().starts_with("TFFENCED")) return {};
  return refusal(lease.task, reply);
}

Result<void> RedisBroker::make_group(const QueueName& queue) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"XGROUP", "CREATE", keys_.queue(queue), kGroup, "0", "MKSTREAM"});
      },
      {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error() && !reply.text().starts_with("BUSYGROUP")) return client_.error(reply);
  return {};
}

Result<std::vector<broker::QueueEntry>> RedisBroker::take_now(const broker::Take& take,
                                                              Milliseconds& next_due) {
  for (bool made_group = false;; made_group = true) {
    const auto replies = client_.call(
        [&](Batch& batch, bool) {
          batch.script(scripts::k_take,
                       {keys_.queue(take.queue), keys_.due(take.queue), keys_.workers(take.queue)},
                       4);
          batch.add(kGroup).add(take.worker.str()).add(std::max<size_t>(1, take.count));
          batch.add(to_count(take.redeliver_after));
        },
        {});
    if (!replies) return replies.error();
    const ReplyView reply = replies->at(0).view();
    if (reply.is_error()) {
      if (made_group || reply.text().find("NOGROUP") == std::string_view::npos) {
        return client_.error(reply);
      }
      if (auto made = make_group(take.queue); !made) return made.error();
      continue;
    }
    next_due = Milliseconds(reply.at(0).integer());
    std::vector<broker::QueueEntry> entries;
    for (size_t i = 1; i + 1 < reply.size(); i += 2) {
      if (auto task = TaskId::parse(reply.at(i + 1).text())) {
        entries.push_back({std::string(reply.at(i).text()), *task});
      }
    }
    return entries;
  }
}

Result<std::vector<broker::QueueEntry>> RedisBroker::take_own(const broker::Take& take) {
  for (bool made_group = false;; made_group = true) {
    const auto replies = client_.call(
        [&](Batch& batch, bool) {
          batch.script(scripts::k_take_own, {keys_.queue(take.queue), keys_.due(take.queue)}, 5);
          batch.add(kGroup).add(take.worker.str()).add(take.only->str());
          batch.add(to_count(take.redeliver_after)).add(broker::kOwnLookMax);
        },
        {});
    if (!replies) return replies.error();
    const ReplyView reply = replies->at(0).view();
    if (reply.is_nil()) return std::vector<broker::QueueEntry>{};
    if (!reply.is_error()) {
      return std::vector<broker::QueueEntry>{{std::string(reply.text()), *take.only}};
    }
    const bool no_group = reply.text().find("NOGROUP") != std::string_view::npos;
    if (made_group || !no_group) return client_.error(reply);
    if (auto made = make_group(take.queue); !made) return made.error();
  }
}

Result<std::vector<broker::QueueEntry>> RedisBroker::take_waiting(const broker::Take& take,
                                                                  Milliseconds wait) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"XREADGROUP", "GROUP", kGroup, take.worker.str(), "COUNT",
                       std::to_string(std::max<size_t>(1, take.count)), "BLOCK",
                       std::to_string(wait.count()), "STREAMS", keys_.queue(take.queue), ">"});
      },
      {.repeat = Repeat::kHarmless, .wait = wait});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) {
    // The queue vanished (FLUSHALL): the next take_now() makes it anew.
    if (reply.text().find("NOGROUP") != std::string_view::npos) {
      return std::vector<broker::QueueEntry>{};
    }
    return client_.error(reply);
  }
  std::vector<broker::QueueEntry> entries;
  const ReplyView stream = reply.at(0).at(1);
  for (size_t i = 0; i < stream.size(); ++i) {
    if (auto task = TaskId::parse(stream.at(i).at(1).at(1).text())) {
      entries.push_back({std::string(stream.at(i).at(0).text()), *task});
    }
  }
  return entries;
}

void RedisBroker::remember(const broker::Take& take,
                           const std::vector<broker::QueueEntry>& entries) {
  const Locked lock(mutex_);
  for (const broker::QueueEntry& entry : entries) {
    taken_.insert_or_assign(entry.task, Taken{take.queue, take.worker, entry.id});
  }
}

void RedisBroker::forget(const TaskId& task, const std::string& entry) {
  const Locked lock(mutex_);
  const auto found = taken_.find(task);
  if (found != taken_.end() && found->second.entry == entry) taken_.erase(found);
}

Result<std::vector<broker::QueueEntry>> RedisBroker::take(const broker::Take& take) {
  if (take.only) {
    auto own = take_own(take);
    if (own) remember(take, *own);
    return own;
  }
  const MonoTime deadline = clock_.mono() + take.wait;
  for (;;) {
    Milliseconds next_due{-1};
    auto entries = take_now(take, next_due);
    if (!entries) return entries;
    Milliseconds wait = deadline - clock_.mono();
    if (entries->empty() && wait.count() > 0) {
      const bool due_sooner = next_due.count() >= 0 && next_due < wait;
      // BLOCK 0 would wait for ever.
      if (due_sooner) wait = std::max(next_due, Milliseconds(1));
      entries = take_waiting(take, wait);
      if (!entries) return entries;
      if (entries->empty() && due_sooner) continue;
    }
    remember(take, *entries);
    return entries;
  }
}

Result<void> RedisBroker::done(const QueueName& queue, const broker::QueueEntry& entry) {
  forget(entry.task, entry.id);
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"XACK", keys_.queue(queue), kGroup, entry.id});
        batch.command({"XDEL", keys_.queue(queue), entry.id});
      },
      {});
  if (!replies) return replies.error();
  for (const Reply& reply : *replies) {
    if (reply.view().is_error()) return client_.error(reply.view());
  }
  return {};
}

Result<void> RedisBroker::defer(const QueueName& queue, const broker::QueueEntry& entry,
                                Milliseconds after) {
  forget(entry.task, entry.id);
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_defer, {keys_.queue(queue), keys_.due(queue)}, 4);
        batch.add(kGroup).add(entry.id).add(entry.task.str()).add(to_count(after));
      },
      {});
  if (!replies) return replies.error();
  if (const ReplyView reply = replies->at(0).view(); reply.is_error()) return client_.error(reply);
  return {};
}

Result<void> RedisBroker::set_aside(const QueueName& queue, const broker::QueueEntry& entry,
                                    std::string_view last_error) {
  forget(entry.task, entry.id);
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_set_aside, {keys_.queue(queue), keys_.dead(queue)}, 5);
        batch.add(kGroup).add(entry.id).add(entry.task.str()).add(last_error);
        batch.add(options_.dead_max);
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  if (const ReplyView reply = replies->at(0).view(); reply.is_error()) return client_.error(reply);
  return {};
}

Result<std::vector<broker::DeadEntry>> RedisBroker::dead(const QueueName& queue, size_t limit) {
  const size_t count = std::clamp<size_t>(limit, 1, options_.dead_max);
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"LRANGE", keys_.dead(queue), "0", std::to_string(count - 1)});
      },
      {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return client_.error(reply);
  std::vector<broker::DeadEntry> entries;
  for (size_t i = 0; i < reply.size(); ++i) {
    // "task ms error", as set_aside.lua writes it.
    const std::string_view text = reply.at(i).text();
    const size_t first = text.find(' ');
    const size_t second = first == text.npos ? first : text.find(' ', first + 1);
    if (second == text.npos) continue;
    auto task = TaskId::parse(text.substr(0, first));
    if (!task) continue;
    int64_t ms = 0;
    std::from_chars(text.data() + first + 1, text.data() + second, ms);
    entries.push_back({*task, std::string(text.substr(second + 1)), WallTime(Milliseconds(ms))});
  }
  return entries;
}

Result<QueueState> RedisBroker::queue_state(const QueueName& queue, const QueueWatch& watch) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_queue_state,
                     {keys_.queue(queue), keys_.due(queue), keys_.workers(queue)}, 3);
        batch.add(kGroup).add(to_count(watch.alive_within)).add(to_count(watch.forget_after));
      },
      {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return client_.error(reply);
  return QueueState{.length = static_cast<size_t>(reply.at(0).integer()),
                    .workers_alive = static_cast<size_t>(reply.at(1).integer())};
}

}  // namespace taskfeed::redis
