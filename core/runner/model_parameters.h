/// The parameters of a model call that an agent sets and a task may override.
///
/// They go to the server as they are: what a server makes of a value is its own affair, so that
/// only their types are checked here.
///
/// Threads  Pure functions.
/// Errors   kInvalid, beginning with the parameter's name.
/// Owns     Nothing.
#pragma once

#include <array>
#include <string_view>

#include "event/json.h"

namespace taskfeed::runner {

/// Members of the request itself.
inline constexpr std::array<std::string_view, 10> kModelParameters{"temperature",
                                                                   "top_p",
                                                                   "seed",
                                                                   "stop",
                                                                   "presence_penalty",
                                                                   "frequency_penalty",
                                                                   "reasoning_effort",
                                                                   "tool_choice",
                                                                   "parallel_tool_calls",
                                                                   "response_format"};

bool is_model_parameter(std::string_view name);
/// `name` is one of kModelParameters.
Result<void> check_model_parameter(std::string_view name, const Json& value);

/// What `task_parameters` may list.
bool is_overridable(std::string_view name);
/// "model, instructions, max_tokens, temperature, …"
std::string overridable_names();

}  // namespace taskfeed::runner
