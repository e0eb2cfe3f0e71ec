/// Whether what a model hands a tool fits the tool's JSON schema, as far as the first level goes.
///
/// Checked are `required`, the `type` and `enum` of each property, and names that
/// `additionalProperties = false` forbids. Deeper levels and the rest of JSON Schema are the
/// program's own affair: a tool says what it cannot use, and the model reads that.
///
/// Threads  Pure functions.
/// Errors   In words for the model, all that is wrong at once, so that one more call mends it.
/// Owns     Nothing.
#pragma once

#include <string>

#include "event/json.h"

namespace taskfeed::runner {

/// Empty where they fit. null stands for an absent argument, unless the property allows it.
std::string misfit(const Json& schema, const Json& arguments);

}  // namespace taskfeed::runner
