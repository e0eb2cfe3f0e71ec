/// Columns with a heading, which fit a terminal.
///
/// Where it is too narrow, prose is cut, and then whole columns are left out, the least first.
/// Without a terminal every column is there, as wide as its widest cell.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "looks.h"

namespace taskfeed::cmd {

struct TableColumn {
  std::string_view heading;
  int weight = 0;      ///< The least is left out first; 0: never.
  bool prose = false;  ///< May be cut, as the last one.
};

struct TableCell {
  std::string text;  ///< On one line, without controls.
  Tone tone = Tone::kPlain;
};

/// Each row has a cell for each column, and ends with a line feed.
std::string table_text(std::vector<TableColumn> columns, std::vector<std::vector<TableCell>> rows,
                       const Looks& looks);

/// `text` of several lines, each but the first moved in by `indent`; controls escaped, empty lines
/// at its end left out. Words that do not fit the terminal go to the next line; one that is longer
/// than a line is left whole.
std::string indented(std::string_view text, size_t indent, const Looks& looks);

}  // namespace taskfeed::cmd
