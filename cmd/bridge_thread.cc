#include "bridge_thread.h"

#include <algorithm>

namespace taskfeed::cmd {
namespace {

constexpr Milliseconds kBeatInterval{50};

/// "not JSON" as "not_json".
std::string key_of(bridge::Unreadable reason) {
  std::string key(to_string(reason));
  std::transform(key.begin(), key.end(), key.begin(), [](char c) {
    if (c == ' ') return '_';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return key;
}

http::BridgeReport report_of(const redis::RedisBridge& bridge) {
  const bridge::Stats& stats = bridge.stats();
  const redis::EarStats& ear = bridge.ear_stats();
  http::BridgeReport report;
  report.listening = bridge.listening();
  report.counts = {{"heard", stats.heard},
                   {"waiting", bridge.waiting()},
                   {"stored", stats.stored},
                   {"seen", stats.seen},
                   {"ended", stats.ended},
                   {"held", stats.held},
                   {"unknown_task", stats.unknown_task},
                   {"refused", stats.refused},
                   {"overflowed", stats.overflowed},
                   {"unreadable", stats.unreadable_sum()},
                   {"streams_made", stats.streams_made},
                   {"losses", ear.losses},
                   {"deaf_ms", ear.deaf_ms}};
  for (size_t n = 0; n < stats.unreadable.size(); ++n) {
    const std::string key = key_of(static_cast<bridge::Unreadable>(n));
    report.unreadable.emplace_back(key, stats.unreadable[n]);
  }
  return report;
}

}  // namespace

Result<std::unique_ptr<BridgeThread>> BridgeThread::start(const redis::Url& url,
                                                          const redis::RedisBridgeOptions& options,
                                                          const CorePorts& ports) {
  Result<std::unique_ptr<loop::Loop>> loop = loop::Loop::create();
  if (!loop) return loop.error();
  std::unique_ptr<BridgeThread> made(new BridgeThread(*std::move(loop), ports));
  BridgeThread* const self = made.get();
  self->loop_->post([self, url, options] { self->begin(url, options); });
  self->thread_ = std::thread([self] { self->loop_->run(); });
  return made;
}

BridgeThread::BridgeThread(std::unique_ptr<loop::Loop> loop, const CorePorts& ports)
    : ports_(ports), loop_(std::move(loop)) {}

BridgeThread::~BridgeThread() {
  loop_->post([this] {
    timer_.reset();
    bridge_.reset();
    loop_->stop();
  });
  thread_.join();
}

void BridgeThread::begin(const redis::Url& url, const redis::RedisBridgeOptions& options) {
  bridge_ = std::make_unique<redis::RedisBridge>(
      *loop_, url, redis::RedisBridge::Ports{ports_.log, ports_.clock, ports_.ids}, options);
  timer_ = std::make_unique<loop::Timer>(*loop_);
  timer_->start(Milliseconds(0), kBeatInterval, [this] { beat(); });
}

void BridgeThread::beat() {
  http::BridgeReport report = report_of(*bridge_);
  {
    const Locked lock(mutex_);
    report_ = std::move(report);
  }
  ++beats_;
  if (!finish_by_) return;
  const bool done = bridge_->has_left() && bridge_->waiting() == 0;
  if (!done && ports_.clock.mono() < *finish_by_) return;
  finish_by_.reset();
  if (bridge_->waiting() > 0) {
    ports_.log.error("bridge: ends with " + std::to_string(bridge_->waiting()) +
                     " events that Redis did not take; they are lost, unless another daemon "
                     "heard them");
  }
  finished_.set_value();
}

http::BridgeReport BridgeThread::report() const {
  const Locked lock(mutex_);
  return report_;
}

void BridgeThread::finish(Milliseconds grace) {
  loop_->post([this, grace] {
    finish_by_ = ports_.clock.mono() + grace;
    bridge_->leave();
  });
  finished_.get_future().wait();
}

}  // namespace taskfeed::cmd
