/// A std::mutex that clang's -Wthread-safety can follow.
///
/// A shard needs none (core/README.md, "Shards"); this is for what several threads share by design.
///
/// Threads  Any.
/// Errors   None.
/// Owns     The lock.
#pragma once

#include <mutex>

#if defined(__clang__)
#define TF_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TF_THREAD_ATTRIBUTE(x)
#endif
#define TF_GUARDED_BY(mutex) TF_THREAD_ATTRIBUTE(guarded_by(mutex))
#define TF_REQUIRES(mutex) TF_THREAD_ATTRIBUTE(requires_capability(mutex))

namespace taskfeed {

class TF_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() TF_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  bool try_lock() TF_THREAD_ATTRIBUTE(try_acquire_capability(true)) { return mutex_.try_lock(); }
  void unlock() TF_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class TF_THREAD_ATTRIBUTE(scoped_lockable) Locked {
 public:
  explicit Locked(Mutex& mutex) TF_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Locked() TF_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace taskfeed
