#include "pattern.h"

#include <re2/re2.h>

#include "base/text.h"
#include "base/utf8.h"

namespace taskfeed::cmd {
namespace {

/// Where RE2's complaint begins, in characters, from 1.
size_t character_at(std::string_view text, std::string_view part) {
  const size_t byte = std::min(text.find(part), text.size());
  size_t characters = 1;
  for (size_t at = 0; at < byte; ++characters) at += utf8_step(text.substr(at)).size;
  return characters;
}

}  // namespace

Result<Pattern> Pattern::parse(std::string_view option, std::string_view text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  auto expression =
      std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
  if (expression->ok()) return Pattern(std::move(expression));
  std::string reason = expression->error();
  const std::string part = expression->error_arg();
  if (!part.empty()) reason += " (at character " + std::to_string(character_at(text, part)) + ")";
  return {Errc::kInvalid, std::string(option) + " '" + escape_controls(to_utf8(text)) +
                              "' is no regular expression: " + escape_controls(to_utf8(reason))};
}

bool Pattern::matches(std::string_view text) const {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

}  // namespace taskfeed::cmd
