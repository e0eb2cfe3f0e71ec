/// A mutex that clang's -Wthread-safety can check; std::mutex carries no annotations in libstdc++.
///
/// Threads  As std::mutex.
/// Errors   None.
/// Owns     Its lock.
#pragma once

#include <mutex>

#if defined(__clang__)
#define TF_REDIS_ANNOTATE(x) __attribute__((x))
#else
#define TF_REDIS_ANNOTATE(x)
#endif

namespace taskfeed::redis {

class TF_REDIS_ANNOTATE(capability("mutex")) Mutex {
 public:
  void lock() TF_REDIS_ANNOTATE(acquire_capability()) { mutex_.lock(); }
  void unlock() TF_REDIS_ANNOTATE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class TF_REDIS_ANNOTATE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) TF_REDIS_ANNOTATE(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~Lock() TF_REDIS_ANNOTATE(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace taskfeed::redis

#define TF_GUARDED_BY(mutex) TF_REDIS_ANNOTATE(guarded_by(mutex))
#define TF_REQUIRES(mutex) TF_REDIS_ANNOTATE(requires_capability(mutex))
