/// How many deliveries the readers have had, where the publisher sees it: a counter in a file that
/// both map. So a saturating publisher stays a bounded number of events ahead.
///
/// Threads  One writer, any number of readers.
/// Errors   A file that cannot be mapped ends the program.
/// Owns     Its mapping.
#pragma once

#include <atomic>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/flags.h"

namespace taskfeed::bench {

class Progress {
 public:
  using Counter = std::atomic<uint64_t>;
  static_assert(Counter::is_always_lock_free);

  explicit Progress(const std::string& path) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || ftruncate(file, sizeof(Counter)) != 0) die("cannot write " + path);
    void* place = mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (place == MAP_FAILED) die("cannot map " + path);
    counter_ = static_cast<Counter*>(place);
  }
  ~Progress() { munmap(counter_, sizeof(Counter)); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void set(uint64_t deliveries) { counter_->store(deliveries, std::memory_order_relaxed); }
  uint64_t get() const { return counter_->load(std::memory_order_relaxed); }

 private:
  Counter* counter_;
};

}  // namespace taskfeed::bench
