/// Tells once that a task has ended, or that nobody will tell any more.
///
/// It takes the place of a reader of the task's stream and reads nothing: what the end means is for
/// its owner to ask. So a request that waits costs a subscription, and no thread.
///
/// Threads  The loop's thread.
/// Errors   start() answers what Hub::subscribe() does.
/// Owns     Its subscription. Borrows the Hub.
#pragma once

#include <functional>
#include <memory>

#include "hub/hub.h"

namespace taskfeed::http {

class EndWatch final : public hub::Sink {
 public:
  /// `told` is called from a later turn, at most once, and may destroy the watch. As with any Sink,
  /// it may not call the Hub.
  static Result<std::unique_ptr<EndWatch>> start(hub::Hub& hub, const TaskId& task,
                                                 std::function<void()> told);
  ~EndWatch();
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;

  size_t deliver(const FramePtr&) override { return 0; }
  size_t pending_bytes() const override { return 0; }
  void closed(hub::CloseReason reason) override;

 private:
  EndWatch(hub::Hub& hub, std::function<void()> told) : hub_(hub), told_(std::move(told)) {}

  hub::Hub& hub_;
  hub::Subscription* subscription_ = nullptr;
  std::function<void()> told_;
};

}  // namespace taskfeed::http
