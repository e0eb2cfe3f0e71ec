/// What others call the things that taskfeed-events(7) names.
///
/// Threads  Pure functions.
/// Errors   None: a name that is not known stays what it is.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "event/event_type.h"
#include "event/json.h"

namespace taskfeed::bridge {

/// `workflow.LLMCallStarted` and `LLMCallStarted` become WorkflowLLMCallStarted, and
/// `IterationStarted` becomes WorkflowStepStarted. `Completed` and the other one-word names of a
/// task's life are only taken with `workflow.` in front: alone they may be about anything, and a
/// terminal one would end the stream.
std::string known_type(std::string_view foreign);

/// What the last `*` of `pattern` stands for in `channel`, from the last of ". : /" on, where that
/// can be a task's id. A publisher may also name its channels after types: neither a known one nor
/// `type`, the event's own, is a task.
std::optional<TaskId> task_of_channel(std::string_view pattern, std::string_view channel,
                                      const EventType& type);

/// RFC 3339, also without an offset (then UTC); or seconds, milliseconds, microseconds or
/// nanoseconds since 1970, as a number or as its text.
std::optional<WallTime> time_of(const Json& json);

/// A UUID with or without its hyphens. The one of zeros only is no id.
std::optional<Uuid> uuid_of(std::string_view text);

}  // namespace taskfeed::bridge
