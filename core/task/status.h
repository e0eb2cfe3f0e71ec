/// The life of a task as one total table.
///
///   submitted -> pending -> running -> (paused <-> running) -> completed | failed | cancelled
///
/// Threads  Pure functions.
/// Errors   transition() answers nothing where the input is not allowed; the caller says why.
/// Owns     Nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace taskfeed {

enum class TaskStatus : uint8_t {
  kSubmitted,
  kPending,
  kRunning,
  kPaused,
  kCompleted,
  kFailed,
  kCancelled
};
inline constexpr std::array kTaskStatuses{
    TaskStatus::kSubmitted, TaskStatus::kPending, TaskStatus::kRunning,  TaskStatus::kPaused,
    TaskStatus::kCompleted, TaskStatus::kFailed,  TaskStatus::kCancelled};

/// What moves a task. kExecute is a request; the others are facts, each an event.
enum class TaskInput { kExecute, kStarted, kPaused, kResumed, kCompleted, kFailed, kCancelled };
inline constexpr std::array kTaskInputs{
    TaskInput::kExecute,   TaskInput::kStarted, TaskInput::kPaused,   TaskInput::kResumed,
    TaskInput::kCompleted, TaskInput::kFailed,  TaskInput::kCancelled};

std::string_view to_string(TaskStatus status);
std::optional<TaskStatus> parse_status(std::string_view text);
std::string_view to_string(TaskInput input);
bool is_terminal(TaskStatus status);

/// Total: every pair has an answer, and nothing leaves a terminal status. A foreign publisher may
/// start, complete or fail a task that nobody executed here (submitted -> running and so on).
std::optional<TaskStatus> transition(TaskStatus status, TaskInput input);

/// The input that an event stands for; empty for events that leave the status alone.
std::optional<TaskInput> input_of(std::string_view event_type);

}  // namespace taskfeed
