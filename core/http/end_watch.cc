#include "http/end_watch.h"

namespace taskfeed::http {

Result<std::unique_ptr<EndWatch>> EndWatch::start(hub::Hub& hub, const TaskId& task,
                                                  std::function<void()> told) {
  std::unique_ptr<EndWatch> watch(new EndWatch(hub, std::move(told)));
  // Live only, and no filter: passing events over would make the hub tell where it is instead. A
  // task that has ended since it was looked at is closed all the same.
  hub::StreamOptions options;
  options.include_history = false;
  const Result<hub::Subscription*> subscribed = hub.subscribe(task, options, *watch);
  if (!subscribed) return subscribed.error();
  watch->subscription_ = *subscribed;
  return watch;
}

EndWatch::~EndWatch() {
  if (subscription_ != nullptr) hub_.unsubscribe(subscription_);
}

void EndWatch::closed(hub::CloseReason) {
  subscription_ = nullptr;
  // The owner may destroy this, and with it the function that runs.
  const std::function<void()> told = std::move(told_);
  told();
}

}  // namespace taskfeed::http
