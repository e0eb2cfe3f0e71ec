/// Reads a JSON object member by member and notes everything that is wrong, so that a caller
/// learns of all mistakes at once.
///
/// Threads  One at a time.
/// Errors   parse() answers kInvalid; the rest gathers in errors().
/// Owns     The errors. Borrows the object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"
#include "http/problem.h"

namespace taskfeed::http {

/// The body as JSON, in well-formed UTF-8; an empty one is an empty object.
Result<Json> parse_body(std::string_view body);

class BodyReader {
 public:
  explicit BodyReader(const Json& body);

  std::optional<std::string> text(std::string_view key);
  std::optional<bool> flag(std::string_view key);
  /// nullptr where it is absent.
  const Json* object(std::string_view key);
  const Json* any(std::string_view key) { return member(key); }
  void wrong(std::string_view key, std::string detail);
  /// After all reads: notes every member that none of them asked for.
  void refuse_others();

  bool ok() const { return errors_.empty(); }
  /// 400 with errors().
  Problem problem() const;

 private:
  const Json* member(std::string_view key);

  const Json& body_;
  std::vector<std::string_view> asked_;
  std::vector<FieldError> errors_;
};

}  // namespace taskfeed::http
