/// The OpenAPI document of the API: openapi.json of this folder, as the build set it in.
///
/// Written by hand; tests hold it against the table of routes, the handlers, and real answers.
///
/// Threads  A pure function.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>

namespace taskfeed::http {

/// With the version of the build in `info`.
std::string openapi_document();

}  // namespace taskfeed::http
