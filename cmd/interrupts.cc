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
  sigaddset(&set, SIGTSTP);
  return set;
}

}  // namespace

Interrupts::Interrupts(Hangup hangup, Terminal terminal)
    : hangup_(hangup),
      terminal_(std::move(terminal)),
      event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
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
    if (number == SIGTSTP) {
      stop_here();
      continue;
    }
    if (++count > patience_) {
      if (terminal_.leave) terminal_.leave();
      ::_exit(128 + number);
    }
    int none = 0;
    received_.compare_exchange_strong(none, number);
    if (event_ >= 0) ::eventfd_write(event_, 1);
    const Locked lock(mutex_);
    if (callback_) callback_();
  }
}

/// As if nobody watched it: the shell sees a job that SIGTSTP stopped.
void Interrupts::stop_here() const {
  if (terminal_.leave) terminal_.leave();
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::kill(::getpid(), SIGTSTP);
  // Taken by this thread as soon as it lets it in; it goes on from here with SIGCONT.
  ::pthread_sigmask(SIG_UNBLOCK, &stop, nullptr);
  ::pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  if (terminal_.back) terminal_.back();
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
