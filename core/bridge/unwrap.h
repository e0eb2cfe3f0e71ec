/// From the bytes on a channel to the publisher's own JSON object.
///
/// Publishers wrap: FastStream up to 0.5 as {"data": "<JSON as a string>", "headers": {…}}, from
/// 0.6 on in a binary form with headers in front; others encode their JSON twice. What is inside
/// is wanted; the wrapper's headers belong to the transport.
///
/// Threads  Pure functions.
/// Errors   kInvalid, with the place where the bytes stop being readable.
/// Owns     Nothing.
#pragma once

#include <string_view>

#include "event/json.h"

namespace taskfeed::bridge {

/// At most `wrappers_max` layers are taken off. The answer may be of any JSON type.
Result<Json> unwrap(std::string_view bytes, int wrappers_max);

}  // namespace taskfeed::bridge
