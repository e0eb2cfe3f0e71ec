#include "http/request_pool.h"

#include "base/assert.h"

namespace taskfeed::http {

RequestPool::RequestPool(const Clock& clock, const PoolLimits& limits)
    : clock_(clock), limits_(limits) {
  TF_ASSERT(limits_.threads > 0);
  for (size_t i = 0; i < limits_.threads; ++i) {
    threads_.emplace_back([this] { work(Lane::kCalls); });
  }
  threads_.emplace_back([this] { work(Lane::kProbes); });
}

RequestPool::~RequestPool() {
  stop();
}

bool RequestPool::submit(Lane lane, Job job) {
  const size_t most = lane == Lane::kProbes ? limits_.probes_queued_max : limits_.calls_queued_max;
  {
    const Locked lock(mutex_);
    std::deque<Queued>& queue = queues_[static_cast<size_t>(lane)];
    if (stopping_ || queue.size() >= most) return false;
    queue.push_back({std::move(job), clock_.mono()});
  }
  changed_[static_cast<size_t>(lane)].notify_one();
  return true;
}

void RequestPool::stop() {
  {
    const Locked lock(mutex_);
    stopping_ = true;
  }
  for (auto& changed : changed_) changed.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

size_t RequestPool::queued() const {
  const Locked lock(mutex_);
  return queues_[0].size() + queues_[1].size();
}

std::optional<RequestPool::Taken> RequestPool::take(Lane lane) {
  mutex_.lock();
  std::deque<Queued>& queue = queues_[static_cast<size_t>(lane)];
  while (queue.empty() && !stopping_) changed_[static_cast<size_t>(lane)].wait(mutex_);
  std::optional<Taken> taken;
  if (!queue.empty()) {
    const bool late = stopping_ || clock_.mono() - queue.front().since > limits_.queue_wait_max;
    taken = Taken{std::move(queue.front().job), late};
    queue.pop_front();
  }
  mutex_.unlock();
  return taken;
}

void RequestPool::work(Lane lane) {
  while (std::optional<Taken> taken = take(lane)) taken->job(taken->late);
}

}  // namespace taskfeed::http
