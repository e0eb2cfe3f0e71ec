/// Waits for one child: hands it its input, reads its output, keeps its time, ends it when asked.
///
/// poll(2) rather than a loop of its own: the caller is a worker's thread that has nothing else to
/// do, and there are five descriptors to wait for (stdin, stdout, stderr, the pidfd, the stop
/// request).
///
/// Threads  Blocks the calling thread, which must be the one that spawned the child. `stop` may be
///          requested from any thread.
/// Errors   How it ended is the answer.
/// Owns     Nothing.
#pragma once

#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "loop/spawn.h"
#include "process/step_output.h"

namespace taskfeed::process {

using loop::Child;
using loop::ExitStatus;

struct SuperviseLimits {
  Milliseconds timeout{0};    ///< 0: none. Otherwise SIGTERM to the group after it.
  Milliseconds grace{2'000};  ///< From SIGTERM to SIGKILL.
  /// How long a grandchild that holds the pipes open is listened to after the child's end. What was
  /// written before the end is read in any case.
  Milliseconds drain{500};
  /// From SIGKILL until we stop waiting for a process that the kernel does not let go of.
  Milliseconds unkillable{5'000};
};

struct Ended {
  enum class Why { kByItself, kTimeout, kStopped };
  Why why = Why::kByItself;
  std::optional<ExitStatus> status;  ///< Empty: it did not die of SIGKILL in time.
};

/// `input` goes to the child's stdin, where it has one, as fast as the child reads it; then its
/// stdin is closed. A child may end, or close it, before it has read all.
Ended supervise(Child& child, StepOutput& output, const SuperviseLimits& limits, const Clock& clock,
                const std::stop_token& stop, std::string_view input = {});

}  // namespace taskfeed::process
