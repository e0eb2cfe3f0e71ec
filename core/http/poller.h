/// All sockets of a shard's server as one epoll set, which the loop watches as one descriptor.
///
/// A uv_poll_t of each socket's own would cost 160 bytes a connection, a turn of the loop to close,
/// and four system calls to set up, where this costs one. Readiness is level-triggered; writability
/// is asked for only while a socket is full.
///
/// Threads  The loop's thread.
/// Errors   create() and add(): kUnavailable, where the kernel gives no more.
/// Owns     The epoll descriptor. Borrows each Pollable until remove().
#pragma once

#include <cstdint>
#include <memory>

#include "loop/loop.h"

struct epoll_event;

namespace taskfeed::http {

class Pollable {
 public:
  /// EPOLLIN, EPOLLOUT … as epoll(7) names them. May remove() itself or others; what was removed is
  /// not called again, yet its memory must last until the end of the turn.
  virtual void on_ready(uint32_t events) = 0;

 protected:
  ~Pollable() = default;
};

class Poller {
 public:
  static Result<std::unique_ptr<Poller>> create(loop::Loop& loop);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  Result<void> add(int descriptor, uint32_t events, Pollable& pollable);
  void change(int descriptor, uint32_t events, Pollable& pollable);
  /// Before the descriptor is closed: a child process may hold it for a moment longer, and then
  /// epoll would still report it.
  void remove(int descriptor, Pollable& pollable);

 private:
  struct Watch;
  Poller(int descriptor, Watch* watch) : descriptor_(descriptor), watch_(watch) {}
  void turn();

  const int descriptor_;
  Watch* watch_;
  /// The rest of the batch under way: remove() takes out of it.
  epoll_event* batch_ = nullptr;
  int batch_size_ = 0;
};

}  // namespace taskfeed::http
