/// stdout or stderr: whole writes, told when nobody reads any more.
///
/// Threads  One at a time.
/// Errors   Where nothing can be written any more, broken(); fault() says why, and everything
///          written after it is dropped. SIGPIPE is ignored by main().
/// Owns     Its buffer, not the descriptor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace taskfeed::cmd {

class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {}
  virtual ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  void write(std::string_view text);
  /// `text` and a line feed, written through at once.
  void line(std::string_view text);
  virtual void flush();
  bool broken() const { return fault_ != 0; }
  /// The errno of the write that failed: EPIPE where the reader left, which is no error. 0: none.
  int fault() const { return fault_; }
  bool is_terminal() const;
  /// A pipe or a socket: who stands behind it may print on our terminal.
  bool is_piped() const;
  /// A terminal whose foreground job we are: nobody else's output is disturbed.
  bool is_foreground() const;
  /// Whether the descriptor takes bytes now, without a wait.
  bool is_writable() const;
  int descriptor() const { return descriptor_; }
  /// Of the terminal; empty where it is none.
  std::optional<size_t> columns() const;
  /// Whether somebody still reads, without writing: sets broken() where a pipe's reader is gone.
  void look();

 protected:
  std::string buffer_;

 private:
  int descriptor_;
  int fault_ = 0;
};

/// For tests.
class TextOutput final : public Output {
 public:
  TextOutput() : Output(-1) {}
  ~TextOutput() override { flush(); }
  void flush() override {
    text += buffer_;
    buffer_.clear();
  }
  std::string text;
};

}  // namespace taskfeed::cmd
