#include "bottom_line.h"

#include <chrono>
#include <thread>

namespace taskfeed::cmd {
namespace {

// ECMA-48: ED, from the cursor to the end of the screen.
constexpr std::string_view kEraseBelow = "\x1b[J";
/// For whoever draws just now; who takes longer waits for the terminal.
constexpr int kTriesToLeave = 100;
constexpr std::chrono::milliseconds kBetweenTries{1};

}  // namespace

void BottomLine::put() {
  // Over what stands there, and only then is the rest erased: nothing flickers.
  out_.write("\r" + text_ + std::string(kEraseBelow) + "\r");
  out_.flush();
}

void BottomLine::take_away() {
  out_.write("\r" + std::string(kEraseBelow));
  out_.flush();
}

void BottomLine::draw(const std::string& text) {
  const Locked lock(mutex_);
  if (left_) return;
  text_ = text;
  columns_ = out_.columns();
  put();
}

void BottomLine::erase() {
  const Locked lock(mutex_);
  if (text_.empty()) return;
  text_.clear();
  take_away();
}

void BottomLine::beside(const std::function<void()>& write) {
  const Locked lock(mutex_);
  if (text_.empty()) return write();
  take_away();
  write();
  // What was made for another width, or by a job that is no longer in front, is not drawn again.
  if (out_.columns() == columns_ && out_.is_foreground()) {
    put();
  } else {
    text_.clear();
  }
}

void BottomLine::leave() {
  for (int tries = 0; !mutex_.try_lock(); ++tries) {
    if (tries == kTriesToLeave) return;
    std::this_thread::sleep_for(kBetweenTries);
  }
  left_ = true;
  if (!text_.empty() && out_.is_writable()) take_away();
  text_.clear();
  mutex_.unlock();
}

void BottomLine::back() {
  const Locked lock(mutex_);
  left_ = false;
}

void LogAbove::write(LogLevel level, std::string_view text) {
  if (level < least_) return;
  bottom_.beside([&] { log_.write(level, text); });
}

}  // namespace taskfeed::cmd
