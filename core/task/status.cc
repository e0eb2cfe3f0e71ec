#include "task/status.h"

#include <cstddef>

#include "event/event_type.h"

namespace taskfeed {
namespace {

using enum TaskStatus;

constexpr auto kNo = std::optional<TaskStatus>();
constexpr std::optional<TaskStatus> to(TaskStatus status) {
  return status;
}

using Row = std::array<std::optional<TaskStatus>, kTaskInputs.size()>;

/// A row for each status, a column for each input, in the order of the enumerations. A fact that
/// is already true moves nothing: a worker that takes over writes WorkflowStarted at most once,
/// but a foreign publisher may repeat itself.
constexpr std::array<Row, kTaskStatuses.size()> kTable{{
    // execute       started       paused       resumed       completed       failed       cancelled
    {to(kPending), to(kRunning), kNo, kNo, to(kCompleted), to(kFailed), to(kCancelled)},
    {kNo, to(kRunning), to(kPaused), kNo, to(kCompleted), to(kFailed), to(kCancelled)},
    {kNo, to(kRunning), to(kPaused), to(kRunning), to(kCompleted), to(kFailed), to(kCancelled)},
    {kNo, kNo, to(kPaused), to(kRunning), to(kCompleted), to(kFailed), to(kCancelled)},
    {kNo, kNo, kNo, kNo, kNo, kNo, kNo},
    {kNo, kNo, kNo, kNo, kNo, kNo, kNo},
    {kNo, kNo, kNo, kNo, kNo, kNo, kNo},
}};

constexpr std::array<std::string_view, kTaskStatuses.size()> kStatusNames{
    "submitted", "pending", "running", "paused", "completed", "failed", "cancelled"};
constexpr std::array<std::string_view, kTaskInputs.size()> kInputNames{
    "execute", "started", "paused", "resumed", "completed", "failed", "cancelled"};

}  // namespace

std::string_view to_string(TaskStatus status) {
  return kStatusNames[static_cast<size_t>(status)];
}

std::optional<TaskStatus> parse_status(std::string_view text) {
  for (const TaskStatus status : kTaskStatuses) {
    if (to_string(status) == text) return status;
  }
  return std::nullopt;
}

std::string_view to_string(TaskInput input) {
  return kInputNames[static_cast<size_t>(input)];
}

bool is_terminal(TaskStatus status) {
  return status == kCompleted || status == kFailed || status == kCancelled;
}

std::optional<TaskStatus> transition(TaskStatus status, TaskInput input) {
  return kTable[static_cast<size_t>(status)][static_cast<size_t>(input)];
}

std::optional<TaskInput> input_of(std::string_view event_type) {
  if (event_type == types::kStarted) return TaskInput::kStarted;
  if (event_type == types::kPaused) return TaskInput::kPaused;
  if (event_type == types::kResumed) return TaskInput::kResumed;
  if (event_type == types::kCompleted) return TaskInput::kCompleted;
  if (event_type == types::kFailed) return TaskInput::kFailed;
  if (event_type == types::kCancelled) return TaskInput::kCancelled;
  return std::nullopt;
}

}  // namespace taskfeed
