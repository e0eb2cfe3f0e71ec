#include "http/request_stats.h"

#include <gtest/gtest.h>

namespace taskfeed::http {
namespace {

using std::chrono::microseconds;

const Route* const kFirst = routes().data();
const Route* const kSecond = routes().data() + 1;

TEST(RequestStats, PutADurationIntoTheBucketOfTheFirstBoundThatIsNotBelowIt) {
  RequestStats stats;
  stats.add({kFirst, 200}, microseconds(0));
  stats.add({kFirst, 200}, microseconds(500));
  stats.add({kFirst, 404}, microseconds(501));
  stats.add({kFirst, 200}, microseconds(10'000'000));
  stats.add({kFirst, 200}, microseconds(10'000'001));
  const RequestStats::Times& times = stats.times().at(kFirst);
  EXPECT_EQ(times.buckets.front(), 2u);
  EXPECT_EQ(times.buckets[1], 1u);
  EXPECT_EQ(times.buckets[times.buckets.size() - 2], 1u);
  EXPECT_EQ(times.buckets.back(), 1u);
  EXPECT_EQ(times.sum, microseconds(20'001'002));
  EXPECT_EQ(stats.answers().at({kFirst, 200}), 4u);
  EXPECT_EQ(stats.answers().at({kFirst, 404}), 1u);
}

TEST(RequestStats, MeasureNothingWhereNoRouteWasFound) {
  RequestStats stats;
  stats.add({nullptr, 404}, microseconds(7));
  EXPECT_EQ(stats.answers().at({nullptr, 404}), 1u);
  EXPECT_TRUE(stats.times().empty());
}

TEST(RequestStats, OfTwoShardsAddUp) {
  RequestStats one;
  one.add({kFirst, 200}, microseconds(100));
  one.add({kSecond, 200}, microseconds(100));
  RequestStats two;
  two.add({kFirst, 200}, microseconds(700));
  two.add({kFirst, 503}, microseconds(100));
  one.add(two);
  EXPECT_EQ(one.answers(), (std::map<RequestStats::Key, uint64_t>{
                               {{kFirst, 200}, 2}, {{kFirst, 503}, 1}, {{kSecond, 200}, 1}}));
  EXPECT_EQ(one.times().at(kFirst).buckets[0], 2u);
  EXPECT_EQ(one.times().at(kFirst).buckets[1], 1u);
  EXPECT_EQ(one.times().at(kFirst).sum, microseconds(900));
  EXPECT_EQ(one.times().at(kSecond).sum, microseconds(100));
}

}  // namespace
}  // namespace taskfeed::http
