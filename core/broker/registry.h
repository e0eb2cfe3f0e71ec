/// The record of creations: which tasks there are, in the order in which the store saw them.
///
/// A stream like a task's own, under a reserved task id, so that whoever wants to know of new tasks
/// listens, reads and resumes as any reader does, gaps included. The indexes by time cannot tell:
/// their scores are clocks of creators, so that a task may appear behind a place that was passed.
/// It holds creations alone. Were there one log of all events, every append would touch two slots
/// of a cluster.
///
/// The entry is written before the task: one without a task is a task that is about to be, or whose
/// creator died; a task without one would be followed by nobody.
///
/// Threads  Pure functions.
/// Errors   read_registration() is empty for what is none.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string_view>

#include "event/event.h"
#include "task/task.h"

namespace taskfeed::broker {

/// Nobody's task: it is in no index, cannot be loaded, and the bridge takes nothing for it.
TaskId registry_id();

inline constexpr std::string_view kRegistrationType = "TaskCreated";

struct Registration {
  TaskId task;
  AgentId agent;
};

/// Its event id follows from the task's, so that a repeated creation is recognised.
Result<EncodedEvent> registration_of(const Task& task);
std::optional<Registration> read_registration(std::string_view json);

}  // namespace taskfeed::broker
