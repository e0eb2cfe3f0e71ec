#include "http/poller.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

namespace taskfeed::http {
namespace {

/// Events taken from the kernel at once; with more ready, the loop turns again.
constexpr int kBatch = 512;

Error failure(std::string_view what, int error) {
  return {Errc::kUnavailable, std::string(what) + ": " + std::strerror(error)};
}

}  // namespace

struct Poller::Watch {
  uv_poll_t poll{};
};

Result<std::unique_ptr<Poller>> Poller::create(loop::Loop& loop) {
  TF_ASSERT(loop.on_loop_thread());
  const int descriptor = epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0) return failure("no epoll set for the server's sockets", errno);
  auto watch = std::make_unique<Watch>();
  if (const int error = uv_poll_init(loop.raw(), &watch->poll, descriptor); error != 0) {
    ::close(descriptor);
    return failure("the loop cannot watch the server's sockets", -error);
  }
  std::unique_ptr<Poller> poller(new Poller(descriptor, watch.release()));
  poller->watch_->poll.data = poller.get();
  uv_poll_start(&poller->watch_->poll, UV_READABLE,
                [](uv_poll_t* poll, int, int) { static_cast<Poller*>(poll->data)->turn(); });
  return poller;
}

Poller::~Poller() {
  uv_poll_stop(&watch_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&watch_->poll),
           [](uv_handle_t* handle) { delete reinterpret_cast<Watch*>(handle); });
  ::close(descriptor_);
}

Result<void> Poller::add(int descriptor, uint32_t events, Pollable& pollable) {
  epoll_event event{.events = events, .data = {.ptr = &pollable}};
  if (epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0) return {};
  return failure("a socket cannot be watched", errno);
}

void Poller::change(int descriptor, uint32_t events, Pollable& pollable) {
  epoll_event event{.events = events, .data = {.ptr = &pollable}};
  const int changed = epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event);
  TF_ASSERT_TEXT(changed == 0, std::strerror(errno));
}

void Poller::remove(int descriptor, Pollable& pollable) {
  const int removed = epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr);
  TF_ASSERT_TEXT(removed == 0, std::strerror(errno));
  for (int at = 0; at < batch_size_; ++at) {
    if (batch_[at].data.ptr == &pollable) batch_[at].data.ptr = nullptr;
  }
}

void Poller::turn() {
  std::array<epoll_event, kBatch> events;
  const int count = epoll_wait(descriptor_, events.data(), kBatch, 0);
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events[static_cast<size_t>(at)];
    batch_ = events.data() + at;
    batch_size_ = count - at;
    if (event.data.ptr != nullptr) static_cast<Pollable*>(event.data.ptr)->on_ready(event.events);
  }
  batch_size_ = 0;
}

}  // namespace taskfeed::http
