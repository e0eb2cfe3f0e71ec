/// An OutputSink that keeps what a runner emits.
///
/// Threads  Any; a mutex guards what it keeps.
/// Errors   None.
/// Owns     The events emitted.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runner/runner.h"

namespace taskfeed::testing {

class RecordingSink final : public runner::OutputSink {
 public:
  struct Emitted {
    std::string type;
    Json payload;
  };

  std::function<void()> on_emit;  ///< Called for each event; it is set before the first.

  explicit RecordingSink(bool streaming = true) : streaming_(streaming) {}

  bool emit(std::string_view type, Json payload) override {
    const std::lock_guard lock(mutex_);
    emitted_.push_back({std::string(type), std::move(payload)});
    if (on_emit) on_emit();
    return wanted_;
  }
  bool streaming() const override { return streaming_; }
  bool persist() override {
    const std::lock_guard lock(mutex_);
    ++persists_;
    return wanted_;
  }
  int persists() const {
    const std::lock_guard lock(mutex_);
    return persists_;
  }

  /// From now on emit() answers that nobody reads.
  void lose_interest() {
    const std::lock_guard lock(mutex_);
    wanted_ = false;
  }
  std::vector<Emitted> emitted() const {
    const std::lock_guard lock(mutex_);
    return emitted_;
  }
  std::vector<std::string> types() const {
    std::vector<std::string> result;
    for (const Emitted& one : emitted()) result.push_back(one.type);
    return result;
  }
  /// The output's text, joined, of "stdout", "stderr" or, with "", both.
  std::string text(std::string_view stream = {}) const {
    std::string result;
    for (const Emitted& one : emitted()) {
      if (one.type != types::kToolCallOutput) continue;
      if (stream.empty() || string_at(one.payload, "stream") == stream) {
        result += string_at(one.payload, "text");
      }
    }
    return result;
  }
  /// The last payload of that type; null where there is none.
  Json last(std::string_view type) const {
    Json result;
    for (const Emitted& one : emitted()) {
      if (one.type == type) result = one.payload;
    }
    return result;
  }

 private:
  const bool streaming_;
  mutable std::mutex mutex_;
  bool wanted_ = true;
  int persists_ = 0;
  std::vector<Emitted> emitted_;
};

}  // namespace taskfeed::testing
