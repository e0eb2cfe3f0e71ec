#include "interrupts.h"

#include <csignal>

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

sigset_t watched(Interrupts::Hangup hangup) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  if (hangup == Interrupts::Hangup::kWatched) sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGWINCH);
  return set;
}

}  // namespace

Interrupts::Interrupts(Hangup hangup)
    : hangup_(hangup), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  const sigset_t set = watched(hangup_);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
  stopping_ = true;
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  if (event_ >= 0) ::close(event_);
}

void Interrupts::watch() {
  const sigset_t set = watched(hangup_);
  int count = 0;
  for (;;) {
    int number = 0;
    if (::sigwait(&set, &number) != 0) continue;
    if (stopping_) return;
    if (number == SIGWINCH) {
      const Locked lock(mutex_);
      if (resized_) resized_();
      continue;
    }
    if (++count > patience_) ::_exit(128 + number);
    int none = 0;
    received_.compare_exchange_strong(none, number);
    if (event_ >= 0) ::eventfd_write(event_, 1);
    const Locked lock(mutex_);
    if (callback_) callback_();
  }
}

ExitStatus Interrupts::status() const {
  switch (received()) {
    case SIGTERM:
      return ExitStatus::kTerminated;
    case SIGHUP:
      return ExitStatus::kHungUp;
    default:
      return ExitStatus::kInterrupted;
  }
}

void Interrupts::on_resize(std::function<void()> callback) {
  const Locked lock(mutex_);
  resized_ = std::move(callback);
}

void Interrupts::on_signal(std::function<void()> callback) {
  const Locked lock(mutex_);
  callback_ = std::move(callback);
  if (received_ != 0 && callback_) callback_();
}

}  // namespace taskfeed::cmd
