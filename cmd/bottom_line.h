/// The row at the bottom of a terminal that is drawn anew all the time, and who else writes there.
///
/// Whatever is written while it stands would begin in its place. So whoever prints on another
/// thread, as the log does, prints beside(): the row is erased, and drawn again below. And it
/// leaves the terminal before the process is stopped (Ctrl-Z) or ends at once (a second Ctrl-C).
///
/// Threads  Any.
/// Errors   None.
/// Owns     The row. Borrows the descriptor.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/mutex.h"
#include "output.h"

namespace taskfeed::cmd {

class BottomLine {
 public:
  explicit BottomLine(int descriptor) : out_(descriptor) {}

  /// Over what stands there. `text` is narrower than the terminal.
  void draw(const std::string& text);
  void erase();
  /// Runs `write`, which ends its lines, while the row is away.
  void beside(const std::function<void()>& write);
  /// Erases it, and nothing is drawn until back(). A terminal that takes nothing now is not waited
  /// for.
  void leave();
  void back();

 private:
  void put() TF_REQUIRES(mutex_);
  void take_away() TF_REQUIRES(mutex_);

  Mutex mutex_;
  Output out_ TF_GUARDED_BY(mutex_);
  std::string text_ TF_GUARDED_BY(mutex_);               ///< What stands there; empty: nothing.
  std::optional<size_t> columns_ TF_GUARDED_BY(mutex_);  ///< As it was drawn for.
  bool left_ TF_GUARDED_BY(mutex_) = false;
};

/// A log whose lines stand above the row.
class LogAbove final : public Log {
 public:
  LogAbove(Log& log, LogLevel least, BottomLine& bottom)
      : log_(log), least_(least), bottom_(bottom) {}
  void write(LogLevel level, std::string_view text) override;

 private:
  Log& log_;
  const LogLevel least_;
  BottomLine& bottom_;
};

}  // namespace taskfeed::cmd
