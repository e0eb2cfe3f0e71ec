/// Numbers as Prometheus' text format 0.0.4.
///
///   # HELP taskfeed_streams Event streams that are open.
///   # TYPE taskfeed_streams gauge
///   taskfeed_streams 3
///
/// Threads  One at a time.
/// Errors   A name, an order or a value that the format does not allow is a bug, and aborts.
/// Owns     Its text.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace taskfeed::ops {

enum class MetricKind { kCounter, kGauge, kHistogram };

struct Label {
  std::string_view name;
  std::string value;  ///< Any UTF-8.
};
using Labels = std::vector<Label>;

/// How many values lay in each of a histogram's buckets, and their sum.
struct Buckets {
  std::span<const double> bounds;    ///< Upper ones, inclusive, rising.
  std::span<const uint64_t> counts;  ///< Of each bucket alone; the last: over every bound.
  double sum = 0;
};

class MetricsText {
 public:
  /// Once for each name; a counter's ends with _total. The samples that follow are its own.
  void family(std::string_view name, MetricKind kind, std::string_view help);
  void sample(uint64_t value, const Labels& labels = {});
  void sample(double value, const Labels& labels = {});
  void histogram(const Buckets& buckets, const Labels& labels = {});
  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, const Labels& labels, std::string_view value);

  std::string text_;
  std::string name_;
  MetricKind kind_ = MetricKind::kGauge;
  std::set<std::string, std::less<>> names_;
};

}  // namespace taskfeed::ops
