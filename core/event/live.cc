#include "event/live.h"

namespace taskfeed {

std::optional<LiveEvent> split_live(std::string_view text) {
  const size_t first = text.find(' ');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = text.find(' ', first + 1);
  if (second == std::string_view::npos || second == first + 1 || second + 1 == text.size()) {
    return std::nullopt;
  }
  const std::optional<Cursor> cursor = Cursor::read(text.substr(0, first));
  if (!cursor) return std::nullopt;
  return LiveEvent{*cursor, text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

std::string join_live(const Cursor& cursor, std::string_view type, std::string_view json) {
  std::array<char, kCursorTextMax> place;
  const std::string_view id = cursor.write(place);
  std::string text;
  text.reserve(id.size() + type.size() + json.size() + 2);
  return text.append(id).append(" ").append(type).append(" ").append(json);
}

}  // namespace taskfeed
