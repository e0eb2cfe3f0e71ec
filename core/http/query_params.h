/// The query's parameters as values, each refused by name where it is wrong.
///
/// Unknown parameters are ignored: polyfills of EventSource add some against caches.
///
/// Threads  Pure functions.
/// Errors   kInvalid, naming the parameter.
/// Owns     Nothing.
#pragma once

#include "http/call.h"

namespace taskfeed::http {

/// `otherwise` where it is absent.
Result<uint64_t> number_parameter(const Call& call, std::string_view name, uint64_t least,
                                  uint64_t most, uint64_t otherwise);
/// true, 1, on, yes and their opposites.
Result<bool> flag_parameter(const Call& call, std::string_view name, bool otherwise);
/// "30s", as parse_duration() takes it; zero where it is absent.
Result<Milliseconds> duration_parameter(const Call& call, std::string_view name, Milliseconds most);
/// As parse_moment() takes it.
Result<std::optional<Moment>> moment_parameter(const Call& call, std::string_view name,
                                               WallTime now);
/// Absent or empty: nothing.
Result<std::optional<Cursor>> cursor_parameter(const Call& call, std::string_view name);
/// In UTF-8; empty where it is absent.
Result<std::string_view> text_parameter(const Call& call, std::string_view name);
/// `types` and `exclude`.
Result<TypeFilter> filter_parameters(const Call& call);

}  // namespace taskfeed::http
