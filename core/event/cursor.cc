#include "event/cursor.h"

#include <charconv>

#include "base/text.h"

namespace taskfeed {
namespace {

/// Decimal, without sign or leading zero: a cursor has one text only, so that texts can be
/// compared.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stopped == end;
}

}  // namespace

std::optional<Cursor> Cursor::read(std::string_view text) {
  Cursor cursor;
  const size_t hyphen = text.find('-');
  if (hyphen == std::string_view::npos || text.size() > kCursorTextMax ||
      !parse_number(text.substr(0, hyphen), cursor.seq) ||
      !parse_number(text.substr(hyphen + 1), cursor.tag)) {
    return std::nullopt;
  }
  return cursor;
}

Result<Cursor> Cursor::parse(std::string_view text) {
  if (const auto cursor = read(text)) return *cursor;
  return {Errc::kInvalid, "'" + escape_controls(utf8_prefix(text, 64)) +
                              "' is no cursor: give the id of an event, such as 7-2918273645"};
}

std::string_view Cursor::write(std::array<char, kCursorTextMax>& text) const {
  char* const end = text.data() + text.size();
  char* at = std::to_chars(text.data(), end, seq).ptr;
  *at++ = '-';
  at = std::to_chars(at, end, tag).ptr;
  return {text.data(), static_cast<size_t>(at - text.data())};
}

std::string Cursor::str() const {
  std::array<char, kCursorTextMax> text;
  return std::string(write(text));
}

}  // namespace taskfeed
