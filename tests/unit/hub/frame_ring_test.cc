#include "hub/frame_ring.h"

#include <gtest/gtest.h>

#include "event/sse_encoder.h"

namespace taskfeed::hub {
namespace {

FramePtr frame(uint64_t seq) {
  return sse::event_frame({seq, 7}, "Some", "{}");
}

TEST(FrameRing, HoldsNothingAtFirst) {
  const FrameRing ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.bytes(), 0u);
  EXPECT_FALSE(ring.holds(0));
  EXPECT_FALSE(ring.holds(1));
}

TEST(FrameRing, FindsFramesBySeqWhileItGrowsAndTurns) {
  FrameRing ring;
  for (uint64_t seq = 10; seq < 1'000; ++seq) {
    ring.push(frame(seq));
    if (ring.size() > 5) ring.pop_oldest();
    ASSERT_EQ(ring.last_seq(), seq);
    for (uint64_t held = ring.first_seq(); held <= seq; ++held) {
      ASSERT_TRUE(ring.holds(held));
      ASSERT_EQ(ring[held]->cursor().seq, held);
    }
    ASSERT_FALSE(ring.holds(ring.first_seq() - 1));
    ASSERT_FALSE(ring.holds(seq + 1));
  }
  EXPECT_EQ(ring.size(), 5u);
  EXPECT_EQ(ring.first_seq(), 995u);
}

TEST(FrameRing, CountsTheBytesOfWhatItHolds) {
  FrameRing ring;
  const FramePtr one = frame(1);
  const FramePtr two = frame(2);
  ring.push(one);
  ring.push(two);
  EXPECT_EQ(ring.bytes(), one->bytes().size() + two->bytes().size());
  ring.pop_oldest();
  EXPECT_EQ(ring.bytes(), two->bytes().size());
  ring.pop_oldest();
  EXPECT_EQ(ring.bytes(), 0u);
  EXPECT_TRUE(ring.empty());
}

TEST(FrameRing, BeginsAnywhereAfterItWasCleared) {
  FrameRing ring;
  ring.push(frame(1));
  ring.push(frame(2));
  ring.clear();
  EXPECT_TRUE(ring.empty());
  ring.push(frame(77));
  EXPECT_EQ(ring.first_seq(), 77u);
  EXPECT_EQ(ring.size(), 1u);
}

TEST(FrameRingDeathTest, RefusesAHole) {
  FrameRing ring;
  ring.push(frame(1));
  EXPECT_DEATH(ring.push(frame(3)), "last_seq");
}

}  // namespace
}  // namespace taskfeed::hub
