/// The thread's side of a PipeLink: one run of its program, from the first byte to its end.
///
/// Threads  The link's own thread.
/// Errors   run() answers why the conversation ended.
/// Owns     Its buffers, bounded by PipeLimits. Borrows link and child.
#pragma once

#include "mcp/pipe_link.h"

namespace taskfeed::mcp {

/// Bytes to lines.
class LineSplitter {
 public:
  explicit LineSplitter(size_t bytes_max) : bytes_max_(bytes_max) {}
  /// Calls `on_line` for each line that `bytes` ends, without its line break; false once a line is
  /// over the limit.
  bool add(std::string_view bytes, const std::function<void(std::string_view)>& on_line);
  std::string_view rest() const { return held_; }
  void drop_rest() { held_.clear(); }

 private:
  size_t bytes_max_;
  std::string held_;
};

/// What a program complains about, bounded, into the log.
class Complaints {
 public:
  Complaints(const std::string& name, const runner::Secrets& secrets, Log& log,
             const PipeLimits& limits);
  void add(std::string_view bytes);
  void finish();

 private:
  void write(std::string_view line);

  const std::string& name_;
  const runner::Secrets& secrets_;
  Log& log_;
  const PipeLimits& limits_;
  LineSplitter lines_;
  size_t written_ = 0;
};

class PipeTalk {
 public:
  PipeTalk(PipeLink& link, loop::Child& child);
  /// Until the program ends, breaks the rules, rests, or is to end.
  Error run();
  /// Makes the program leave; it is gone afterwards.
  void part();

 private:
  enum class Turn { kGoOn, kEnd };
  Turn turn();
  Turn read_out();
  Turn write_in();
  void read_err();
  void take_line(std::string_view line);
  bool fetch_outbox();
  int poll_milliseconds();
  void wait(int milliseconds);
  bool leaves_within(Milliseconds time);
  Turn end(Errc code, std::string_view how);
  std::string how_it_ended();

  PipeLink& link_;
  loop::Child& child_;
  LineSplitter lines_;
  Complaints complaints_;
  std::string unsent_;
  size_t sent_ = 0;  ///< Of unsent_.
  size_t noise_ = 0;
  Error ended_;
};

}  // namespace taskfeed::mcp
