#include "broker/memory_broker.h"

#include <algorithm>
#include <charconv>

#include "broker/registry.h"

namespace taskfeed::broker {
namespace {

constexpr size_t kListMax = 500;

Error not_found(const TaskId& task) {
  return {Errc::kNotFound, "there is no task " + task.str()};
}

/// Newest first; ids break ties, so that a place between two pages is exact.
std::string place_of(const Task& task) {
  return std::to_string(task.created_at.time_since_epoch().count()) + "." + task.id.str();
}

struct Place {
  int64_t created_ms = 0;
  std::string id;
};

std::optional<Place> parse_place(std::string_view text) {
  Place place;
  const size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dot, place.created_ms);
  if (error != std::errc{} || end != text.data() + dot) return std::nullopt;
  if (!TaskId::parse(text.substr(dot + 1))) return std::nullopt;
  place.id = text.substr(dot + 1);
  return place;
}

/// Whether `task` stands behind `place` in a list.
bool behind(const Task& task, const Place& place) {
  const int64_t created_ms = task.created_at.time_since_epoch().count();
  if (created_ms != place.created_ms) return created_ms < place.created_ms;
  return task.id.str() < place.id;
}

bool newer(const Task& a, const Task& b) {
  if (a.created_at != b.created_at) return a.created_at > b.created_at;
  return a.id > b.id;
}

}  // namespace

MemoryBroker::MemoryBroker(const Clock& clock, MemoryLimits limits)
    : clock_(clock), limits_(limits) {}

void MemoryBroker::observe(Observer observer) {
  const Locked lock(mutex_);
  observer_ = std::move(observer);
}

void MemoryBroker::set_full(bool full) {
  const Locked lock(mutex_);
  full_ = full;
}

void MemoryBroker::lose_everything() {
  const Locked lock(mutex_);
  rows_.clear();
  queues_.clear();
  agents_.clear();
}

MemoryBroker::Row* MemoryBroker::row(const TaskId& task) {
  const auto found = rows_.find(task);
  return found == rows_.end() ? nullptr : &found->second;
}

Result<MemoryBroker::Row*> MemoryBroker::row_to_write(const TaskId& task) {
  if (full_) return {Errc::kFull, "the store is out of memory; nothing was stored"};
  Row* const found = row(task);
  if (found == nullptr) return not_found(task);
  return found;
}

StoredTask MemoryBroker::stored(const Row& row) const {
  StoredTask stored{.task = row.task,
                    .state_json = row.state_json,
                    .folded = row.folded,
                    .version = row.version,
                    .holder = {},
                    .last_error = row.last_error,
                    .signals = row.inbox};
  if (held(row)) stored.holder = row.holder;
  if (row.last.seq > 0) stored.task.last_event = row.last;
  return stored;
}

Result<void> MemoryBroker::create(const Task& task) {
  const Locked lock(mutex_);
  if (full_) return {Errc::kFull, "the store is out of memory; nothing was stored"};
  if (row(task.id) != nullptr) {
    return {Errc::kConflict, "the task " + task.id.str() + " exists already"};
  }
  const Result<EncodedEvent> registration = registration_of(task);
  if (!registration) return registration.error();
  store(registry(), std::span(&*registration, 1));
  rows_.try_emplace(task.id, task);
  return {};
}

MemoryBroker::Row& MemoryBroker::registry() {
  const TaskId id = registry_id();
  const Task record{
      .id = id, .spec = {.agent = AgentId::parse("none").value()}, .created_at = clock_.wall()};
  return rows_.try_emplace(id, record).first->second;
}

Result<StoredTask> MemoryBroker::load(const TaskId& task) {
  const Locked lock(mutex_);
  const Row* const found = row(task);
  if (found == nullptr || task == registry_id()) return not_found(task);
  return stored(*found);
}

Result<TaskPage> MemoryBroker::list(const ListQuery& query) {
  const Locked lock(mutex_);
  std::vector<const Row*> rows;
  for (const auto& [id, each] : rows_) {
    if (id == registry_id()) continue;
    if (query.agent && each.task.spec.agent != *query.agent) continue;
    if (query.status && each.task.status != *query.status) continue;
    rows.push_back(&each);
  }
  std::sort(rows.begin(), rows.end(),
            [](const Row* a, const Row* b) { return newer(a->task, b->task); });
  auto next = rows.begin();
  if (!query.cursor.empty()) {
    // A place, not a task: the task that stood there may be gone, or of another status.
    const std::optional<Place> place = parse_place(query.cursor);
    if (!place) return {Errc::kInvalid, "\"" + query.cursor + "\" is no cursor of a list"};
    next = std::find_if(rows.begin(), rows.end(),
                        [&place](const Row* each) { return behind(each->task, *place); });
  }
  const size_t limit = std::clamp<size_t>(query.limit, 1, kListMax);
  TaskPage page;
  for (; next != rows.end() && page.tasks.size() < limit; ++next) {
    page.tasks.push_back(stored(**next));
  }
  if (next != rows.end()) page.cursor = place_of(page.tasks.back().task);
  return page;
}

Result<void> MemoryBroker::execute(const TaskId& task, const Execution& execution) {
  const Locked lock(mutex_);
  const Result<Row*> found = row_to_write(task);
  if (!found) return found.error();
  Task& stands = (*found)->task;
  const bool again = stands.status == TaskStatus::kPending && stands.execution == execution.id;
  const std::optional<TaskStatus> next = transition(stands.status, TaskInput::kExecute);
  if (!next && !again) {
    return {Errc::kConflict,
            "the task " + task.str() + " is " + std::string(to_string(stands.status))};
  }
  if (!again) {
    stands.status = *next;
    stands.execution = execution.id;
    stands.query = execution.query;
    stands.streaming = execution.streaming;
    stands.budget = execution.budget;
    (*found)->queue = execution.queue;
    (*found)->claims = 0;
    (*found)->last_error.clear();
  }
  enqueue(execution.queue, task);
  return {};
}

Result<void> MemoryBroker::put_agent(const StoredAgent& agent) {
  const Locked lock(mutex_);
  if (full_) return {Errc::kFull, "the store is out of memory; nothing was stored"};
  agents_[agent.id] = agent.config_json;
  return {};
}

Result<StoredAgent> MemoryBroker::agent(const AgentId& id) {
  const Locked lock(mutex_);
  const auto found = agents_.find(id);
  if (found == agents_.end()) return {Errc::kNotFound, "there is no agent " + id.str()};
  return StoredAgent{id, found->second};
}

Result<std::vector<StoredAgent>> MemoryBroker::agents() {
  const Locked lock(mutex_);
  std::vector<StoredAgent> all;
  for (const auto& [id, config] : agents_) all.push_back({id, config});
  return all;
}

Result<void> MemoryBroker::remove_agent(const AgentId& id) {
  const Locked lock(mutex_);
  if (agents_.erase(id) == 0) return {Errc::kNotFound, "there is no agent " + id.str()};
  return {};
}

}  // namespace taskfeed::broker
