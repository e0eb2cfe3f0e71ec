#include "redis/task_codec.h"

#include <algorithm>

namespace taskfeed::redis {
namespace {

int64_t to_ms(WallTime time) {
  return time.time_since_epoch().count();
}
WallTime from_ms(int64_t ms) {
  return WallTime(Milliseconds(ms));
}

Error unreadable(const TaskId& id, std::string_view what) {
  return {Errc::kInternal,
          "What Redis holds for task " + id.str() + " cannot be read: " + std::string(what) + "."};
}

void decode_fold(const Json& fold, Task& task) {
  if (find(fold, "result") != nullptr) task.result = string_at(fold, "result");
  if (const Json* error = find(fold, "error")) {
    task.error = TaskFailure{string_at(*error, "kind"), string_at(*error, "message")};
  }
  if (auto questions = questions_from_json(find(fold, "waiting_for"))) {
    task.waiting_for = *std::move(questions);
  }
  if (find(fold, "started_ms") != nullptr) task.started_at = from_ms(int_at(fold, "started_ms"));
  if (find(fold, "completed_ms") != nullptr) {
    task.completed_at = from_ms(int_at(fold, "completed_ms"));
  }
  task.total_cost = int_at(fold, "cost_nano");
}

Result<Task> decode_record(const TaskId& id, std::string_view text) {
  const auto record = parse_json(text);
  if (!record) return unreadable(id, record.error().text);
  auto agent = AgentId::parse(string_at(*record, "agent_id"));
  if (!agent) return unreadable(id, agent.error().text);
  TaskSpec spec{.agent = *agent,
                .description = string_at(*record, "description"),
                .user_id = string_at(*record, "user_id"),
                .parameters = Json::object(),
                .labels = {}};
  if (const Json* parameters = find(*record, "parameters")) spec.parameters = *parameters;
  if (const Json* labels = find(*record, "labels"); labels != nullptr && labels->is_object()) {
    for (const auto& [key, value] : labels->items()) spec.labels[key] = string_at(*labels, key);
  }
  return Task{.id = id,
              .spec = std::move(spec),
              .created_at = from_ms(int_at(*record, "created_ms")),
              .execution = {},
              .query = {},
              .streaming = {},
              .started_at = {},
              .completed_at = {},
              .result = {},
              .error = {},
              .last_event = {}};
}

std::optional<broker::Anchor> parse_anchor(std::string_view text) {
  using broker::Anchor;
  if (text == "start") return Anchor::kStart;
  if (text == "matches") return Anchor::kMatches;
  if (text == "trimmed") return Anchor::kTrimmed;
  if (text == "mismatch") return Anchor::kMismatch;
  if (text == "ahead") return Anchor::kAhead;
  return std::nullopt;
}

}  // namespace

std::string encode_record(const Task& task) {
  Json labels = Json::object();
  for (const auto& [key, value] : task.spec.labels) labels[key] = value;
  return dump_json({{"agent_id", task.spec.agent.str()},
                    {"description", task.spec.description},
                    {"user_id", task.spec.user_id},
                    {"parameters", task.spec.parameters},
                    {"labels", std::move(labels)},
                    {"created_ms", to_ms(task.created_at)}});
}

std::string encode_fold(const Task& task) {
  Json fold = Json::object();
  if (task.result) fold["result"] = *task.result;
  if (task.error) fold["error"] = {{"kind", task.error->kind}, {"message", task.error->message}};
  if (task.started_at) fold["started_ms"] = to_ms(*task.started_at);
  if (task.completed_at) fold["completed_ms"] = to_ms(*task.completed_at);
  if (!task.waiting_for.empty()) fold["waiting_for"] = questions_to_json(task.waiting_for);
  if (task.total_cost != 0) fold["cost_nano"] = task.total_cost;
  return dump_json(fold);
}

Result<Cursor> decode_cursor(const TaskId& id, std::string_view text) {
  auto cursor = Cursor::parse(text);
  if (!cursor) return unreadable(id, cursor.error().text);
  return cursor;
}

Result<broker::StoredTask> decode_task(const TaskId& id, const ReplyView& fields) {
  auto task = decode_record(id, fields.at(0).text());
  if (!task) return task.error();
  const auto status = parse_status(fields.at(1).text());
  if (!status) return unreadable(id, "its status");
  task->status = *status;
  const auto fold = parse_json(fields.at(2).is_nil() ? "{}" : fields.at(2).text());
  if (!fold) return unreadable(id, fold.error().text);
  decode_fold(*fold, *task);

  broker::StoredTask stored{.task = *task,
                            .state_json = std::string(fields.at(3).text()),
                            .folded = {},
                            .version = 0,
                            .holder = {},
                            .last_error = {},
                            .signals = {}};
  if (!fields.at(4).is_nil()) {
    const auto folded = decode_cursor(id, fields.at(4).text());
    if (!folded) return folded.error();
    stored.folded = *folded;
  }
  stored.version = static_cast<uint64_t>(fields.at(5).integer());
  if (const int64_t seq = fields.at(6).integer(); seq > 0) {
    stored.task.last_event =
        Cursor{static_cast<uint64_t>(seq), static_cast<uint32_t>(fields.at(7).integer())};
  }
  stored.last_error = fields.at(8).text();
  if (!fields.at(9).is_nil()) {
    const auto execution = ExecutionId::parse(fields.at(9).text());
    if (!execution) return unreadable(id, execution.error().text);
    stored.task.execution = *execution;
  }
  stored.task.query = fields.at(10).text();
  if (!fields.at(11).text().empty()) stored.task.streaming = fields.at(11).text() == "1";
  if (const std::string_view text = fields.at(13).text(); !text.empty()) {
    const auto budget = parse_json(text);
    if (!budget) return unreadable(id, budget.error().text);
    stored.task.budget = *budget;
  }
  if (!fields.at(14).text().empty()) {
    const auto holder = WorkerId::parse(fields.at(14).text());
    if (!holder) return unreadable(id, holder.error().text);
    stored.holder = *holder;
  }
  stored.signals = decode_signals(fields.at(15));
  return stored;
}

std::vector<broker::Signal> decode_signals(const ReplyView& entries) {
  std::vector<broker::Signal> signals;
  for (size_t i = 0; i < entries.size(); ++i) {
    const ReplyView fields = entries.at(i).at(1);
    const auto kind = broker::parse_signal(fields.at(1).text());
    if (!kind) continue;  // A kind of a newer taskfeed: not ours to answer.
    signals.push_back({.kind = *kind,
                       .by = std::string(fields.at(3).text()),
                       .reason = std::string(fields.at(5).text()),
                       .id = std::string(entries.at(i).at(0).text()),
                       .call = std::string(fields.at(7).text()),
                       .text = std::string(fields.at(9).text())});
  }
  return signals;
}

void add_read(Batch& batch, const Keys& keys, const TaskId& task, const broker::ReadRange& range) {
  batch.script(scripts::k_read, {keys.task(task), keys.events(task)}, 6);
  batch.add(range.after.seq).add(range.after.tag);
  range.before_seq ? batch.add(*range.before_seq) : batch.add("");
  range.newest ? batch.add(*range.newest) : batch.add("");
  batch.add(std::min(range.limit, broker::kPageEventsMax))
      .add(std::min(range.bytes_max, broker::kPageBytesMax));
}

Result<broker::Page> decode_page(const TaskId& id, const ReplyView& reply) {
  constexpr size_t kHead = 5;
  broker::Page page;
  if (reply.size() < kHead || (reply.size() - kHead) % 3 != 0) return unreadable(id, "its history");
  if (!reply.at(0).text().empty()) {
    const auto first = decode_cursor(id, reply.at(0).text());
    if (!first) return first.error();
    page.first = *first;
  }
  const auto last = decode_cursor(id, reply.at(1).text());
  if (!last) return last.error();
  page.last = *last;
  const auto anchor = parse_anchor(reply.at(2).text());
  if (!anchor) return unreadable(id, "its history");
  page.anchor = *anchor;
  page.more = reply.at(3).integer() == 1;
  page.status = parse_status(reply.at(4).text());
  page.events.reserve((reply.size() - kHead) / 3);
  for (size_t i = kHead; i < reply.size(); i += 3) {
    const auto cursor = decode_cursor(id, reply.at(i).text());
    if (!cursor) return cursor.error();
    page.events.push_back(
        {*cursor, std::string(reply.at(i + 1).text()), std::string(reply.at(i + 2).text())});
  }
  return page;
}

}  // namespace taskfeed::redis
