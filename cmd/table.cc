#include "table.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kBetween = 2;
constexpr size_t kProseLeast = 10;
/// With less beside the names of facts, folding would only make it longer.
constexpr size_t kFoldedLeast = 20;

std::vector<size_t> widths_of(const std::vector<TableColumn>& columns,
                              const std::vector<std::vector<TableCell>>& rows) {
  std::vector<size_t> widths;
  for (size_t at = 0; at < columns.size(); ++at) {
    size_t wide = width_of(columns[at].heading);
    for (const auto& row : rows) wide = std::max(wide, width_of(row[at].text));
    widths.push_back(wide);
  }
  return widths;
}

/// Of the row, with `last` for the last column.
size_t row_width(const std::vector<size_t>& widths, size_t last) {
  size_t wide = last;
  for (size_t at = 0; at + 1 < widths.size(); ++at) wide += widths[at] + kBetween;
  return wide;
}

/// Empty: each has to stay.
std::optional<size_t> least_of(const std::vector<TableColumn>& columns) {
  std::optional<size_t> least;
  for (size_t at = 0; at < columns.size(); ++at) {
    if (columns[at].weight == 0) continue;
    if (!least || columns[at].weight < columns[*least].weight) least = at;
  }
  return least;
}

void fit(std::vector<TableColumn>& columns, std::vector<std::vector<TableCell>>& rows,
         const Looks& looks) {
  std::vector<size_t> widths = widths_of(columns, rows);
  const auto last_least = [&] {
    if (!columns.back().prose) return widths.back();
    return std::min(widths.back(), std::max(kProseLeast, width_of(columns.back().heading)));
  };
  while (row_width(widths, last_least()) > looks.columns) {
    const std::optional<size_t> out = least_of(columns);
    if (!out) return;
    const auto place = static_cast<std::ptrdiff_t>(*out);
    columns.erase(columns.begin() + place);
    widths.erase(widths.begin() + place);
    for (auto& row : rows) row.erase(row.begin() + place);
  }
  const size_t room = looks.columns - row_width(widths, 0);
  for (auto& row : rows) row.back().text = cut_to(row.back().text, room, looks.utf8 ? "…" : "...");
}

std::string row_text(const std::vector<TableCell>& row, const std::vector<size_t>& widths,
                     const Looks& looks) {
  std::string text;
  size_t owed = 0;  // Blanks up to the next cell: none stand at the end of a row.
  for (size_t at = 0; at < row.size(); ++at) {
    const std::string& cell = row[at].text;
    if (!cell.empty()) {
      text.append(owed, ' ');
      text += paint(cell, row[at].tone, looks);
      owed = 0;
    }
    owed += widths[at] - std::min(widths[at], width_of(cell)) + kBetween;
  }
  return text + "\n";
}

/// Where a line that is too wide is broken: behind a word; npos where it is one word.
size_t break_of(std::string_view line, size_t room) {
  const size_t words = line.find_first_not_of(' ');
  const size_t fits = fitting(line, room).size();
  const size_t behind = line.rfind(' ', fits);
  if (behind != std::string_view::npos && behind > words) return behind;
  return line.find(' ', std::max(fits, words));
}

}  // namespace

std::string table_text(std::vector<TableColumn> columns, std::vector<std::vector<TableCell>> rows,
                       const Looks& looks) {
  if (looks.columns > 0) fit(columns, rows, looks);
  const std::vector<size_t> widths = widths_of(columns, rows);
  std::string heading;
  for (size_t at = 0; at < columns.size(); ++at) {
    const bool last = at + 1 == columns.size();
    heading += padded(columns[at].heading, last ? 0 : widths[at] + kBetween);
  }
  std::string text = paint(heading, Tone::kDim, looks) + "\n";
  for (const auto& row : rows) text += row_text(row, widths, looks);
  return text;
}

std::string indented(std::string_view text, size_t indent, const Looks& looks) {
  const std::string clean = escape_controls(to_utf8(text), true);
  const bool folds = looks.columns >= indent + kFoldedLeast;
  const size_t room = folds ? looks.columns - indent : std::string::npos;
  const std::string next = "\n" + std::string(indent, ' ');
  std::string lines;
  std::string_view rest = clean;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  for (bool first = true; first || !rest.empty(); first = false) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!first) lines += line.empty() ? "\n" : next;
    while (width_of(line) > room) {
      const size_t at = break_of(line, room);
      const size_t word = at == std::string_view::npos ? at : line.find_first_not_of(' ', at);
      if (word == std::string_view::npos) break;
      lines += line.substr(0, at);
      lines += next;
      line.remove_prefix(word);
    }
    lines += line;
  }
  return lines;
}

}  // namespace taskfeed::cmd
