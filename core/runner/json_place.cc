#include "runner/json_place.h"

#include <algorithm>
#include <charconv>

#include "event/json.h"

namespace taskfeed::runner {
namespace {

/// Walks text that parse_json() took; whatever else it is given, it ends at the text's end.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  /// The byte at which the member begins, with its key where it has one.
  size_t find(std::string_view path) {
    skip_blank();
    size_t place = at_;
    while (!path.empty() && enter(path)) {
      place = place_;
      skip_blank();
    }
    return place;
  }

 private:
  char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_blank() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(now()) != std::string_view::npos) {
      ++at_;
    }
  }

  void skip_string() {
    for (++at_; at_ < text_.size() && now() != '"'; ++at_) {
      if (now() == '\\') ++at_;
    }
    ++at_;
  }

  /// A value of any kind, up to the comma or the bracket after it.
  void skip_value() {
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      if (now() == '"') {
        skip_string();
        --at_;
      } else if (now() == '{' || now() == '[') {
        ++depth;
      } else if (now() == '}' || now() == ']') {
        if (depth-- == 0) return;
      } else if (now() == ',' && depth == 0) {
        return;
      }
    }
  }

  /// Goes to the value of the first part of `path`, which it takes off; false where there is none.
  bool enter(std::string_view& path) {
    if (now() == '{') return enter_member(path);
    return now() == '[' && path.starts_with('[') && enter_element(path);
  }

  bool enter_member(std::string_view& path) {
    if (path.starts_with('.')) path.remove_prefix(1);
    for (++at_; at_ < text_.size(); ++at_) {
      skip_blank();
      if (now() != '"') return false;
      const size_t begin = at_;
      skip_string();
      const std::string key = key_of(text_.substr(begin, at_ - begin));
      skip_blank();
      ++at_;  // The colon.
      const std::string_view rest = path.substr(std::min(key.size(), path.size()));
      if (path.starts_with(key) && (rest.empty() || rest[0] == '.' || rest[0] == '[')) {
        path = rest;
        place_ = begin;
        return true;
      }
      skip_value();
      if (now() != ',') return false;
    }
    return false;
  }

  bool enter_element(std::string_view& path) {
    const size_t close = path.find(']');
    size_t wanted = 0;
    const char* const end = path.data() + std::min(close, path.size());
    if (std::from_chars(path.data() + 1, end, wanted).ptr != end) return false;
    for (++at_; wanted > 0; --wanted, ++at_) {
      skip_value();
      if (now() != ',') return false;
    }
    skip_blank();
    if (now() == ']' || now() == '\0') return false;
    path.remove_prefix(std::min(close + 1, path.size()));
    place_ = at_;
    return true;
  }

  static std::string key_of(std::string_view quoted) {
    const Result<Json> key = parse_json(quoted);
    return key && key->is_string() ? key->get<std::string>() : std::string(quoted);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t place_ = 0;
};

size_t line_at(std::string_view text, size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

}  // namespace

size_t line_of_member(std::string_view text, std::string_view path) {
  return line_at(text, Scan(text).find(path));
}

size_t line_of_json_error(std::string_view text, const Error& error) {
  constexpr std::string_view kAt = "at byte ";
  const size_t found = error.text.find(kAt);
  size_t at = 0;
  if (found != std::string::npos) {
    const char* const begin = error.text.data() + found + kAt.size();
    std::from_chars(begin, error.text.data() + error.text.size(), at);
  }
  return line_at(text, at == 0 ? 0 : at - 1);
}

}  // namespace taskfeed::runner
