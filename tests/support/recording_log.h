/// A Log that keeps its lines, for tests of what an operator is told.
///
/// Threads  Any.
/// Errors   None.
/// Owns     The lines.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace taskfeed::testing {

class RecordingLog final : public Log {
 public:
  void write(LogLevel, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(text);
  }
  /// How many lines hold `part`.
  size_t count(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    size_t found = 0;
    for (const std::string& line : lines_) found += line.find(part) != line.npos ? 1 : 0;
    return found;
  }
  std::string all() const {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return text;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace taskfeed::testing
