#include <uv.h>

#include "loop/loop.h"

namespace taskfeed::loop {

struct SignalWatch::Impl {
  Loop& loop;
  uv_signal_t signal{};
  std::function<void()> action;
};

SignalWatch::SignalWatch(Loop& loop, int signal_number, std::function<void()> action)
    : impl_(new Impl{loop, {}, std::move(action)}) {
  TF_ASSERT(loop.on_loop_thread());
  uv_signal_init(loop.raw(), &impl_->signal);
  impl_->signal.data = impl_;
  uv_signal_start(
      &impl_->signal,
      [](uv_signal_t* signal, int) {
        const std::function<void()> action = static_cast<Impl*>(signal->data)->action;
        action();
      },
      signal_number);
  uv_unref(reinterpret_cast<uv_handle_t*>(&impl_->signal));
}

SignalWatch::~SignalWatch() {
  TF_ASSERT(impl_->loop.on_loop_thread());
  uv_close(reinterpret_cast<uv_handle_t*>(&impl_->signal),
           [](uv_handle_t* handle) { delete static_cast<Impl*>(handle->data); });
}

}  // namespace taskfeed::loop
