/// How deep a JSON value nests: what is kept within other JSON must leave room for it.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include "event/json.h"

namespace taskfeed::workflow {

/// Of a tool's arguments. They stand in events, in the state and in the task itself, each of which
/// is read with kJsonDepthMax.
inline constexpr int kArgumentsDepthMax = 32;
static_assert(kArgumentsDepthMax + 16 <= kJsonDepthMax);

/// Whether it nests deeper than `depth`; a scalar has none.
bool is_deeper(const Json& json, int depth);

}  // namespace taskfeed::workflow
