/// An event's place, and its identity: `<seq>-<tag>`.
///
/// `seq` counts 1, 2, 3 … per task without a hole; `tag` is the low 32 bits of the event's id. The
/// same text is the Redis Stream id, the SSE `id:`, `Last-Event-ID` and `--after`. Because of the
/// tag a cursor names *that* event: where another event stands at the same seq, history was lost,
/// and the reader is told.
///
/// Threads  Values.
/// Errors   parse() refuses everything but two decimal numbers without sign or leading zero.
/// Owns     Nothing.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed {

/// Longest text of a cursor: 20 digits, a hyphen, 10 digits.
inline constexpr size_t kCursorTextMax = 31;

struct Cursor {
  uint64_t seq = 0;  ///< 1 for a task's first event. 0-0 stands before it.
  uint32_t tag = 0;

  static Result<Cursor> parse(std::string_view text);
  std::string str() const;
  /// parse() and str() for the live path: without a text for the error, and without an allocation.
  static std::optional<Cursor> read(std::string_view text);
  std::string_view write(std::array<char, kCursorTextMax>& text) const;
  /// By seq first. Two cursors of one seq with different tags are different events.
  auto operator<=>(const Cursor&) const = default;
};

}  // namespace taskfeed
