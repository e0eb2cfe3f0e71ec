#include "service/many_places.h"

#include "broker/registry.h"

namespace taskfeed::service {
namespace {

constexpr size_t kListPage = 500;

Cursor place_in(const Task& task, bool from_now) {
  return from_now ? task.last_event.value_or(Cursor{}) : Cursor{};
}

}  // namespace

Result<ManyCursor> ManyPlaces::now(const TaskSelection& selection) {
  ManyCursor place;
  place.mark = selection.mark();
  if (!selection.open_ended()) {
    if (const Result<void> done = name(place, selection, true); !done) return done.error();
    return place;
  }
  const Result<broker::Page> newest = log_.read(broker::registry_id(), {.newest = 1, .limit = 1});
  if (!newest) return newest.error();
  place.registry = newest->last;
  if (const auto done = add_open(place, selection, true); !done) return done.error();
  if (const auto done = drop_created_since(place); !done) return done.error();
  if (const auto done = add_being_created(place, selection); !done) return done.error();
  return place;
}

Result<ManyCursor> ManyPlaces::beginning(const TaskSelection& selection) {
  ManyCursor place;
  place.mark = selection.mark();
  if (!selection.open_ended()) {
    if (const Result<void> done = name(place, selection, false); !done) return done.error();
    return place;
  }
  const Result<broker::Page> oldest = log_.read(broker::registry_id(), {.limit = 1});
  if (!oldest) return oldest.error();
  // Where its oldest entries are gone, the reader is told; open tasks among them are read all the
  // same.
  if (oldest->first && oldest->first->seq > 1) {
    if (const Result<void> done = add_open(place, selection, false); !done) return done.error();
  }
  return place;
}

Result<std::map<TaskId, Cursor>> ManyPlaces::forget(ManyCursor& place) {
  std::map<TaskId, Cursor> forgotten;
  for (auto next = place.open.begin(); next != place.open.end();) {
    const auto& [task, at] = *next;
    const Result<bool> there = exists(task);
    if (!there) return there.error();
    // Of one that was not heard yet it cannot be said whether it is yet to be created.
    if (*there || at.seq == 0) {
      ++next;
      continue;
    }
    forgotten.insert(*next);
    next = place.open.erase(next);
  }
  return forgotten;
}

Result<void> ManyPlaces::name(ManyCursor& place, const TaskSelection& selection, bool from_now) {
  for (const TaskId& task : selection.tasks) {
    const Result<broker::StoredTask> stored = tasks_.load(task);
    if (!stored) return stored.error();
    if (from_now && is_terminal(stored->task.status)) continue;
    place.open.emplace(task, place_in(stored->task, from_now));
  }
  return {};
}

Result<void> ManyPlaces::add_open(ManyCursor& place, const TaskSelection& selection,
                                  bool from_now) {
  broker::ListQuery query{.agent = {}, .status = {}, .limit = kListPage, .cursor = {}};
  // The index of one agent is shorter than that of all.
  if (selection.agents.size() == 1) query.agent = selection.agents.front();
  size_t looked = 0;
  do {
    Result<broker::TaskPage> page = tasks_.list(query);
    if (!page) return page.error();
    for (const broker::StoredTask& stored : page->tasks) {
      const Task& task = stored.task;
      if (is_terminal(task.status) || !selection.takes(task.spec.agent)) continue;
      place.open.emplace(task.id, place_in(task, from_now));
    }
    looked += page->tasks.size();
    if (looked > limits_.tasks_looked_max) {
      return {Errc::kTooLarge, "more than " + std::to_string(limits_.tasks_looked_max) +
                                   " tasks are kept, too many to look for the open ones among "
                                   "them; name an agent or tasks"};
    }
    query.cursor = std::move(page->cursor);
  } while (!query.cursor.empty());
  return {};
}

/// They are read from their first event, by the record.
Result<void> ManyPlaces::drop_created_since(ManyCursor& place) {
  broker::ReadRange range{.after = place.registry};
  for (;;) {
    const Result<broker::Page> page = log_.read(broker::registry_id(), range);
    if (!page) return page.error();
    for (const StoredEvent& event : page->events) {
      if (const auto created = broker::read_registration(event.json)) {
        place.open.erase(created->task);
      }
      range.after = event.cursor;
    }
    if (!page->more || page->events.empty()) return {};
  }
}

/// The entry comes before the task; who asks between the two finds no task.
Result<void> ManyPlaces::add_being_created(ManyCursor& place, const TaskSelection& selection) {
  const Result<broker::Page> page =
      log_.read(broker::registry_id(),
                {.before_seq = place.registry.seq + 1, .newest = limits_.creations_looked_max});
  if (!page) return page.error();
  const WallTime youngest = clock_.wall() - limits_.creation_max;
  for (const StoredEvent& event : page->events) {
    const auto created = broker::read_registration(event.json);
    const auto time = event_time(event.json);
    if (!created || !selection.takes(created->agent) || !time || *time < youngest) continue;
    if (place.open.contains(created->task)) continue;
    const Result<bool> there = exists(created->task);
    if (!there) return there.error();
    if (!*there) place.open.emplace(created->task, Cursor{});
  }
  return {};
}

Result<bool> ManyPlaces::exists(const TaskId& task) {
  const Result<broker::StoredTask> stored = tasks_.load(task);
  if (stored) return true;
  if (stored.error().code == Errc::kNotFound) return false;
  return stored.error();
}

}  // namespace taskfeed::service
