/// The values of a request's headers, which nothing that is shown may repeat, though a server may
/// say them.
///
/// Threads  A value.
/// Errors   None.
/// Owns     Copies of the values.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace taskfeed::llm {

class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(const std::map<std::string, std::string>& headers);

  /// `text` with each value replaced by "[redacted]", also a value without its scheme ("Bearer").
  /// Values of fewer than 4 bytes are no secrets.
  std::string hide(std::string text) const;

 private:
  std::vector<std::string> values_;  ///< Longer ones first: one may be part of another.
};

}  // namespace taskfeed::llm
