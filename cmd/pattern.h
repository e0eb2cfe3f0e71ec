/// A regular expression, with RE2's syntax: no pattern and no text makes it slow.
///
/// Threads  Values; matches() from any.
/// Errors   parse(): kInvalid, with RE2's reason and where it stands.
/// Owns     The compiled expression, shared between copies.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace taskfeed::cmd {

class Pattern {
 public:
  /// `option` names it in errors. UTF-8; case counts, but after `(?i)`.
  static Result<Pattern> parse(std::string_view option, std::string_view text);
  /// Whether it matches anywhere in `text`.
  bool matches(std::string_view text) const;

 private:
  explicit Pattern(std::shared_ptr<const re2::RE2> expression)
      : expression_(std::move(expression)) {}
  std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace taskfeed::cmd
