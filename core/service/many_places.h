/// Where a stream over many tasks begins.
///
/// The record of creations is read first, then the open tasks: what is created meanwhile is in the
/// record behind that place, and so is found from its first event. Every other task is open and
/// known with its newest event, or has ended.
///
/// Threads  Safe from any; calls block as the broker does.
/// Errors   kNotFound: a named task. kTooLarge: more tasks to look through than tasks_looked_max.
///          Else the broker's.
/// Owns     Nothing. Borrows the broker.
#pragma once

#include <set>

#include "base/clock.h"
#include "broker/event_log.h"
#include "broker/task_store.h"
#include "event/many_cursor.h"

namespace taskfeed::service {

struct ManyPlacesLimits {
  /// Ended ones are looked at too: no index has the open ones alone, since the status of a task
  /// and an index of all would stand in two slots.
  size_t tasks_looked_max = 100'000;
  /// An entry of the record without a task, and this young, is of a task that is being created.
  Milliseconds creation_max{600'000};
  size_t creations_looked_max = 64;
};

class ManyPlaces {
 public:
  ManyPlaces(broker::EventLog& log, broker::TaskStore& tasks, const Clock& clock,
             ManyPlacesLimits limits = {})
      : log_(log), tasks_(tasks), clock_(clock), limits_(limits) {}

  /// Before the next event of each open task, and the first of each new one.
  Result<ManyCursor> now(const TaskSelection& selection);
  /// Before the first event of each task that is kept.
  Result<ManyCursor> beginning(const TaskSelection& selection);
  /// `place`, without the tasks that are forgotten by now, which it answers.
  Result<std::map<TaskId, Cursor>> forget(ManyCursor& place);

 private:
  Result<void> name(ManyCursor& place, const TaskSelection& selection, bool from_now);
  Result<void> add_open(ManyCursor& place, const TaskSelection& selection, bool from_now);
  Result<void> drop_created_since(ManyCursor& place);
  Result<void> add_being_created(ManyCursor& place, const TaskSelection& selection);
  Result<bool> exists(const TaskId& task);

  broker::EventLog& log_;
  broker::TaskStore& tasks_;
  const Clock& clock_;
  const ManyPlacesLimits limits_;
};

}  // namespace taskfeed::service
