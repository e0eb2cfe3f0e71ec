/// Text of --help, laid out for the width of whoever reads it.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "output.h"

namespace taskfeed::cmd {

/// Where nobody's terminal says otherwise: pipes, files, tests.
inline constexpr size_t kHelpColumns = 80;

/// Of `out`; at most 100, since longer lines are hard to read, and at least 40.
size_t help_columns(const Output& out);

/// "  -f, --follow" and what stands beside it.
struct HelpRow {
  std::string left;
  std::string help;
};

/// How wide the left of all these groups is, so that they share one column.
size_t help_left_width(const std::vector<const std::vector<HelpRow>*>& groups);
/// Each row indented by two; what does not fit beside its left stands below it.
std::string help_rows(const std::vector<HelpRow>& rows, size_t left_width, size_t columns);
/// Words, filled into lines: a line break in `text` is a space. Ends with a line feed.
std::string help_paragraph(std::string_view text, size_t columns);

}  // namespace taskfeed::cmd
