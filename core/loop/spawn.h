/// One child process, started so that it cannot outlive, confuse or inspect its worker. Here, where
/// every adapter may see it, since more than one speaks with programs.
///
/// Own code rather than uv_spawn, which can neither set the parent-death signal nor a resource
/// limit, and inherits every descriptor that some library opened without O_CLOEXEC. What runs
/// between vfork and exec is async-signal-safe and touches no memory of the parent but its plan.
///
/// The child has: stdin from /dev/null, or a pipe where asked; stdout and stderr as pipes; no other
/// descriptor; its own session, and so its own process group; default signal dispositions and an
/// empty mask; no core dumps; SIGKILL when the thread that started it ends, be it by a crash of the
/// worker.
///
/// Threads  A Child belongs to the thread that started it, which must outlive it (prctl(2),
///          PR_SET_PDEATHSIG: the "parent" is the thread).
/// Errors   spawn(): kNotFound (no such program or folder), kForbidden (not executable), kInvalid
///          (a NUL in an argument, not a program), kUnavailable (no process or descriptor left).
/// Owns     The process and its descriptors. Destruction kills the whole group and reaps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace taskfeed::loop {

/// A file descriptor that is closed when it goes.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int number) : number_(number) {}
  Fd(Fd&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd() { close(); }
  int get() const { return number_; }
  bool open() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

struct SpawnPlan {
  std::vector<std::string> argv;  ///< argv[0] without '/' is looked up in `env`'s PATH.
  std::vector<std::string> env;   ///< "KEY=value"; all that the child gets.
  std::string cwd;                ///< Empty: ours.
  /// Otherwise /dev/null. Who writes to in() blocks SIGPIPE: a child may close its end.
  bool stdin_pipe = false;
};

/// How a child ended: by exit(code) or by a signal.
struct ExitStatus {
  int code = 0;
  int signal = 0;  ///< 0: it exited.
  bool operator==(const ExitStatus&) const = default;
};

class Child {
 public:
  Child(pid_t pid, Fd pidfd, Fd in, Fd out, Fd err);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }
  /// Readable once the child has ended; negative on kernels before 5.3, where one polls ended().
  int pidfd() const { return pidfd_.get(); }
  Fd& in() { return in_; }  ///< Not open without stdin_pipe. All three do not block.
  Fd& out() { return out_; }
  Fd& err() { return err_; }
  /// Empty while it runs. Does not reap, so that the group's id stays ours until reap().
  std::optional<ExitStatus> ended() const;
  /// To every process of the group; none left is no error.
  void signal_group(int signal_number) const;
  /// Kills what is left of the group, then takes the child's status from the kernel.
  void reap();
  /// For a process that SIGKILL does not end: waiting would block for ever, so it is left behind.
  void abandon() { pid_ = -1; }

 private:
  pid_t pid_ = -1;
  Fd pidfd_;
  Fd in_;
  Fd out_;
  Fd err_;
};

/// Returns when the program runs, or when it is known why it cannot.
Result<Child> spawn(const SpawnPlan& plan);

/// "SIGKILL"; "signal 42" for one without a name.
std::string signal_name(int signal_number);

}  // namespace taskfeed::loop
