#include "interrupts.h"

#include <csignal>

#include <pthread.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t set = watched();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { watch(); });
}

Interrupts::~Interrupts() {
  stopping_ = true;
  ::pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void Interrupts::watch() {
  const sigset_t set = watched();
  for (;;) {
    int number = 0;
    if (::sigwait(&set, &number) != 0) continue;
    if (stopping_) return;
    int none = 0;
    if (!received_.compare_exchange_strong(none, number)) ::_exit(128 + number);
    const std::lock_guard lock(mutex_);
    if (callback_) callback_();
  }
}

ExitStatus Interrupts::status() const {
  return received() == SIGTERM ? ExitStatus::kTerminated : ExitStatus::kInterrupted;
}

void Interrupts::on_signal(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  callback_ = std::move(callback);
  if (received_ != 0 && callback_) callback_();
}

}  // namespace taskfeed::cmd
