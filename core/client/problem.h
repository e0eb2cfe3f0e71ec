/// A daemon's refusal as an Error: RFC 9457's problem document, or the status alone.
///
/// Threads  Pure functions.
/// Errors   None: any body has an answer.
/// Owns     Nothing.
#pragma once

#include <string_view>

#include "base/result.h"

namespace taskfeed::client {

/// `body` is read where it is a JSON object with `detail` or `title`; its `code` decides before
/// the status does.
Error error_from(int status, std::string_view body, std::string_view server);

}  // namespace taskfeed::client
