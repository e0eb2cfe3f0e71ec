/// Model calls that have begun and have no recorded end: their worker or their connection is at
/// them, or was lost. Whoever takes the task over, or ends it, charges for what they took.
///
/// Threads  Values; pure functions.
/// Errors   open_calls_from_json() passes over what is no call.
/// Owns     Its text.
#pragma once

#include <string>
#include <vector>

#include "event/event.h"

namespace taskfeed::workflow {

/// More than the branches of a task have at a time, and no more than one commit can end; what is
/// begun beyond them is not kept.
inline constexpr size_t kOpenCallsMax = 30;

struct OpenModelCall {
  std::string id;
  std::string model;  ///< May be empty.
  int64_t prompt_tokens_estimate = 0;
  int64_t streamed_bytes = 0;  ///< Of its text so far, where it streams.
  int64_t attempt = 0;         ///< At its step; 0 where nobody told.
  std::string author;          ///< The agent of several that asked; may be empty.
  std::string branch;
  bool operator==(const OpenModelCall&) const = default;
};

/// What a model call's event says; every other type changes nothing.
void take(std::vector<OpenModelCall>& calls, const Event& event);

Json open_calls_to_json(const std::vector<OpenModelCall>& calls);
std::vector<OpenModelCall> open_calls_from_json(const Json* json);

}  // namespace taskfeed::workflow
