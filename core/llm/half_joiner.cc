#include "llm/half_joiner.h"

#include "base/utf8.h"

namespace taskfeed::llm {
namespace {

constexpr char32_t kMark = 0x1000;  ///< parse_json_part() puts halves this far above themselves.

void append_pair(std::string& text, char32_t high, char32_t low) {
  const char32_t code_point = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
  text += static_cast<char>(0xF0 | (code_point >> 18));
  text += static_cast<char>(0x80 | ((code_point >> 12) & 0x3F));
  text += static_cast<char>(0x80 | ((code_point >> 6) & 0x3F));
  text += static_cast<char>(0x80 | (code_point & 0x3F));
}

}  // namespace

std::string HalfJoiner::rest() {
  if (high_ == 0) return {};
  high_ = 0;
  return std::string(kReplacement);
}

std::string HalfJoiner::take(std::string_view piece, bool halves) {
  if (piece.empty()) return {};
  if (!halves) return rest().append(piece);
  std::string text;
  while (!piece.empty()) {
    const Utf8Step step = utf8_step(piece);
    const char32_t unit = step.code_point - kMark;
    if (step.code_point < kMark || unit < 0xD800 || unit > 0xDFFF) {
      text.append(rest()).append(piece.substr(0, step.size));
    } else if (unit < 0xDC00) {
      text.append(rest());
      high_ = unit;
    } else if (high_ != 0) {
      append_pair(text, high_, unit);
      high_ = 0;
    } else {
      text.append(kReplacement);
    }
    piece.remove_prefix(step.size);
  }
  return text;
}

}  // namespace taskfeed::llm
