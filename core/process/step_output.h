/// What a program writes, on its way into events: gathered, bounded, made harmless.
///
/// Lines keep their order and their stream. A chatty program makes one event for each 50 ms or
/// 4 KiB rather than one for each line, and the `text` of a step's events, joined, is its output.
/// A line that begins with `::taskfeed ` and a JSON object is no output but an event of the task.
///
/// Threads  One thread. Time is an argument.
/// Errors   What a program writes cannot fail: bad bytes are replaced, a refused event is shown as
///          the line it was, with the reason after it.
/// Owns     Its buffers, bounded by StepOutputLimits. Borrows the sink.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "runner/runner.h"

namespace taskfeed::process {

inline constexpr std::string_view kDirective = "::taskfeed ";

struct StepOutputLimits {
  size_t output_bytes_max = 1024 * 1024;     ///< In output events; then one visible marker.
  size_t event_text_bytes_max = 4 * 1024;    ///< A longer line becomes several events.
  Milliseconds gather_max{50};               ///< From the first byte to the event.
  size_t directive_bytes_max = 64 * 1024;    ///< A longer `::taskfeed` line is refused.
  size_t published_bytes_max = 1024 * 1024;  ///< Over all `::taskfeed` lines of a step.
  size_t result_bytes_max = 16 * 1024;       ///< The end of the output, in ToolCallCompleted.
  size_t response_bytes_max = 64 * 1024;     ///< The end of stdout, as the step's response.
  /// False: a line that looks like an event is output. For programs whose output is others' text.
  bool lines_publish = true;
};

/// The last `bytes_max` bytes of what was added.
class Tail {
 public:
  explicit Tail(size_t bytes_max) : bytes_max_(bytes_max) {}
  void add(std::string_view bytes);
  /// Valid UTF-8. Where the beginning is missing, a first line says how many bytes.
  std::string text() const;
  bool cut() const { return added_ > bytes_max_; }

 private:
  size_t bytes_max_;
  size_t added_ = 0;
  std::string kept_;
};

class StepOutput {
 public:
  enum class Stream { kStdout, kStderr };

  StepOutput(std::string tool_call_id, const StepOutputLimits& limits, runner::OutputSink& sink);

  void add(Stream stream, std::string_view bytes, MonoTime now);
  /// When flush_due() wants to be called; empty while nothing waits.
  std::optional<MonoTime> due() const { return due_; }
  void flush_due(MonoTime now);
  /// Both streams have ended.
  void finish();

  /// False once the sink said that nobody reads on.
  bool wanted() const { return wanted_; }
  std::string result() const { return result_.text(); }
  /// stdout without white space around it.
  std::string response() const;
  bool response_cut() const { return response_.cut(); }
  bool result_cut() const { return result_.cut(); }
  /// Some of the output is in no event of the step.
  bool truncated() const;

 private:
  struct Line {
    std::string held;      ///< Not yet passed on: no newline so far.
    bool at_start = true;  ///< Nothing of the present line has been passed on.
  };

  bool may_publish(const Line& line) const { return limits_.lines_publish && line.at_start; }
  void take_lines(Stream stream);
  void take_line(Stream stream, std::string_view line);
  void pass(Stream stream, std::string_view text);
  void pass_partial(Stream stream);
  void publish(Stream stream, std::string_view line);
  void refuse(Stream stream, std::string_view line, const std::string& reason);
  void gather(Stream stream, std::string_view text);
  void emit_gathered();
  void emit_text(Stream stream, std::string_view text, bool marker);
  Line& line_of(Stream stream) { return lines_[static_cast<size_t>(stream)]; }

  std::string tool_call_id_;
  StepOutputLimits limits_;
  runner::OutputSink& sink_;
  std::array<Line, 2> lines_;
  Stream gathered_stream_ = Stream::kStdout;
  std::string gathered_;
  std::optional<MonoTime> due_;
  Tail result_;
  Tail response_;
  size_t output_bytes_ = 0;
  size_t published_bytes_ = 0;
  int index_ = 0;
  bool over_ = false;  ///< The marker has been written.
  bool wanted_ = true;
};

}  // namespace taskfeed::process
