/// Bytes from outside, made safe: UTF-8, JSON text and a terminal's control characters.
///
/// Threads  Pure functions.
/// Errors   None; hostile bytes are replaced, never dropped silently.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>

namespace taskfeed {

/// Well-formed UTF-8 by the Unicode Standard's table 3-7 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);
/// Each maximal ill-formed part becomes one U+FFFD.
std::string to_utf8(std::string_view bytes);
/// `bytes` cut to at most `bytes_max`, never within a character of well-formed UTF-8.
std::string_view utf8_prefix(std::string_view bytes, size_t bytes_max);
/// For terminals and logs: C0, DEL, C1, bidirectional overrides and isolates (U+202A to U+202E,
/// U+2066 to U+2069) and zero-width space appear as `\x1b`, `\u202e`; '\t' is kept, and '\n' too
/// if `keep_newlines`.
std::string escape_controls(std::string_view utf8, bool keep_newlines = false);
/// RFC 3986: everything but unreserved characters as %XX.
std::string percent_encode(std::string_view text);
/// `*` matches any run of characters and `?` one; everything else matches itself.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace taskfeed
