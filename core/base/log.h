/// The log, as a port that is passed in; there is no default logger.
///
/// Threads  Implementations are safe from any thread, and never block the caller on a slow disk
///          longer than one write(2) to stderr.
/// Errors   A line that cannot be written is dropped.
/// Owns     Nothing; SpdLog owns its spdlog::logger.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace taskfeed {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson, kJournal };  ///< kJournal prefixes "<N>", sd-daemon(3).

class Log {
 public:
  virtual ~Log() = default;
  /// `text` is one line; control characters in it are written escaped.
  virtual void write(LogLevel level, std::string_view text) = 0;

  void debug(std::string_view text) { write(LogLevel::kDebug, text); }
  void info(std::string_view text) { write(LogLevel::kInfo, text); }
  void warn(std::string_view text) { write(LogLevel::kWarning, text); }
  void error(std::string_view text) { write(LogLevel::kError, text); }
};

/// To stderr. Lines below `least` are dropped.
std::unique_ptr<Log> make_stderr_log(LogLevel least, LogFormat format);

/// For tests, and for callers that must stay silent.
class NullLog final : public Log {
 public:
  void write(LogLevel, std::string_view) override {}
};

}  // namespace taskfeed
