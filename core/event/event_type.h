/// The name of what happened: the types of taskfeed-events(7), and any that others publish.
///
/// Threads  Values; constants are immutable.
/// Errors   parse() refuses what could not stand in an SSE `event:` line.
/// Owns     Its text.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace taskfeed {

inline constexpr size_t kEventTypeBytesMax = 128;

class EventType {
 public:
  /// 1 to 128 bytes of UTF-8 without whitespace and control characters, since a type stands in
  /// an SSE `event:` line and in the live channel's prefix, where a space ends it. Names that
  /// start with "stream." and "heartbeat" are refused: they are the control frames of the SSE
  /// endpoint.
  static Result<EventType> parse(std::string_view text);
  const std::string& str() const { return text_; }
  auto operator<=>(const EventType&) const = default;

 private:
  friend EventType known_type(std::string_view name);
  explicit EventType(std::string_view text) : text_(text) {}
  std::string text_;
};

/// What parse() accepts, for the live path: no allocation.
bool is_event_type(std::string_view text);

/// For the constants below; asserts that parse() accepts `name`.
EventType known_type(std::string_view name);

namespace types {
inline constexpr std::string_view kStarted = "WorkflowStarted";
inline constexpr std::string_view kStepStarted = "WorkflowStepStarted";
inline constexpr std::string_view kStepCompleted = "WorkflowStepCompleted";
inline constexpr std::string_view kLlmCallStarted = "WorkflowLLMCallStarted";
inline constexpr std::string_view kLlmCallChunk = "WorkflowLLMCallChunk";
inline constexpr std::string_view kLlmCallCompleted = "WorkflowLLMCallCompleted";
inline constexpr std::string_view kLlmCallFailed = "WorkflowLLMCallFailed";
inline constexpr std::string_view kToolCallStarted = "WorkflowToolCallStarted";
inline constexpr std::string_view kToolCallOutput = "WorkflowToolCallOutput";
inline constexpr std::string_view kToolCallCompleted = "WorkflowToolCallCompleted";
inline constexpr std::string_view kBudgetWarning = "WorkflowBudgetWarning";
inline constexpr std::string_view kBudgetExceeded = "WorkflowBudgetExceeded";
inline constexpr std::string_view kApprovalRequested = "WorkflowApprovalRequested";
inline constexpr std::string_view kApprovalReceived = "WorkflowApprovalReceived";
inline constexpr std::string_view kInputRequested = "WorkflowInputRequested";
inline constexpr std::string_view kInputReceived = "WorkflowInputReceived";
inline constexpr std::string_view kPaused = "WorkflowPaused";
inline constexpr std::string_view kResumed = "WorkflowResumed";
inline constexpr std::string_view kProgress = "WorkflowProgressUpdated";
inline constexpr std::string_view kCompleted = "WorkflowCompleted";
inline constexpr std::string_view kFailed = "WorkflowFailed";
inline constexpr std::string_view kCancelled = "WorkflowCancelled";

/// Every name above, in that order.
inline constexpr std::array kAll{
    kStarted,          kStepStarted,    kStepCompleted,     kLlmCallStarted,   kLlmCallChunk,
    kLlmCallCompleted, kLlmCallFailed,  kToolCallStarted,   kToolCallOutput,   kToolCallCompleted,
    kBudgetWarning,    kBudgetExceeded, kApprovalRequested, kApprovalReceived, kInputRequested,
    kInputReceived,    kPaused,         kResumed,           kProgress,         kCompleted,
    kFailed,           kCancelled};
}  // namespace types

/// Completed, Failed and Cancelled: after one of them a stream accepts nothing.
bool is_terminal(std::string_view type);
/// Types that move a task's status. While a worker holds the task's lease, only that worker may
/// append them.
bool is_lifecycle(std::string_view type);

/// `--types a,b*` and `--exclude c`: globs over type names.
class TypeFilter {
 public:
  /// Comma-separated globs, each trimmed; both may be empty. At most 64 patterns.
  static Result<TypeFilter> parse(std::string_view include, std::string_view exclude);
  bool accepts(std::string_view type) const;
  /// Accepts everything: such a filter costs nothing on the live path.
  bool empty() const { return include_.empty() && exclude_.empty(); }
  /// The patterns, for whoever passes the filter on.
  const std::vector<std::string>& included() const { return include_; }
  const std::vector<std::string>& excluded() const { return exclude_; }
  bool operator==(const TypeFilter&) const = default;

 private:
  std::vector<std::string> include_;
  std::vector<std::string> exclude_;
};

}  // namespace taskfeed
