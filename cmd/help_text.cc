#include "help_text.h"

#include <algorithm>

namespace taskfeed::cmd {
namespace {

constexpr size_t kLeftWidthMax = 28;
/// With less beside the left, the text goes below it, where it begins in this column.
constexpr size_t kBesideLeast = 24;
constexpr size_t kBelow = 8;

/// `text` in lines of `width`; a longer word has a line to itself. Every character is ASCII.
std::vector<std::string> filled(std::string_view text, size_t width) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (line.size() + 1 + word.size() <= width) {
      line.append(" ").append(word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

}  // namespace

size_t help_columns(const Output& out) {
  return std::clamp<size_t>(out.columns().value_or(kHelpColumns), 40, 100);
}

size_t help_left_width(const std::vector<const std::vector<HelpRow>*>& groups) {
  size_t width = 0;
  for (const auto* group : groups) {
    for (const HelpRow& row : *group) width = std::max(width, row.left.size());
  }
  return std::min(width, kLeftWidthMax);
}

std::string help_rows(const std::vector<HelpRow>& rows, size_t left_width, size_t columns) {
  const size_t beside = 2 + left_width + 2;
  const bool below = columns < beside + kBesideLeast;
  const size_t begin = below ? kBelow : beside;
  std::string text;
  for (const HelpRow& row : rows) {
    std::string line = "  " + row.left;
    for (const std::string& part : filled(row.help, columns - begin)) {
      // Two spaces between left and help, or a line of its own.
      if (!line.empty() && (below || line.size() + 2 > begin)) {
        text += line + "\n";
        line.clear();
      }
      line.resize(begin, ' ');
      text += line + part + "\n";
      line.clear();
    }
  }
  return text;
}

std::string help_paragraph(std::string_view text, size_t columns) {
  std::string paragraph;
  for (const std::string& line : filled(text, columns)) paragraph += line + "\n";
  return paragraph;
}

}  // namespace taskfeed::cmd
