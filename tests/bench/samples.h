/// Latencies: collected, then asked for their middle and their tail.
///
/// Threads  One.
/// Errors   None; beyond the limit further samples are left out, and counted.
/// Owns     Its samples, 4 bytes each.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace taskfeed::bench {

class Samples {
 public:
  void add_ns(uint64_t ns) {
    if (tens_of_ns_.size() == kSamplesMax) {
      ++left_out_;
      return;
    }
    tens_of_ns_.push_back(
        static_cast<uint32_t>(std::min<uint64_t>(ns / 10, std::numeric_limits<uint32_t>::max())));
  }
  /// In microseconds; 0 without samples. `share` 0.5 is the median, 1 the largest.
  double at(double share) {
    if (tens_of_ns_.empty()) return 0;
    const double place = share * static_cast<double>(tens_of_ns_.size() - 1);
    const auto wanted = tens_of_ns_.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(tens_of_ns_.begin(), wanted, tens_of_ns_.end());
    return static_cast<double>(*wanted) / 100;
  }
  size_t size() const { return tens_of_ns_.size(); }
  size_t left_out() const { return left_out_; }

 private:
  static constexpr size_t kSamplesMax = 8'000'000;
  std::vector<uint32_t> tens_of_ns_;
  size_t left_out_ = 0;
};

}  // namespace taskfeed::bench
