// RedisBroker's EventLog.
#include <algorithm>

#include "redis/moves.h"
#include "redis/redis_broker.h"
#include "redis/task_codec.h"

namespace taskfeed::redis {

Result<std::vector<Cursor>> RedisBroker::append(const TaskId& task,
                                                std::span<const EncodedEvent> events,
                                                const broker::AppendOptions& options) {
  if (events.empty()) return std::vector<Cursor>{};
  if (auto fine = check_events(events); !fine) return fine.error();
  const bool plain = !options.maybe_repeated && !options.create_stream &&
                     std::none_of(events.begin(), events.end(), [](const EncodedEvent& event) {
                       return is_lifecycle(event.type) || is_terminal(event.type);
                     });
  const std::string hash = keys_.task(task);
  const std::string history = keys_.events(task);
  const std::string live = keys_.live(task);
  const auto replies = client_.call(
      [&](Batch& batch, bool repeated) {
        if (plain && !repeated) {
          batch.script(scripts::k_append, {hash, history, live}, 1 + 3 * events.size());
          batch.add(options_.events_kept_max);
          for (const EncodedEvent& event : events) {
            batch.add(event.tag()).add(event.type).add(event.json);
          }
          return;
        }
        batch.script(scripts::k_append_guarded, {hash, history, live, keys_.inbox(task)},
                     5 + 5 * events.size());
        batch.flag(options.maybe_repeated || repeated).flag(options.create_stream);
        batch.add(broker::kRepeatWindow + events.size()).add(options_.events_kept_max);
        batch.add(static_cast<uint64_t>(options_.retention.count()));
        add_guarded_events(batch, events);
      },
      {.repeat = Repeat::kGuarded});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(task, reply);

  std::vector<Cursor> cursors;
  cursors.reserve(events.size());
  if (!reply.is_array()) {
    auto seq = static_cast<uint64_t>(reply.integer());
    for (const EncodedEvent& event : events) cursors.push_back({seq++, event.tag()});
    return cursors;
  }
  for (size_t i = 0; i < reply.size(); ++i) {
    const auto cursor = decode_cursor(task, reply.at(i).text());
    if (!cursor) return cursor.error();
    cursors.push_back(*cursor);
  }
  return cursors;
}

Result<broker::Page> RedisBroker::read(const TaskId& task, const broker::ReadRange& range) {
  const auto replies =
      client_.call([&](Batch& batch, bool) { add_read(batch, keys_, task, range); }, {});
  if (!replies) return replies.error();
  const ReplyView reply = replies->at(0).view();
  if (reply.is_error()) return refusal(task, reply);
  return decode_page(task, reply);
}

}  // namespace taskfeed::redis
