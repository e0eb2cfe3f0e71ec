/// stdin, read in lines or whole, without missing an interrupt.
///
/// Threads  One at a time.
/// Errors   kTooLarge over a limit, kInternal where reading fails or is interrupted: Deps::fail()
///          then answers with the signal's status.
/// Owns     What was read and not handed out yet; not the descriptors.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskfeed::cmd {

class Input {
 public:
  /// `wake` becomes readable when reading should end early (Interrupts::descriptor()); -1: never.
  explicit Input(int descriptor, int wake = -1) : descriptor_(descriptor), wake_(wake) {}
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  /// All that is left. `what` names it in errors.
  Result<std::string> rest(size_t bytes_max, std::string_view what);
  /// The next line without its line feed; empty at the end.
  Result<std::optional<std::string>> line(size_t bytes_max);
  /// True where line() would answer without waiting.
  bool has_line();

 private:
  /// False at the end of the input.
  Result<bool> fill();

  int descriptor_;
  int wake_;
  std::string buffer_;
  bool ended_ = false;
};

}  // namespace taskfeed::cmd
