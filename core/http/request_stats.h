/// How requests were answered: how many by route and status, and how long it took.
///
/// Threads  One at a time; whoever asks from elsewhere gets a copy.
/// Errors   None.
/// Owns     Its numbers. Routes are those of routes(), which are constants.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>

#include "http/api.h"

namespace taskfeed::http {

class RequestStats {
 public:
  struct Key {
    const Route* route;  ///< None: refused before one was found.
    int status;
    auto operator<=>(const Key&) const = default;
  };
  /// From the whole request, or its head where that was enough, to the answer; of a stream, to its
  /// beginning. Buckets are separate: the n-th counts what took longer than the bound before it.
  static constexpr std::array<double, 13> kBoundsSeconds{
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};
  struct Times {
    std::array<uint64_t, kBoundsSeconds.size() + 1> buckets{};
    std::chrono::microseconds sum{0};
  };

  void add(const Key& answer, std::chrono::microseconds took);
  void add(const RequestStats& others);
  const std::map<Key, uint64_t>& answers() const { return answers_; }
  /// Of each route that was asked for.
  const std::map<const Route*, Times>& times() const { return times_; }

 private:
  std::map<Key, uint64_t> answers_;
  std::map<const Route*, Times> times_;
};

}  // namespace taskfeed::http
