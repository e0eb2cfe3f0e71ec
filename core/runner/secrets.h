/// Values that a worker holds for its peers and tools, and that nothing which is shown may repeat,
/// though a server, a model or a program may say them.
///
/// Threads  A value.
/// Errors   None.
/// Owns     Copies of the values.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/variables.h"
#include "event/json.h"

namespace taskfeed::runner {

struct AgentConfig;

class Secrets {
 public:
  Secrets() = default;
  /// The values of a request's headers.
  explicit Secrets(const std::map<std::string, std::string>& headers);

  /// `value`, and what follows the scheme in it ("Bearer …"). None of fewer than 4 bytes is a
  /// secret.
  void add(std::string_view value);
  /// A variable's value, unless every program has it, such as PATH and HOME.
  void add_variable(std::string_view name, std::string_view value);
  bool empty() const { return values_.empty(); }

  /// `text` with each value replaced by "[redacted]", also as it stands within JSON.
  std::string hide(std::string_view text) const;
  /// Every string within `json`, names of members too.
  Json hide_in(const Json& json) const;

  struct Split {
    std::string shown;
    std::string held;  ///< May be the beginning of a value: to be put before what follows.
  };
  /// Of a text that goes on.
  Split hide_so_far(std::string_view text) const;

 private:
  /// At the beginning of a text: the longest value (its length), or the beginning of a longer one.
  struct Match {
    size_t length = 0;
    bool open = false;
  };
  Match match(std::string_view text) const;
  void keep(std::string_view value);

  std::vector<std::string> values_;
  std::array<bool, 256> begins_{};  ///< Whether a value begins with this byte.
};

/// What the tools of `agent` are given of the worker's environment.
void add_passed_variables(Secrets& secrets, const AgentConfig& agent, const Variables& variables);

}  // namespace taskfeed::runner
