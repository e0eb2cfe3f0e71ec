#include "ops/metrics.h"

#include <array>

#include <gtest/gtest.h>

namespace taskfeed::ops {
namespace {

TEST(MetricsText, HasAFamilysHelpAndTypeBeforeItsSamples) {
  MetricsText text;
  text.family("streams", MetricKind::kGauge, "Open now.");
  text.sample(uint64_t{3});
  text.family("requests_total", MetricKind::kCounter, "Answered.");
  text.sample(uint64_t{2}, {{"method", "GET"}, {"status", "200"}});
  text.sample(uint64_t{18'446'744'073'709'551'615U}, {{"method", "PUT"}, {"status", "503"}});
  EXPECT_EQ(text.text(),
            "# HELP streams Open now.\n"
            "# TYPE streams gauge\n"
            "streams 3\n"
            "# HELP requests_total Answered.\n"
            "# TYPE requests_total counter\n"
            "requests_total{method=\"GET\",status=\"200\"} 2\n"
            "requests_total{method=\"PUT\",status=\"503\"} 18446744073709551615\n");
}

TEST(MetricsText, AddsBucketsUp) {
  MetricsText text;
  text.family("seconds", MetricKind::kHistogram, "How long.");
  const std::array<double, 3> bounds{0.005, 0.1, 2.5};
  const std::array<uint64_t, 4> counts{1, 0, 2, 3};
  text.histogram({.bounds = bounds, .counts = counts, .sum = 40.25}, {{"route", "/a"}});
  EXPECT_EQ(text.text(),
            "# HELP seconds How long.\n"
            "# TYPE seconds histogram\n"
            "seconds_bucket{route=\"/a\",le=\"0.005\"} 1\n"
            "seconds_bucket{route=\"/a\",le=\"0.1\"} 1\n"
            "seconds_bucket{route=\"/a\",le=\"2.5\"} 3\n"
            "seconds_bucket{route=\"/a\",le=\"+Inf\"} 6\n"
            "seconds_sum{route=\"/a\"} 40.25\n"
            "seconds_count{route=\"/a\"} 6\n");
}

TEST(MetricsText, EscapesWhatWouldEndALineOrAValue) {
  MetricsText text;
  text.family("a", MetricKind::kGauge, "one\ntwo \\ \"three\"");
  text.sample(0.5, {{"b", "x\"y\\z\n"}});
  EXPECT_EQ(text.text(),
            "# HELP a one\\ntwo \\\\ \"three\"\n"
            "# TYPE a gauge\n"
            "a{b=\"x\\\"y\\\\z\\n\"} 0.5\n");
}

TEST(MetricsTextDeathTest, TakesNoNameThatTheFormatForbids) {
  const auto family = [](std::string_view name, MetricKind kind) {
    MetricsText text;
    text.family(name, kind, "");
  };
  EXPECT_DEATH(family("1st", MetricKind::kGauge), "1st");
  EXPECT_DEATH(family("a-b", MetricKind::kGauge), "a-b");
  EXPECT_DEATH(family("requests", MetricKind::kCounter), "requests");
  EXPECT_DEATH(family("streams_total", MetricKind::kGauge), "streams_total");
}

TEST(MetricsTextDeathTest, TakesAFamilyOnce) {
  MetricsText text;
  text.family("a", MetricKind::kGauge, "");
  text.family("b", MetricKind::kGauge, "");
  EXPECT_DEATH(text.family("a", MetricKind::kGauge, ""), "a");
}

}  // namespace
}  // namespace taskfeed::ops
