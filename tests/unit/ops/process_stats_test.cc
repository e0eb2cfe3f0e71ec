#include "ops/process_stats.h"

#include <ctime>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace taskfeed::ops {
namespace {

TEST(ProcessStats, AreThoseOfThisProcess) {
  const ProcessStats stats = process_stats();
  EXPECT_GT(stats.resident_bytes, 100'000u);
  EXPECT_GE(stats.virtual_bytes, stats.resident_bytes);
  EXPECT_GE(stats.open_descriptors, 3u);
  EXPECT_GE(stats.descriptors_max, stats.open_descriptors);
  EXPECT_GE(stats.cpu_seconds, 0);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(stats.started_at, now + 2);
  EXPECT_GT(stats.started_at, now - 24 * 3'600);
}

TEST(ProcessStats, CountDescriptorsAndThreads) {
  const ProcessStats before = process_stats();
  const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ProcessStats within;
  std::thread([&within] { within = process_stats(); }).join();
  close(descriptor);
  EXPECT_EQ(within.open_descriptors, before.open_descriptors + 1);
  EXPECT_EQ(within.threads, before.threads + 1);
  EXPECT_EQ(process_stats().open_descriptors, before.open_descriptors);
}

}  // namespace
}  // namespace taskfeed::ops
