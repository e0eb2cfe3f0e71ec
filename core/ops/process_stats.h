/// What the kernel counts for this process: proc(5), getrusage(2).
///
/// Threads  Any. Takes as long as listing /proc/self/fd: milliseconds for tens of thousands.
/// Errors   What cannot be read is 0.
/// Owns     Nothing.
#pragma once

#include <cstddef>
#include <cstdint>

namespace taskfeed::ops {

struct ProcessStats {
  uint64_t resident_bytes = 0;
  uint64_t virtual_bytes = 0;
  uint64_t open_descriptors = 0;
  uint64_t descriptors_max = 0;  ///< The soft limit.
  double cpu_seconds = 0;
  double started_at = 0;  ///< Seconds since 1970.
  uint64_t threads = 0;
};

ProcessStats process_stats();

}  // namespace taskfeed::ops
