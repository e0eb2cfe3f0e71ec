/// A task in its hash: the record, written once, and the fold, written with each snapshot.
///
/// Threads  Pure functions.
/// Errors   A hash that cannot be read is kInternal, and names the task.
/// Owns     Nothing.
#pragma once

#include <string>

#include "broker/task_store.h"
#include "redis/batch.h"
#include "redis/keys.h"
#include "redis/reply.h"

namespace taskfeed::redis {

/// Agent, description, user, parameters, labels, time of creation.
std::string encode_record(const Task& task);
/// Result, error, times, cost: what events decide, but for the status, which is a field of its own.
std::string encode_fold(const Task& task);

/// From the first 14 fields that load.lua answers; `holder` is read where `fields` has a 15th.
Result<broker::StoredTask> decode_task(const TaskId& id, const ReplyView& fields);
/// From XRANGE on a task's inbox.
std::vector<broker::Signal> decode_signals(const ReplyView& entries);
/// A call of read.lua.
void add_read(Batch& batch, const Keys& keys, const TaskId& task, const broker::ReadRange& range);
/// Its answer.
Result<broker::Page> decode_page(const TaskId& id, const ReplyView& reply);
Result<Cursor> decode_cursor(const TaskId& id, std::string_view text);

}  // namespace taskfeed::redis
