#include "http/query_params.h"

#include <algorithm>

#include "base/text.h"
#include "http/head_rules.h"

namespace taskfeed::http {
namespace {

Error wrong(std::string_view name, std::string_view what) {
  return {Errc::kInvalid, "the parameter " + std::string(name) + " " + std::string(what)};
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return same_name(text, word); });
}

}  // namespace

Result<uint64_t> number_parameter(const Call& call, std::string_view name, uint64_t least,
                                  uint64_t most, uint64_t otherwise) {
  const std::optional<std::string_view> text = call.parameter(name);
  if (!text) return otherwise;
  const std::optional<uint64_t> value = parse_content_length(*text);
  if (!value || *value < least || *value > most) {
    return wrong(name,
                 "must be a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return *value;
}

Result<bool> flag_parameter(const Call& call, std::string_view name, bool otherwise) {
  const std::optional<std::string_view> text = call.parameter(name);
  if (!text) return otherwise;
  if (is_one_of(*text, {"true", "1", "on", "yes"})) return true;
  if (is_one_of(*text, {"false", "0", "off", "no"})) return false;
  return wrong(name, "must be true or false");
}

Result<Milliseconds> duration_parameter(const Call& call, std::string_view name,
                                        Milliseconds most) {
  const std::optional<std::string_view> text = call.parameter(name);
  if (!text) return Milliseconds(0);
  if (!is_utf8(*text)) return wrong(name, "is not UTF-8");
  const Result<Milliseconds> duration = parse_duration(*text);
  if (!duration) return wrong(name, "is wrong: " + duration.error().text);
  if (*duration > most) return wrong(name, "must be at most " + format_duration(most));
  return *duration;
}

Result<std::optional<Moment>> moment_parameter(const Call& call, std::string_view name,
                                               WallTime now) {
  const std::optional<std::string_view> text = call.parameter(name);
  if (!text) return std::optional<Moment>();
  if (!is_utf8(*text)) return wrong(name, "is not UTF-8");
  const Result<Moment> moment = parse_moment(*text, now);
  if (!moment) return wrong(name, "is wrong: " + moment.error().text);
  return std::optional<Moment>(*moment);
}

Result<std::optional<Cursor>> cursor_parameter(const Call& call, std::string_view name) {
  const std::optional<std::string_view> text = call.parameter(name);
  if (!text || text->empty()) return std::optional<Cursor>();
  const Result<Cursor> cursor = Cursor::parse(*text);
  if (!cursor) return wrong(name, "is no cursor: " + cursor.error().text);
  return std::optional<Cursor>(*cursor);
}

Result<std::string_view> text_parameter(const Call& call, std::string_view name) {
  const std::string_view text = call.parameter(name).value_or("");
  if (!is_utf8(text)) return wrong(name, "is not UTF-8");
  return text;
}

Result<TypeFilter> filter_parameters(const Call& call) {
  const Result<std::string_view> types = text_parameter(call, "types");
  if (!types) return types.error();
  const Result<std::string_view> exclude = text_parameter(call, "exclude");
  if (!exclude) return exclude.error();
  return TypeFilter::parse(*types, *exclude);
}

}  // namespace taskfeed::http
