// RedisBroker's TaskStore.
#include <algorithm>
#include <charconv>

#include "broker/registry.h"
#include "redis/moves.h"
#include "redis/redis_broker.h"
#include "redis/task_codec.h"

namespace taskfeed::redis {
namespace {

constexpr size_t kListMax = 500;
// A hash that is absent belongs to an index entry whose create() is under way, or whose task
// expired; only an entry older than this is taken for the latter.
constexpr Milliseconds kIndexGrace{60'000};

// A place in an index: score and member of the last entry of the page before.
struct IndexPlace {
  int64_t score = 0;
  std::string member;
};

std::optional<IndexPlace> parse_place(std::string_view text) {
  IndexPlace place;
  const size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, place.score);
  if (error != std::errc{} || end != text.data() + dot) return std::nullopt;
  if (!TaskId::parse(text.substr(dot + 1))) return std::nullopt;
  place.member = text.substr(dot + 1);
  return place;
}

// The id that follows `signal`, as the least that XTRIM MINID keeps.
std::string after_signal(std::string_view signal) {
  const size_t hyphen = signal.find('-');
  uint64_t seq = 0;
  const std::string_view digits = hyphen == signal.npos ? "" : signal.substr(hyphen + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), seq);
  return std::string(signal.substr(0, hyphen)) + "-" + std::to_string(seq + 1);
}

}  // namespace

Result<void> RedisBroker::create(const Task& task) {
  const std::string score = std::to_string(task.created_at.time_since_epoch().count());
  const std::string record = encode_record(task);
  const std::string fold = encode_fold(task);
  const Result<EncodedEvent> registration = broker::registration_of(task);
  if (!registration) return registration.error();
  // Indexes first: an entry without a task is passed over, a task without one would be lost.
  const auto replies = client_.call(
      [&](Batch& batch, bool repeated) {
        batch.command({"ZADD", keys_.tasks(), "NX", score, task.id.str()});
        batch.command({"ZADD", keys_.tasks_of(task.spec.agent), "NX", score, task.id.str()});
        // Whoever creates with an id that was tried before enters it once.
        add_registration(batch, keys_, *registration,
                         {.maybe_repeated = true, .kept_max = options_.events_kept_max});
        batch.script(scripts::k_create, {keys_.task(task.id)}, 4);
        batch.add(record).add(to_string(task.status)).add(fold).flag(repeated);
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  for (size_t i = replies->size(); i-- > 0;) {
    if (const ReplyView reply = replies->at(i).view(); reply.is_error()) {
      return refusal(task.id, reply);
    }
  }
  return {};
}

Result<broker::StoredTask> RedisBroker::load(const TaskId& task) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_load, {keys_.task(task), keys_.inbox(task)}, 0);
      },
      {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(task, reply);
  return decode_task(task, reply);
}

Result<std::vector<RedisBroker::Listed>> RedisBroker::load_indexed(const std::string& index,
                                                                   const ReplyView& entries) {
  std::vector<Listed> listed;
  for (size_t i = 0; i + 1 < entries.size(); i += 2) {
    auto id = TaskId::parse(entries.at(i).text());
    if (!id) continue;
    listed.push_back({*id, entries.at(i + 1).integer(), std::nullopt});
  }
  if (listed.empty()) return listed;
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        for (const Listed& entry : listed) {
          batch.script(scripts::k_load, {keys_.task(entry.id), keys_.inbox(entry.id)}, 0);
        }
      },
      {});
  if (!replies) return replies.error();
  std::vector<std::string> expired;
  const int64_t old = (clock_.wall() - kIndexGrace).time_since_epoch().count();
  for (size_t i = 0; i < listed.size(); ++i) {
    const ReplyView reply = replies->at(i).view();
    if (!reply.is_error()) {
      auto stored = decode_task(listed[i].id, reply);
      if (!stored) return stored.error();
      listed[i].stored = std::move(stored).value();
    } else if (!reply.text().starts_with("TFNOTASK")) {
      return refusal(listed[i].id, reply);
    } else if (listed[i].score < old) {
      expired.push_back(listed[i].id.str());
    }
  }
  if (!expired.empty()) {
    // In passing; that it fails changes nothing.
    (void)client_.call(
        [&](Batch& batch, bool) {
          batch.command(2 + expired.size()).add("ZREM").add(index);
          for (const std::string& id : expired) batch.add(id);
        },
        {});
  }
  return listed;
}

