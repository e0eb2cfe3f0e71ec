// The part of TaskService that folds: loading with read-repair, and publishing.
#include <algorithm>
#include <map>

#include "service/rules.h"
#include "service/task_service.h"

namespace taskfeed::service {
namespace {

constexpr int kCommitTriesMax = 8;

Result<workflow::State> state_of(const broker::StoredTask& stored) {
  workflow::State state = workflow::initial_state();
  if (stored.state_json.empty()) {
    state.status = stored.task.status;
  } else {
    const Result<Json> json = parse_json(stored.state_json);
    if (!json) return json.error();
    Result<workflow::State> read = workflow::state_from_json(*json);
    if (!read) return read.error();
    state = *std::move(read);
    // A fold over events that others appended is kept without a new event, so that the store's
    // own `folded` may be behind; a commit's is exact, where the fold before it had foretold it.
    if (stored.folded.seq > state.folded.seq) state.folded = stored.folded;
  }
  return state;
}

/// Where those of `events` stand that history has already, among as many as a repeat is recognised
/// in.
Result<std::vector<std::optional<Cursor>>> find_known(broker::EventLog& log, const TaskId& task,
                                                      const std::vector<EncodedEvent>& events) {
  std::vector<std::optional<Cursor>> known(events.size());
  broker::ReadRange range;
  range.newest = broker::kRepeatWindow + events.size();
  for (;;) {
    const Result<broker::Page> page = log.read(task, range);
    if (!page) return page.error();
    for (const StoredEvent& stored : page->events) {
      for (size_t at = 0; at < events.size(); ++at) {
        if (stored.cursor.tag != events[at].tag()) continue;
        if (stored.json.find(events[at].id.str()) == std::string::npos) continue;
        known[at] = stored.cursor;
      }
    }
    if (!page->more || page->events.empty()) return known;
    range.after = page->events.back().cursor;
    range.newest.reset();
  }
}

bool moves_status(const std::vector<Event>& events) {
  return std::any_of(events.begin(), events.end(),
                     [](const Event& event) { return is_lifecycle(event.type.str()); });
}

}  // namespace

Result<TaskService::Folded> TaskService::load(const TaskId& task) {
  Result<broker::StoredTask> stored = ports_.tasks.load(task);
  if (!stored) {
    return stored.error().code == Errc::kNotFound ? unknown_task(task) : stored.error();
  }
  Result<workflow::State> state = state_of(*stored);
  if (!state) return state.error();
  Folded folded{*std::move(stored), *std::move(state)};
  const Task& now = folded.stored.task;
  const bool behind = now.last_event && now.last_event->seq > folded.state.folded.seq;
  if (!behind || folded.stored.holder) return folded;
  const Result<bool> external = is_external(now);
  if (!external) return external.error();
  if (!*external) return folded;
  if (Result<void> done = fold_tail(folded); !done) return done.error();
  keep(folded);
  return folded;
}

Result<void> TaskService::fold_tail(Folded& folded) {
  const TaskId task = folded.stored.task.id;
  // What `append` moved in the store, the fold will move again from its own events.
  if (folded.stored.state_json.empty()) folded.state.status = TaskStatus::kSubmitted;
  for (int read = 0; read < limits_.fold_pages_max; ++read) {
    broker::ReadRange range;
    range.after = folded.state.folded;
    const Result<broker::Page> page = ports_.events.read(task, range);
    if (!page) return page.error();
    for (const StoredEvent& stored : page->events) {
      // A foreign writer's JSON may be anything; the fold does without it.
      const Result<Event> event = decode_event(stored.json);
      if (event) folded.state = workflow::evolve(std::move(folded.state), *event, stored.cursor);
      folded.state.folded = stored.cursor;
    }
    if (!page->more || page->events.empty()) break;
  }
  folded.stored.task = workflow::with_state(std::move(folded.stored.task), folded.state);
  return {};
}

void TaskService::keep(const Folded& folded) {
  // Refused when a worker, a terminal event or another reader was faster; then the next reader
  // folds again. Either way this caller has its answer.
  (void)ports_.tasks.commit(
      {.task = folded.stored.task.id,
       .lease = {},
       .version = folded.stored.version,
       .snapshot =
           broker::Snapshot{folded.stored.task, dump_json(workflow::state_to_json(folded.state))},
       .events = {},
       .signals_taken = {},
       .release = false,
       .maybe_repeated = false});
}

Result<std::vector<Cursor>> TaskService::publish(const TaskId& task,
                                                 const std::vector<PublishInput>& inputs) {
  if (inputs.empty()) return std::vector<Cursor>{};
  if (inputs.size() > broker::kAppendEventsMax) {
    return Error{Errc::kTooLarge, "more than " + std::to_string(broker::kAppendEventsMax) +
                                      " events at once; publish them in parts"};
  }
  const Result<broker::StoredTask> stored = ports_.tasks.load(task);
  if (!stored) {
    return stored.error().code == Errc::kNotFound ? unknown_task(task) : stored.error();
  }
  const EventContext context{task, stored->task.spec.agent, stored->task.execution};
  std::vector<Event> events;
  std::vector<EncodedEvent> encoded;
  std::map<EventId, size_t> by_id;
  std::vector<size_t> stands;  // Each input's place among `events`.
  bool maybe_repeated = false;
  for (size_t at = 0; at < inputs.size(); ++at) {
    const PublishInput& input = inputs[at];
    Result<Event> event =
        event_from_input(input.json, input.type, context, ports_.ids, ports_.clock);
    Result<EncodedEvent> text = event ? encode(*event) : Result<EncodedEvent>(event.error());
    if (!text) {
      if (inputs.size() == 1) return text.error();
      return Error{text.error().code, "event " + std::to_string(at + 1) + ": " + text.error().text};
    }
    // Whoever names the event's id may be saying it again.
    maybe_repeated |= input.maybe_repeated || find(input.json, "event_id") != nullptr;
    // Said twice in one call, it is stored once.
    const auto [known, fresh] = by_id.try_emplace(event->id, events.size());
    stands.push_back(known->second);
    if (!fresh) continue;
    events.push_back(*std::move(event));
    encoded.push_back(*std::move(text));
  }
  const auto cursors = append_or_commit(task, events, encoded, maybe_repeated);
  if (!cursors) return cursors.error();
  std::vector<Cursor> answer;
  for (const size_t place : stands) answer.push_back((*cursors)[place]);
  return answer;
}

Result<std::vector<Cursor>> TaskService::append_or_commit(const TaskId& task,
                                                          const std::vector<Event>& events,
                                                          const std::vector<EncodedEvent>& encoded,
                                                          bool maybe_repeated) {
  Error last{Errc::kConflict, "the task " + task.str() + " changes too fast; publish again"};
  for (int tries = 0; tries < kCommitTriesMax; ++tries) {
    const bool again = maybe_repeated || tries > 0;
    Result<std::vector<Cursor>> done = std::vector<Cursor>{};
    bool plain = !moves_status(events);
    if (!plain) {
      Result<Folded> folded = load(task);
      if (!folded) return folded.error();
      // An ended task answers a repeat with its cursors, a held one refuses: both are append()'s.
      plain = is_terminal(folded->stored.task.status) || folded->stored.holder.has_value();
      if (!plain) {
        done = again ? commit_fresh(*std::move(folded), events, encoded)
                     : commit_with_fold(*std::move(folded), events, encoded, false);
      }
    }
    if (plain) done = ports_.events.append(task, encoded, {again, false});
    if (done) return done;
    last = done.error();
    const bool worth_a_try =
        last.code == Errc::kTimeout || (!plain && last.code == Errc::kConflict);
    if (!worth_a_try) return last;
  }
  return last;
}

Result<std::vector<Cursor>> TaskService::commit_fresh(Folded folded,
                                                      const std::vector<Event>& events,
                                                      const std::vector<EncodedEvent>& encoded) {
  const TaskId task = folded.stored.task.id;
  const auto known = find_known(ports_.events, task, encoded);
  if (!known) return known.error();
  std::vector<Event> fresh;
  std::vector<EncodedEvent> fresh_encoded;
  for (size_t at = 0; at < events.size(); ++at) {
    if ((*known)[at]) continue;
    fresh.push_back(events[at]);
    fresh_encoded.push_back(encoded[at]);
  }
  Result<std::vector<Cursor>> added = std::vector<Cursor>{};
  if (!fresh.empty()) added = commit_with_fold(std::move(folded), fresh, fresh_encoded, true);
  if (!added) return added;
  std::vector<Cursor> cursors;
  auto next = added->begin();
  for (const std::optional<Cursor>& each : *known) cursors.push_back(each ? *each : *next++);
  return cursors;
}

Result<std::vector<Cursor>> TaskService::commit_with_fold(Folded folded,
                                                          const std::vector<Event>& events,
                                                          const std::vector<EncodedEvent>& encoded,
                                                          bool maybe_repeated) {
  const Cursor top = folded.stored.task.last_event.value_or(Cursor{});
  if (folded.state.folded.seq < top.seq) {
    if (Result<void> done = fold_tail(folded); !done) return done.error();
  }
  if (folded.stored.state_json.empty() && folded.state.folded.seq == 0) {
    folded.state.status = folded.stored.task.status;
  }
  uint64_t seq = std::max(top.seq, folded.state.folded.seq);
  for (const Event& event : events) {
    folded.state = workflow::evolve(std::move(folded.state), event, {++seq, event.id.low32()});
  }
  Task task = workflow::with_state(folded.stored.task, folded.state);
  const TaskId id = task.id;
  Result<broker::Committed> committed = ports_.tasks.commit(
      {.task = id,
       .lease = {},
       .version = folded.stored.version,
       .snapshot =
           broker::Snapshot{std::move(task), dump_json(workflow::state_to_json(folded.state))},
       .events = encoded,
       .signals_taken = {},
       .release = false,
       .maybe_repeated = maybe_repeated});
  if (!committed) return committed.error();
  return std::move(committed->cursors);
}

}  // namespace taskfeed::service
