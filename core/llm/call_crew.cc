#include "llm/call_crew.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <thread>

#include "base/mutex.h"

namespace taskfeed::llm {
namespace {

/// Reports on their way from the calls' threads to the activity's.
class Reports {
 public:
  Reports(size_t threads, size_t reports_max) : reports_max_(reports_max), threads_(threads) {}

  /// Waits for room. False once nobody listens any more.
  bool put(CrewReport report) {
    const Locked lock(mutex_);
    changed_.wait(
        mutex_, [this]() TF_REQUIRES(mutex_) { return closed_ || waiting_.size() < reports_max_; });
    if (closed_) return false;
    waiting_.push_back(std::move(report));
    changed_.notify_all();
    return true;
  }
  /// Empty once every thread has left and nothing waits.
  std::optional<CrewReport> take() {
    const Locked lock(mutex_);
    changed_.wait(mutex_,
                  [this]() TF_REQUIRES(mutex_) { return threads_ == 0 || !waiting_.empty(); });
    if (waiting_.empty()) return std::nullopt;
    CrewReport report = std::move(waiting_.front());
    waiting_.pop_front();
    changed_.notify_all();
    return report;
  }
  void close() {
    const Locked lock(mutex_);
    closed_ = true;
    waiting_.clear();
    changed_.notify_all();
  }
  void leave() {
    const Locked lock(mutex_);
    --threads_;
    changed_.notify_all();
  }

 private:
  const size_t reports_max_;
  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<CrewReport> waiting_ TF_GUARDED_BY(mutex_);
  size_t threads_ TF_GUARDED_BY(mutex_);
  bool closed_ TF_GUARDED_BY(mutex_) = false;
};

/// What one call says while it runs.
class CallSink final : public runner::OutputSink {
 public:
  CallSink(Reports& reports, size_t call, bool streaming)
      : reports_(reports), call_(call), streaming_(streaming) {}
  bool emit(std::string_view type, Json payload) override {
    CrewReport report;
    report.call = call_;
    report.type = type;
    report.payload = std::move(payload);
    return reports_.put(std::move(report));
  }
  bool streaming() const override { return streaming_; }
  bool persist() override { return true; }

 private:
  Reports& reports_;
  const size_t call_;
  const bool streaming_;
};

/// Before the threads are joined, whatever was thrown: none of them waits in put() for ever.
struct LetGo {
  Reports& reports;
  std::stop_source& halt;
  ~LetGo() {
    reports.close();
    halt.request_stop();
  }
};

}  // namespace

bool run_calls(const std::vector<runner::ToolCall>& calls, runner::Toolbox& toolbox,
               const Clock& clock, const CrewOptions& options, const std::stop_token& stop,
               const std::function<bool(CrewReport)>& heard) {
  const size_t threads = std::min(calls.size(), options.threads_max);
  Reports reports(threads, options.reports_max);
  std::stop_source halt;
  const std::stop_callback passed_on(stop, [&halt] { halt.request_stop(); });
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t at = next++; at < calls.size() && !halt.stop_requested(); at = next++) {
      CallSink sink(reports, at, options.streaming);
      const MonoTime begun = clock.mono();
      CrewReport report;
      report.call = at;
      report.result = toolbox.call(calls[at], sink, halt.get_token());
      report.duration = clock.mono() - begun;
      // Whether a call that was stopped did its work, nobody knows.
      if (!halt.stop_requested()) reports.put(std::move(report));
    }
    reports.leave();
  };
  std::vector<std::jthread> crew;
  const LetGo let_go{reports, halt};
  for (size_t i = 0; i < threads; ++i) crew.emplace_back(work);
  while (std::optional<CrewReport> report = reports.take()) {
    if (heard(*std::move(report))) continue;
    halt.request_stop();
    reports.close();
  }
  return !halt.stop_requested();
}

}  // namespace taskfeed::llm
