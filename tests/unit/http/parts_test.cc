/// The small parts that a server is made of: the wheel of deadlines, the pool of threads, the queue
/// of unsent frames, and dates.
#include <algorithm>
#include <future>
#include <random>

#include <gtest/gtest.h>
#include <sys/uio.h>

#include "event/sse_encoder.h"
#include "http/answer.h"
#include "http/frame_queue.h"
#include "http/request_pool.h"
#include "http/wheel.h"
#include "support/clock.h"

namespace taskfeed::http {
namespace {

using testing::ManualClock;

/// Writes down when it came due.
class Alarm final : public Timed {
 public:
  explicit Alarm(const Wheel& wheel) : wheel_(wheel) {}
  void on_due() override { came.push_back(wheel_.now()); }
  std::vector<Tick> came;

 private:
  const Wheel& wheel_;
};

/// A wheel of 1 ms whose clock `step` moves at each of its turns, until it answers false.
class WheelRun {
 public:
  void run(const std::function<bool()>& step) {
    wheel.at_tick([&] {
      if (!step()) loop->stop();
    });
    loop->run();
  }
  ManualClock clock;
  std::unique_ptr<loop::Loop> loop = loop::Loop::create().value();
  Wheel wheel{*loop, clock, Milliseconds(1)};
};

TEST(Wheel, MeetsEachDeadlineAtTheFirstTurnThatCanNeverEarly) {
  WheelRun run;
  std::minstd_rand random(7);
  struct Wanted {
    std::unique_ptr<Alarm> alarm;
    Tick due;
  };
  std::vector<Wanted> all;
  for (int i = 0; i < 500; ++i) {
    // Far beyond one round of the wheel, too.
    all.push_back({std::make_unique<Alarm>(run.wheel), static_cast<Tick>(random() % 2'000 + 1)});
    run.wheel.set(*all.back().alarm, all.back().due);
  }
  std::vector<Tick> turns{0};
  run.run([&] {
    turns.push_back(run.wheel.now());
    run.clock.advance(Milliseconds(random() % 300));  // It may stand still, or jump.
    return run.wheel.now() < 2'100;
  });
  for (const Wanted& wanted : all) {
    ASSERT_EQ(wanted.alarm->came.size(), 1u);
    const Tick first = *std::lower_bound(turns.begin(), turns.end(), wanted.due);
    EXPECT_EQ(wanted.alarm->came.front(), first) << wanted.due;
  }
}

TEST(Wheel, PutsADeadlineOffAndBringsItForward) {
  WheelRun run;
  Alarm put_off(run.wheel);
  Alarm brought_forward(run.wheel);
  Alarm taken_out(run.wheel);
  run.wheel.set(put_off, 10);
  run.wheel.set(put_off, 400);
  run.wheel.set(brought_forward, 400);
  run.wheel.set(brought_forward, 10);
  run.wheel.set(taken_out, 10);
  taken_out.unlink();
  run.run([&] {
    run.clock.advance(Milliseconds(5));
    return run.wheel.now() < 500;
  });
  EXPECT_EQ(put_off.came, std::vector<Tick>{400});
  EXPECT_EQ(brought_forward.came, std::vector<Tick>{10});
  EXPECT_TRUE(taken_out.came.empty());
}

TEST(Wheel, VisitsAllThatHaveADeadlineOnce) {
  WheelRun run;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (Tick due = 1; due < 300; ++due) {
    alarms.push_back(std::make_unique<Alarm>(run.wheel));
    run.wheel.set(*alarms.back(), due);
  }
  size_t visited = 0;
  run.wheel.for_each([&](Timed& timed) {
    ++visited;
    if (visited % 2 == 0) timed.unlink();
  });
  EXPECT_EQ(visited, alarms.size());
  visited = 0;
  run.wheel.for_each([&](Timed&) { ++visited; });
  EXPECT_EQ(visited, alarms.size() / 2 + 1);
}

/// Holds the threads that run it until it is opened.
class Gate {
 public:
  RequestPool::Job job() {
    return [this](bool) {
      mutex_.lock();
      ++held_;
      changed_.notify_all();
      while (!open_) changed_.wait(mutex_);
      mutex_.unlock();
    };
  }
  void wait_for(size_t held) {
    mutex_.lock();
    while (held_ < held) changed_.wait(mutex_);
    mutex_.unlock();
  }
  void open() {
    const Locked lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  Mutex mutex_;
  std::condition_variable_any changed_;
  size_t held_ TF_GUARDED_BY(mutex_) = 0;
  bool open_ TF_GUARDED_BY(mutex_) = false;
};

TEST(RequestPool, HasALaneForProbesThatNoCallHoldsUp) {
  SystemClock clock;
  Gate gate;
  RequestPool pool(clock, {.threads = 2});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(pool.submit(Lane::kCalls, gate.job()));
  gate.wait_for(2);
  std::promise<bool> probed;
  ASSERT_TRUE(pool.submit(Lane::kProbes, [&](bool late) { probed.set_value(late); }));
  EXPECT_FALSE(probed.get_future().get());
  gate.open();
}

TEST(RequestPool, TakesNoMoreThanItsQueueHolds) {
  SystemClock clock;
  Gate gate;
  RequestPool pool(clock, {.threads = 1, .calls_queued_max = 3});
  ASSERT_TRUE(pool.submit(Lane::kCalls, gate.job()));
  gate.wait_for(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.submit(Lane::kCalls, gate.job()));
  EXPECT_FALSE(pool.submit(Lane::kCalls, gate.job()));
  EXPECT_EQ(pool.queued(), 3u);
  EXPECT_TRUE(pool.submit(Lane::kProbes, [](bool) {}));
  gate.open();
}

TEST(RequestPool, TellsAJobThatItWaitedTooLong) {
  ManualClock clock;
  Gate gate;
  RequestPool pool(clock, {.threads = 1, .queue_wait_max = Milliseconds(1'000)});
  ASSERT_TRUE(pool.submit(Lane::kCalls, gate.job()));
  gate.wait_for(1);
  std::promise<bool> early;
  std::promise<bool> late;
  ASSERT_TRUE(pool.submit(Lane::kCalls, [&](bool is_late) { late.set_value(is_late); }));
  clock.advance(Milliseconds(500));
  ASSERT_TRUE(pool.submit(Lane::kCalls, [&](bool is_late) { early.set_value(is_late); }));
  clock.advance(Milliseconds(600));
  gate.open();
  EXPECT_TRUE(late.get_future().get());
  EXPECT_FALSE(early.get_future().get());
}

TEST(RequestPool, RunsWhatIsQueuedAsLateWhenItStopsAndThenTakesNothing) {
  SystemClock clock;
  Gate gate;
  // A probe is refused for one reason alone, then.
  RequestPool pool(clock, {.threads = 1, .probes_queued_max = SIZE_MAX});
  ASSERT_TRUE(pool.submit(Lane::kCalls, gate.job()));
  gate.wait_for(1);
  std::atomic<int> late = 0;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pool.submit(Lane::kCalls, [&](bool is_late) { late += is_late ? 1 : 0; }));
  }
  std::thread stopping([&] { pool.stop(); });
  // Once it refuses, it is stopping; the gate is opened only then.
  while (pool.submit(Lane::kProbes, [](bool) {})) std::this_thread::yield();
  gate.open();
  stopping.join();
  EXPECT_EQ(late, 5);
  EXPECT_FALSE(pool.submit(Lane::kCalls, [](bool) {}));
}

FramePtr frame(const std::string& text) {
  return sse::comment_frame(text);
}

TEST(FrameQueue, GivesBackWhatWasPutInHoweverItIsSent) {
  std::minstd_rand random(11);
  FrameShelf shelf;
  for (int round = 0; round < 200; ++round) {
    FrameQueue queue(round % 2 == 1);
    std::string expected;
    std::string sent;
    for (int step = 0; step < 60; ++step) {
      if (random() % 2 == 0) {
        const FramePtr next = frame(std::string(random() % 50, static_cast<char>('a' + step % 26)));
        expected += round % 2 == 1 ? next->chunk() : next->bytes();
        queue.push(next, shelf);
      }
      std::array<iovec, 3> parts;
      const size_t count = queue.gather(parts);
      std::string offered;
      for (size_t at = 0; at < count; ++at) {
        offered.append(static_cast<const char*>(parts[at].iov_base), parts[at].iov_len);
      }
      ASSERT_EQ(offered.empty(), queue.empty());
      const size_t taken = offered.empty() ? 0 : random() % (offered.size() + 1);
      sent += offered.substr(0, taken);
      if (taken > 0) queue.sent(taken, shelf);
      ASSERT_EQ(queue.bytes(), expected.size() - sent.size());
      ASSERT_EQ(sent, expected.substr(0, sent.size()));
    }
    queue.clear(shelf);
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.bytes(), 0u);
  }
}

TEST(HttpDate, IsTheOneOfTheRfc) {
  EXPECT_EQ(http_date(WallTime(std::chrono::seconds(784'111'777))),
            "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(http_date(WallTime(std::chrono::seconds(0))), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(WallTime(std::chrono::seconds(1'709'164'799))),
            "Wed, 28 Feb 2024 23:59:59 GMT");
}

}  // namespace
}  // namespace taskfeed::http
