// MemoryBroker's EventLog, and the commit that shares its store().
#include <algorithm>

#include "broker/memory_broker.h"

namespace taskfeed::broker {
namespace {

Result<void> check_events(std::span<const EncodedEvent> events) {
  if (events.size() > kAppendEventsMax) {
    return {Errc::kTooLarge, "more than " + std::to_string(kAppendEventsMax) + " events at once"};
  }
  const auto large = std::find_if(events.begin(), events.end(), [](const EncodedEvent& event) {
    return event.json.size() > kEventBytesMax;
  });
  if (large == events.end()) return {};
  return {Errc::kTooLarge,
          "event " + large->id.str() + " is over " + std::to_string(kEventBytesMax) + " bytes"};
}

/// A terminal event is the last of its stream, and so of what is appended at once.
bool goes_on_after_the_end(std::span<const EncodedEvent> events) {
  const auto terminal = std::find_if(events.begin(), events.end(), [](const EncodedEvent& event) {
    return is_terminal(event.type);
  });
  return terminal != events.end() && terminal + 1 != events.end();
}

Error ended(const TaskId& task) {
  return {Errc::kEnded, "the task " + task.str() + " has ended; nothing can be added"};
}

Anchor anchor_of(const Cursor& after, const std::deque<StoredEvent>& events, const Cursor& last) {
  if (after.seq == 0) return Anchor::kStart;
  if (after.seq > last.seq) return Anchor::kAhead;
  if (events.empty() || after.seq < events.front().cursor.seq) return Anchor::kTrimmed;
  const StoredEvent& there = events[after.seq - events.front().cursor.seq];
  return there.cursor == after ? Anchor::kMatches : Anchor::kMismatch;
}

}  // namespace

std::optional<Cursor> MemoryBroker::find_repeated(const Row& row, const EncodedEvent& event,
                                                  size_t window) const {
  const size_t look = std::min(window, row.events.size());
  for (size_t back = 1; back <= look; ++back) {
    const StoredEvent& known = row.events[row.events.size() - back];
    if (known.cursor.tag != event.tag()) continue;
    if (known.json == event.json || known.json.find(event.id.str()) != std::string::npos) {
      return known.cursor;
    }
  }
  return std::nullopt;
}

std::vector<Cursor> MemoryBroker::store(Row& row, std::span<const EncodedEvent> events) {
  std::vector<Cursor> cursors;
  for (const EncodedEvent& event : events) {
    row.last = {row.last.seq + 1, event.tag()};
    cursors.push_back(row.last);
    row.events.push_back({row.last, event.type, event.json});
    if (row.events.size() > limits_.events_kept_max) row.events.pop_front();
    if (const auto input = input_of(event.type)) {
      row.task.status = transition(row.task.status, *input).value_or(row.task.status);
    }
    if (is_terminal(event.type)) row.holder.reset();
  }
  if (observer_) {
    for (size_t at = 0; at < events.size(); ++at) {
      observer_(row.task.id, {cursors[at], events[at].type, events[at].json});
    }
  }
  return cursors;
}

Result<std::vector<Cursor>> MemoryBroker::append(const TaskId& task,
                                                 std::span<const EncodedEvent> events,
                                                 const AppendOptions& options) {
  if (events.empty()) return std::vector<Cursor>{};
  if (auto fine = check_events(events); !fine) return fine.error();
  const Locked lock(mutex_);
  if (row(task) == nullptr && options.create_stream && !full_) {
    rows_.try_emplace(task, Task{.id = task,
                                 .spec = {.agent = AgentId::parse("external").value()},
                                 .created_at = clock_.wall()});
  }
  const Result<Row*> found = row_to_write(task);
  if (!found) return found.error();
  Row& stands = **found;
  std::vector<EncodedEvent> fresh;
  std::vector<std::optional<Cursor>> known;
  for (const EncodedEvent& event : events) {
    known.push_back(options.maybe_repeated
                        ? find_repeated(stands, event, kRepeatWindow + events.size())
                        : std::nullopt);
    if (!known.back()) fresh.push_back(event);
  }
  if (!fresh.empty()) {
    if (is_terminal(stands.task.status) || goes_on_after_the_end(fresh)) return ended(task);
    const bool lifecycle = std::any_of(fresh.begin(), fresh.end(), [](const EncodedEvent& event) {
      return is_lifecycle(event.type);
    });
    if (lifecycle && held(stands)) {
      return {Errc::kConflict, "the worker " + stands.holder->str() + " holds the task " +
                                   task.str() + "; only it may write its lifecycle"};
    }
  }
  const std::vector<Cursor> appended = store(stands, fresh);
  std::vector<Cursor> cursors;
  auto next = appended.begin();
  for (const std::optional<Cursor>& each : known) cursors.push_back(each ? *each : *next++);
  return cursors;
}

Result<Page> MemoryBroker::read(const TaskId& task, const ReadRange& range) {
  const Locked lock(mutex_);
  Page page;
  const Row* const found = row(task);
  if (found == nullptr) {
    if (range.after.seq > 0) page.anchor = Anchor::kAhead;
    return page;
  }
  const std::deque<StoredEvent>& events = found->events;
  page.status = found->task.status;
  page.last = found->last;
  page.anchor = anchor_of(range.after, events, found->last);
  if (events.empty()) return page;
  page.first = events.front().cursor;
  uint64_t from = page.anchor == Anchor::kMatches ? range.after.seq + 1 : page.first->seq;
  uint64_t end = found->last.seq + 1;
  if (range.before_seq) end = std::min(end, *range.before_seq);
  if (range.newest && end > *range.newest) from = std::max(from, end - *range.newest);
  const size_t limit = std::min(range.limit, kPageEventsMax);
  const size_t bytes_max = std::min(range.bytes_max, kPageBytesMax);
  size_t bytes = 0;
  for (; from < end && page.events.size() < limit; ++from) {
    if (bytes >= bytes_max && !page.events.empty()) break;
    page.events.push_back(events[from - page.first->seq]);
    bytes += page.events.back().json.size();
  }
  page.more = from < end;
  return page;
}

void MemoryBroker::trim_before(const TaskId& task, uint64_t seq) {
  const Locked lock(mutex_);
  Row* const found = row(task);
  TF_ASSERT(found != nullptr);
  while (!found->events.empty() && found->events.front().cursor.seq < seq) {
    found->events.pop_front();
  }
}

Result<Committed> MemoryBroker::commit(const Commit& commit) {
  if (auto fine = check_events(commit.events); !fine) return fine.error();
  const Locked lock(mutex_);
  const Result<Row*> found = row_to_write(commit.task);
  if (!found) return found.error();
  Row& stands = **found;
  if (commit.maybe_repeated && !commit.events.empty()) {
    Committed answer{{}, stands.version};
    for (const EncodedEvent& event : commit.events) {
      const auto known = find_repeated(stands, event, kRepeatWindow + commit.events.size());
      if (known) answer.cursors.push_back(*known);
    }
    if (answer.cursors.size() == commit.events.size()) return answer;
    if (!answer.cursors.empty()) {
      return {Errc::kConflict, "some events of this commit to " + commit.task.str() +
                                   " stand in its history already"};
    }
  } else if (commit.maybe_repeated && commit.snapshot && commit.version &&
             stands.version == *commit.version + 1 &&
             stands.state_json == commit.snapshot->state_json) {
    return Committed{{}, stands.version};
  }
  if (is_terminal(stands.task.status)) return ended(commit.task);
  if (commit.lease) {
    if (auto valid = check_lease(stands, *commit.lease); !valid) return valid.error();
  } else if (held(stands)) {
    return {Errc::kConflict,
            "the worker " + stands.holder->str() + " holds the task " + commit.task.str()};
  }
  if (commit.version && *commit.version != stands.version) {
    return {Errc::kConflict, "the task " + commit.task.str() + " has version " +
                                 std::to_string(stands.version) + " by now"};
  }
  if (goes_on_after_the_end(commit.events)) return ended(commit.task);
  Committed answer{store(stands, commit.events), 0};
  if (commit.snapshot) {
    const bool over = is_terminal(stands.task.status);
    Task next = commit.snapshot->task;
    next.spec = stands.task.spec;
    next.created_at = stands.task.created_at;
    next.execution = stands.task.execution;
    next.query = stands.task.query;
    next.streaming = stands.task.streaming;
    next.budget = stands.task.budget;
    if (over) next.status = stands.task.status;
    stands.task = std::move(next);
    stands.state_json = commit.snapshot->state_json;
    if (!answer.cursors.empty()) stands.folded = answer.cursors.back();
    ++stands.version;
  }
  answer.version = stands.version;
  std::erase_if(stands.inbox, [&commit](const Signal& signal) {
    return !commit.signals_taken.empty() &&
           std::stoull(signal.id) <= std::stoull(commit.signals_taken);
  });
  if (commit.lease && commit.progress) stands.claims = 0;
  // A claim that ended in good order does not count against the task.
  if (commit.release || is_terminal(stands.task.status)) {
    stands.holder.reset();
    stands.claims = 0;
  }
  return answer;
}

}  // namespace taskfeed::broker
