#include "http/request_stats.h"

#include <algorithm>

namespace taskfeed::http {

void RequestStats::add(const Key& answer, std::chrono::microseconds took) {
  ++answers_[answer];
  if (answer.route == nullptr) return;
  Times& times = times_[answer.route];
  const double seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::lower_bound(kBoundsSeconds.begin(), kBoundsSeconds.end(), seconds);
  ++times.buckets[static_cast<size_t>(bound - kBoundsSeconds.begin())];
  times.sum += took;
}

void RequestStats::add(const RequestStats& others) {
  for (const auto& [key, count] : others.answers_) answers_[key] += count;
  for (const auto& [route, added] : others.times_) {
    Times& times = times_[route];
    for (size_t at = 0; at < times.buckets.size(); ++at) times.buckets[at] += added.buckets[at];
    times.sum += added.sum;
  }
}

}  // namespace taskfeed::http
