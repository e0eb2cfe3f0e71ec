/// `usage` as model servers report it, in each of their dialects.
///
/// Threads  Pure functions.
/// Errors   What is no count is 0.
/// Owns     Nothing.
#pragma once

#include <optional>

#include "event/json.h"
#include "task/money.h"
#include "workflow/usage.h"

namespace taskfeed::llm {

/// nullopt where all counts are 0: a call has a prompt, so the server has not counted.
std::optional<workflow::Usage> usage_of(const Json& reported);

/// What OpenRouter says that the call cost.
std::optional<NanoDollars> cost_in(const Json& reported);

}  // namespace taskfeed::llm
