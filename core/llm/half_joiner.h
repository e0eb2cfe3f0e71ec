/// Joins a character whose two UTF-16 halves a server has put into two pieces of a text.
///
/// Threads  One.
/// Errors   None: a half that stays alone becomes U+FFFD.
/// Owns     The high half that waits for its other one.
#pragma once

#include <string>
#include <string_view>

namespace taskfeed::llm {

class HalfJoiner {
 public:
  /// The text that is certain after `piece`; `halves` as parse_json_part() says. Well-formed UTF-8.
  std::string take(std::string_view piece, bool halves);
  /// After the last piece.
  std::string rest();

 private:
  char32_t high_ = 0;
};

}  // namespace taskfeed::llm
