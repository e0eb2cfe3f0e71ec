/// Work on a thread of its own, or here and now where the system has none left.
///
/// Threads  The caller's, and the one that is made.
/// Errors   None.
/// Owns     Nothing; the caller joins.
#pragma once

#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace taskfeed::mcp {

template <class Work>
void side_by_side(std::vector<std::thread>& threads, Work work) {
  try {
    threads.emplace_back(work);
  } catch (const std::system_error&) {
    work();
  }
}

}  // namespace taskfeed::mcp
