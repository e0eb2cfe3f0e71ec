#include "loop/loop.h"

#include <algorithm>
#include <csignal>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace taskfeed::loop {
namespace {

std::unique_ptr<Loop> new_loop() {
  return std::move(Loop::create()).value();
}

TEST(LoopPost, RunsTasksInTheOrderOfTheCallsOnTheLoopsThread) {
  const std::unique_ptr<Loop> loop = new_loop();
  std::vector<int> order;
  std::thread other([&] {
    for (int number = 0; number < 1'000; ++number) {
      loop->post([&, number] {
        EXPECT_TRUE(loop->on_loop_thread());
        order.push_back(number);
        if (number == 999) loop->stop();
      });
    }
  });
  loop->run();
  other.join();
  ASSERT_EQ(order.size(), 1'000u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(LoopPost, KnowsThatAnotherThreadIsNotItsOwn) {
  const std::unique_ptr<Loop> loop = new_loop();
  bool elsewhere = true;
  loop->post([&] {
    std::thread([&] { elsewhere = loop->on_loop_thread(); }).join();
    loop->stop();
  });
  loop->run();
  EXPECT_FALSE(elsewhere);
}

TEST(LoopTurn, FlushesAfterATimerWithoutWaitingForIo) {
  const std::unique_ptr<Loop> loop = new_loop();
  bool queued = false;
  bool flushed = false;
  loop->at_turn_end([&] {
    if (!queued) return;
    flushed = true;
    loop->stop();
  });
  Timer once(*loop);
  once.start(Milliseconds(0), Milliseconds(0), [&] { queued = true; });
  loop->run();  // Would not return if the flush waited for the next I/O: there is none.
  EXPECT_TRUE(flushed);
}

TEST(LoopTurn, FlushesInTheOrderOfRegistration) {
  const std::unique_ptr<Loop> loop = new_loop();
  std::vector<int> order;
  loop->at_turn_end([&] { order.push_back(1); });
  loop->at_turn_end([&] {
    order.push_back(2);
    loop->stop();
  });
  loop->post([] {});
  loop->run();
  ASSERT_GE(order.size(), 2u);
  EXPECT_EQ(order[0], 1);
  EXPECT_EQ(order[1], 2);
}

TEST(LoopTimer, RepeatsUntilItIsDestroyedFromItsOwnAction) {
  const std::unique_ptr<Loop> loop = new_loop();
  int fired = 0;
  auto timer = std::make_unique<Timer>(*loop);
  timer->start(Milliseconds(0), Milliseconds(1), [&] {
    if (++fired < 3) return;
    timer.reset();
    loop->stop();
  });
  loop->run();
  EXPECT_EQ(fired, 3);
}

TEST(LoopTimer, DoesNotFireOnceStopped) {
  const std::unique_ptr<Loop> loop = new_loop();
  bool stopped_fired = false;
  Timer stopped(*loop);
  stopped.start(Milliseconds(1), Milliseconds(0), [&] { stopped_fired = true; });
  stopped.stop();
  Timer later(*loop);
  later.start(Milliseconds(5), Milliseconds(0), [&] { loop->stop(); });
  loop->run();
  EXPECT_FALSE(stopped_fired);
}

TEST(LoopSignal, CallsBackOnTheLoopsThread) {
  const std::unique_ptr<Loop> loop = new_loop();
  bool seen = false;
  const SignalWatch watch(*loop, SIGUSR1, [&] {
    seen = loop->on_loop_thread();
    loop->stop();
  });
  loop->post([] { ::raise(SIGUSR1); });
  loop->run();
  EXPECT_TRUE(seen);
}

TEST(LoopLife, RunsAgainAfterAStop) {
  const std::unique_ptr<Loop> loop = new_loop();
  int runs = 0;
  for (int turn = 0; turn < 2; ++turn) {
    loop->post([&] {
      ++runs;
      loop->stop();
    });
    loop->run();
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace taskfeed::loop
