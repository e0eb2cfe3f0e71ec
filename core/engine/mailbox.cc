#include "engine/mailbox.h"

#include <algorithm>

namespace taskfeed::engine {

using broker::Signal;
using broker::SignalKind;

namespace {

workflow::Answered answer_of(const Signal& signal) {
  const bool input = signal.kind == SignalKind::kInput;
  return {.kind = input ? QuestionKind::kInput : QuestionKind::kApproval,
          .call = signal.call,
          .answer = {.approved = signal.kind == SignalKind::kApprove,
                     .text = input ? signal.text : std::string(),
                     .by = signal.by,
                     .reason = input ? std::string() : signal.reason}};
}

}  // namespace

void Mailbox::deliver(const std::vector<Signal>& signals) {
  std::optional<std::stop_source> stop;
  {
    const Locked lock(mutex_);
    bool news = false;
    for (const Signal& signal : signals) {
      if (answered_.contains(signal.id) ||
          std::find(signals_.begin(), signals_.end(), signal) != signals_.end()) {
        continue;
      }
      signals_.push_back(signal);
      news = true;
    }
    if (!news) return;
    changed();
    if (should_stop()) stop = activity_;
  }
  // Outside the lock: what the activity registered for its stop runs here.
  if (stop) stop->request_stop();
}

void Mailbox::lose_lease() {
  std::optional<std::stop_source> stop;
  {
    const Locked lock(mutex_);
    lost_ = true;
    changed();
    stop = activity_;
  }
  if (stop) stop->request_stop();
}

void Mailbox::shut_down() {
  const Locked lock(mutex_);
  shutting_down_ = true;
  changed();
}

void Mailbox::stop_activity() {
  std::optional<std::stop_source> stop;
  {
    const Locked lock(mutex_);
    shutting_down_ = true;
    stop_activity_ = true;
    changed();
    stop = activity_;
  }
  if (stop) stop->request_stop();
}

Mailbox::Asked Mailbox::asked() const {
  const Locked lock(mutex_);
  Asked asked;
  workflow::Requests& requests = asked.requests;
  for (const Signal& signal : signals_) {
    const workflow::Requests::Request request{signal.by, signal.reason};
    switch (signal.kind) {
      case SignalKind::kCancel:
        if (!requests.cancel) requests.cancel = request;
        break;
      case SignalKind::kPause:
        requests.pause = request;
        requests.resume.reset();
        break;
      case SignalKind::kResume:
        requests.resume = request;
        requests.pause.reset();
        break;
      case SignalKind::kApprove:
      case SignalKind::kRefuse:
      case SignalKind::kInput:
        requests.answers.push_back(answer_of(signal));
        break;
    }
    asked.newest = signal.id;
  }
  return asked;
}

void Mailbox::answered(const std::string& id) {
  const Locked lock(mutex_);
  const auto last = std::find_if(signals_.begin(), signals_.end(),
                                 [&id](const Signal& signal) { return signal.id == id; });
  if (last == signals_.end()) return;
  for (auto signal = signals_.begin(); signal != last + 1; ++signal) answered_.insert(signal->id);
  signals_.erase(signals_.begin(), last + 1);
}

bool Mailbox::lost() const {
  const Locked lock(mutex_);
  return lost_;
}

bool Mailbox::shutting_down() const {
  const Locked lock(mutex_);
  return shutting_down_;
}

bool Mailbox::stopping() const {
  const Locked lock(mutex_);
  return stop_activity_;
}

bool Mailbox::should_stop() const {
  return lost_ || stop_activity_ ||
         std::any_of(signals_.begin(), signals_.end(),
                     [](const Signal& signal) { return signal.kind == SignalKind::kCancel; });
}

void Mailbox::changed() {
  ++changes_;
  changed_.notify_all();
}

std::stop_token Mailbox::begin_activity() {
  const Locked lock(mutex_);
  activity_.emplace();
  if (should_stop()) activity_->request_stop();
  return activity_->get_token();
}

void Mailbox::end_activity() {
  const Locked lock(mutex_);
  activity_.reset();
}

void Mailbox::wait(Milliseconds at_most) {
  const Locked lock(mutex_);
  changed_.wait_for(mutex_, at_most,
                    [this]() TF_REQUIRES(mutex_) { return changes_ != changes_seen_; });
  changes_seen_ = changes_;
}

}  // namespace taskfeed::engine
