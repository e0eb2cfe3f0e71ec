/// One step through UTF-8, by the Unicode Standard's table 3-7: what text, JSON and SSE share.
///
/// Threads  Pure functions.
/// Errors   An ill-formed step says how many bytes stand for one U+FFFD.
/// Owns     Nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace taskfeed {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  ///< U+FFFD.

struct Utf8Step {
  char32_t code_point = 0;  ///< 0xFFFD where ill-formed.
  uint8_t size = 1;         ///< Bytes of the character, or of the maximal ill-formed part.
  bool well_formed = false;
};

/// The first character of `bytes`, which is not empty. A character that the end cuts is
/// ill-formed.
Utf8Step utf8_step(std::string_view bytes);

/// Bytes at the start of `bytes` that are below 0x80.
size_t ascii_run(std::string_view bytes);

}  // namespace taskfeed
