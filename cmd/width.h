/// How wide text is on a terminal, in columns.
///
/// wcwidth(3) is not asked: it answers for the process' locale, and the C library's tables are
/// older than the terminals.
///
/// Threads  Pure functions.
/// Errors   None: what is not UTF-8 is one column a byte.
/// Owns     Nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taskfeed::cmd {

/// 2 for East Asian wide characters and pictures, 0 for marks that join the one before.
size_t width_of(char32_t character);
/// Of text without control characters and escape sequences.
size_t width_of(std::string_view text);
/// The longest beginning of `text` that fits; never cut before a mark that belongs to it.
std::string_view fitting(std::string_view text, size_t columns);
/// `text` in at most `columns`, with `ellipsis` at its end where it was cut.
std::string cut_to(std::string_view text, size_t columns, std::string_view ellipsis);
/// With blanks after it, up to `columns`.
std::string padded(std::string_view text, size_t columns);

}  // namespace taskfeed::cmd
