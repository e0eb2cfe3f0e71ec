#include <uv.h>

#include "loop/loop.h"

namespace taskfeed::loop {

struct Timer::Impl {
  Loop& loop;
  uv_timer_t timer{};
  std::function<void()> action;

  static void fire(uv_timer_t* timer) {
    // A copy: the action may start the timer anew, or destroy its owner.
    const std::function<void()> action = static_cast<Impl*>(timer->data)->action;
    action();
  }
};

Timer::Timer(Loop& loop) : impl_(new Impl{loop, {}, {}}) {
  uv_timer_init(loop.raw(), &impl_->timer);
  impl_->timer.data = impl_;
}

Timer::~Timer() {
  TF_ASSERT(impl_->loop.on_loop_thread());
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->timer),
           [](uv_handle_t* handle) { delete static_cast<Impl*>(handle->data); });
}

void Timer::start(Milliseconds delay, Milliseconds period, std::function<void()> action) {
  TF_ASSERT(impl_->loop.on_loop_thread());
  TF_ASSERT(delay.count() >= 0 && period.count() >= 0);
  impl_->action = std::move(action);
  // libuv counts from the loop's time, which stands still within a turn and is old before run().
  uv_update_time(impl_->loop.raw());
  uv_timer_start(&impl_->timer, Impl::fire, static_cast<uint64_t>(delay.count()),
                 static_cast<uint64_t>(period.count()));
}

void Timer::stop() {
  TF_ASSERT(impl_->loop.on_loop_thread());
  uv_timer_stop(&impl_->timer);
}

}  // namespace taskfeed::loop
