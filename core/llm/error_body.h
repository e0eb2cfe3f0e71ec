/// What an error's JSON says, in the shapes that model servers and what stands before them use.
///
/// Threads  Pure functions.
/// Errors   None: what cannot be read stands in `text` as it is.
/// Owns     Its text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "event/json.h"

namespace taskfeed::llm {

struct ErrorBody {
  std::string text;                ///< For people; not bounded.
  std::vector<std::string> words;  ///< `code`, `type`, `status` and the like, as they are written.
  int status = 0;                  ///< A `code` that is an HTTP status.
  std::optional<Milliseconds> retry_delay;  ///< google.rpc.RetryInfo.
};

/// {"error": {…}}, {"error": "…"}, [{"error": {…}}], {"object": "error", …}, {"detail": …},
/// {"message": …}.
ErrorBody error_body(const Json& json);
/// Of an HTTP answer, which may be text, or a page, which says nothing.
ErrorBody error_body(std::string_view content_type, std::string_view body);

}  // namespace taskfeed::llm
