/// SHA-256 of bytes that others wrote: a name for them that nobody can steer.
///
/// Threads  Pure functions.
/// Errors   A libcrypto without SHA-256 is a broken installation and aborts.
/// Owns     Nothing.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace taskfeed {

using Digest = std::array<uint8_t, 32>;

/// Of the parts in a row, each preceded by its length: {"ab", "c"} is not {"a", "bc"}.
Digest sha256(std::initializer_list<std::string_view> parts);

}  // namespace taskfeed