Result<broker::TaskPage> RedisBroker::list(const broker::ListQuery& query) {
  const size_t limit = std::clamp<size_t>(query.limit, 1, kListMax);
  std::optional<IndexPlace> place;
  if (!query.cursor.empty()) {
    place = parse_place(query.cursor);
    if (!place) return Error{Errc::kInvalid, "\"" + query.cursor + "\" is no cursor of a list."};
  }
  const std::string index = query.agent ? keys_.tasks_of(*query.agent) : keys_.tasks();
  broker::TaskPage page;
  for (;;) {
    // Tasks of one millisecond stand in the order of their ids, so a place may lie within them:
    // those at or before it are passed over.
    const std::string top = place ? std::to_string(place->score) : "+inf";
    size_t offset = 0;
    if (place) {
      const auto ahead = client_.call(
          [&](Batch& batch, bool) {
            batch.command({"ZREVRANGEBYSCORE", index, top, top});
          },
          {});
      if (!ahead) return ahead.error();
      const ReplyView reply = ahead->at(0).view();
      if (reply.is_error()) return client_.error(reply);
      while (offset < reply.size() && reply.at(offset).text() >= place->member) ++offset;
    }
    const auto replies = client_.call(
        [&](Batch& batch, bool) {
          batch.command({"ZREVRANGEBYSCORE", index, top, "-inf", "WITHSCORES", "LIMIT",
                         std::to_string(offset), std::to_string(limit + 1)});
        },
        {});
    if (!replies) return replies.error();
    const ReplyView entries = replies->at(0).view();
    if (entries.is_error()) return client_.error(entries);
    auto listed = load_indexed(index, entries);
    if (!listed) return listed.error();
    for (Listed& entry : *listed) {
      if (page.tasks.size() == limit) {
        page.cursor = std::to_string(place->score) + "." + place->member;
        return page;
      }
      place = IndexPlace{entry.score, entry.id.str()};
      if (!entry.stored) continue;
      if (query.status && entry.stored->task.status != *query.status) continue;
      if (query.agent && entry.stored->task.spec.agent != *query.agent) continue;
      page.tasks.push_back(*std::move(entry.stored));
    }
    if (entries.size() / 2 <= limit) return page;
  }
}

Result<void> RedisBroker::execute(const TaskId& task, const broker::Execution& execution) {
  const std::string id = execution.id.str();
  const std::string streaming = !execution.streaming ? "" : *execution.streaming ? "1" : "0";
  const std::string budget = execution.budget.is_null() ? "" : dump_json(execution.budget);
  // The script before the entry: a worker that took the entry of a task still `submitted` would
  // drop it. A crash between the two leaves a pending task, which the same call queues again.
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_execute, {keys_.task(task)}, 5);
        batch.add(id).add(execution.query).add(streaming).add(execution.queue.str()).add(budget);
        batch.command({"XADD", keys_.queue(execution.queue), "*", "task", task.str()});
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView moved = replies->at(0).view();
  const ReplyView queued = replies->at(1).view();
  if (moved.is_error()) {
    if (!queued.is_error()) {
      (void)client_.call(
          [&](Batch& batch, bool) {
            batch.command({"XDEL", keys_.queue(execution.queue), queued.text()});
          },
          {});
    }
    return refusal(task, moved);
  }
  if (queued.is_error()) {
    (void)client_.call(
        [&](Batch& batch, bool) {
          batch.script(scripts::k_withdraw, {keys_.task(task)}, 1).add(id);
        },
        {});
    return client_.error(queued);
  }
  return {};
}

Result<void> RedisBroker::enqueue(const QueueName& queue, const TaskId& task) {
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.command({"XADD", keys_.queue(queue), "*", "task", task.str()});
      },
      {.repeat = Repeat::kGuarded});  // A second entry is harmless.
  if (!replies) return replies.error();
  if (const ReplyView reply = replies->at(0).view(); reply.is_error()) return client_.error(reply);
  return {};
}

Result<void> RedisBroker::signal(const TaskId& task, const broker::Signal& signal) {
  // A signal stored twice is harmless: the second finds the task as the first left it.
  const auto replies = client_.call(
      [&](Batch& batch, bool) {
        batch.script(scripts::k_signal, {keys_.task(task), keys_.inbox(task)}, 9);
        batch.add(broker::to_string(signal.kind)).add(signal.by).add(signal.reason);
        batch.add(signal.call).add(signal.text);
        batch.add(keys_.worker_prefix()).add(task.str()).add(options_.signals_max);
        batch.flag(signal.kind == broker::SignalKind::kResume || broker::is_answer(signal.kind));
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(task, reply);
  if (reply.text().empty()) return {};
  const auto queue = QueueName::parse(reply.text());
  if (!queue) return queue.error();
  return enqueue(*queue, task);
}

Result<broker::Committed> RedisBroker::commit(const broker::Commit& commit) {
  if (auto fine = check_events(commit.events); !fine) return fine.error();
  const TaskId& task = commit.task;
  const std::string fold = commit.snapshot ? encode_fold(commit.snapshot->task) : "";
  const auto replies = client_.call(
      [&](Batch& batch, bool repeated) {
        batch.script(scripts::k_commit,
                     {keys_.task(task), keys_.events(task), keys_.live(task), keys_.inbox(task)},
                     14 + 5 * commit.events.size());
        commit.lease ? batch.add(commit.lease->token) : batch.add("");
        batch.add(commit.lease ? commit.lease->worker.str() : "");
        commit.version ? batch.add(*commit.version) : batch.add("");
        batch.flag(commit.snapshot.has_value());
        batch.add(commit.snapshot ? to_string(commit.snapshot->task.status) : "");
        batch.add(fold).add(commit.snapshot ? commit.snapshot->state_json : "");
        batch.add(commit.signals_taken.empty() ? "" : after_signal(commit.signals_taken));
        batch.flag(commit.release).flag(commit.progress);
        batch.flag(commit.maybe_repeated || repeated);
        batch.add(broker::kRepeatWindow + commit.events.size()).add(options_.events_kept_max);
        batch.add(static_cast<uint64_t>(options_.retention.count()));
        add_guarded_events(batch, commit.events);
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(task, reply);
  broker::Committed committed;
  committed.version = static_cast<uint64_t>(reply.at(0).integer());
  for (size_t i = 1; i < reply.size(); ++i) {
    const auto cursor = decode_cursor(task, reply.at(i).text());
    if (!cursor) return cursor.error();
    committed.cursors.push_back(*cursor);
  }
  return committed;
}

}  // namespace taskfeed::redis
