#include "loop/loop.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include <uv.h>

namespace taskfeed::loop {

struct Loop::Impl {
  uv_loop_t loop{};
  uv_async_t wake{};
  uv_check_t after_io{};
  uv_prepare_t before_wait{};
  std::vector<std::function<void()>> flushes;
  std::atomic<std::thread::id> thread{};
  std::atomic<bool> stopping{false};
  std::mutex mutex;
  std::vector<std::function<void()>> posted;  // Guarded by mutex.

  void run_posted() {
    std::vector<std::function<void()>> tasks;
    {
      const std::lock_guard lock(mutex);
      tasks.swap(posted);
    }
    for (const auto& task : tasks) task();
  }

  /// Twice a turn: after the I/O callbacks, and before the loop waits, since timers run between the
  /// two and what they queued must not wait for the next I/O.
  void flush() {
    // By index: a flush may register another.
    for (size_t at = 0; at < flushes.size(); ++at) flushes[at]();
  }
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}

Result<std::unique_ptr<Loop>> Loop::create() {
  std::unique_ptr<Loop> loop(new Loop());
  Impl& impl = *loop->impl_;
  if (const int error = uv_loop_init(&impl.loop); error != 0) {
    loop->impl_.reset();
    return {Errc::kUnavailable, std::string("no event loop: ") + uv_strerror(error)};
  }
  impl.wake.data = &impl;
  const int error = uv_async_init(&impl.loop, &impl.wake, [](uv_async_t* wake) {
    auto& self = *static_cast<Impl*>(wake->data);
    self.run_posted();
    if (self.stopping.load()) uv_stop(wake->loop);
  });
  if (error != 0) {
    uv_loop_close(&impl.loop);
    loop->impl_.reset();
    return {Errc::kUnavailable, std::string("no event loop: ") + uv_strerror(error)};
  }
  impl.after_io.data = &impl;
  impl.before_wait.data = &impl;
  uv_check_init(&impl.loop, &impl.after_io);
  uv_prepare_init(&impl.loop, &impl.before_wait);
  return loop;
}

Loop::~Loop() {
  if (impl_ == nullptr) return;
  // The handles' owners are gone by now; what they began to close needs its last turns.
  impl_->thread = std::this_thread::get_id();
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->wake), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->after_io), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->before_wait), nullptr);
  uv_run(&impl_->loop, UV_RUN_DEFAULT);
  const int error = uv_loop_close(&impl_->loop);
  TF_ASSERT_TEXT(error == 0, "a handle outlives its loop");
}

void Loop::run() {
  impl_->thread = std::this_thread::get_id();
  impl_->run_posted();  // What was posted before there was a thread to wake.
  if (!impl_->stopping.load()) uv_run(&impl_->loop, UV_RUN_DEFAULT);
  impl_->stopping = false;
}

void Loop::stop() {
  impl_->stopping = true;
  uv_async_send(&impl_->wake);
}

void Loop::post(std::function<void()> task) {
  bool wake = false;
  {
    const std::lock_guard lock(impl_->mutex);
    wake = impl_->posted.empty();
    impl_->posted.push_back(std::move(task));
  }
  if (wake) uv_async_send(&impl_->wake);
}

bool Loop::on_loop_thread() const {
  const std::thread::id thread = impl_->thread.load();
  // Before run() the loop belongs to whoever builds it.
  return thread == std::thread::id() || thread == std::this_thread::get_id();
}

void Loop::at_turn_end(std::function<void()> flush) {
  TF_ASSERT(on_loop_thread());
  impl_->flushes.push_back(std::move(flush));
  if (impl_->flushes.size() > 1) return;
  uv_check_start(&impl_->after_io,
                 [](uv_check_t* check) { static_cast<Impl*>(check->data)->flush(); });
  uv_prepare_start(&impl_->before_wait,
                   [](uv_prepare_t* prepare) { static_cast<Impl*>(prepare->data)->flush(); });
}

uv_loop_s* Loop::raw() {
  return &impl_->loop;
}

}  // namespace taskfeed::loop
