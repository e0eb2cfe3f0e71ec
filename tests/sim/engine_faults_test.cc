/// One worker is killed, preempted or deprived of a reply at each of its calls in turn; another
/// goes on. Whatever the place, the stream tells one story.
#include <set>

#include <gtest/gtest.h>

#include "sim/engine_oracle.h"

namespace taskfeed::engine {
namespace {

using testing::EngineWorld;
using testing::expect_one_story;
using testing::forbid_repetition;
using testing::open_gate;
using testing::Passage;
using testing::SimWorker;

constexpr int kSteps = 3;

class EngineFaults : public ::testing::TestWithParam<bool> {
 protected:
  static std::unique_ptr<EngineWorld> make_world() {
    auto world = std::make_unique<EngineWorld>(kSteps, GetParam());
    forbid_repetition(*world);
    world->submit();
    return world;
  }
  /// How many calls a worker makes for the whole task when nothing goes wrong.
  static size_t calls_of_a_clean_run() {
    const auto world = make_world();
    SimWorker worker(*world, "alone", open_gate);
    EXPECT_TRUE(world->finish(worker));
    expect_one_story(*world, TaskStatus::kCompleted);
    return worker.broker().calls().size();
  }
};

TEST_P(EngineFaults, AWorkerKilledAtAnyCallIsReplaced) {
  const size_t calls = calls_of_a_clean_run();
  for (size_t kill_at = 1; kill_at <= calls; ++kill_at) {
    SCOPED_TRACE("killed at call " + std::to_string(kill_at));
    const auto world = make_world();
    world->limits.commit_patience = Milliseconds(0);  // A dead worker tries nothing again.
    size_t call = 0;
    SimWorker victim(*world, "victim", [&](std::string_view) {
      return ++call >= kill_at ? Passage::kDead : Passage::kOpen;
    });
    victim.turn();
    SimWorker heir(*world, "heir", open_gate);
    EXPECT_TRUE(world->finish(heir));
    expect_one_story(*world, TaskStatus::kCompleted);
  }
}

TEST_P(EngineFaults, AWorkerThatSleptThroughItsLeaseWritesNothingAnyMore) {
  const size_t calls = calls_of_a_clean_run();
  for (size_t sleep_at = 1; sleep_at <= calls; ++sleep_at) {
    SCOPED_TRACE("asleep before call " + std::to_string(sleep_at));
    const auto world = make_world();
    SimWorker heir(*world, "heir", open_gate);
    size_t call = 0;
    SimWorker sleeper(*world, "sleeper", [&](std::string_view) {
      if (++call == sleep_at) {
        world->clock.advance(Milliseconds(60'000));
        EXPECT_TRUE(world->finish(heir));
      }
      return Passage::kOpen;
    });
    sleeper.turn();
    EXPECT_TRUE(world->finish(heir));
    const auto& made = sleeper.broker().calls();
    for (size_t i = sleep_at - 1; i < made.size(); ++i) {
      if (made[i].name == "commit" || made[i].name == "claim" || made[i].name == "renew") {
        EXPECT_FALSE(made[i].ok) << made[i].name;
      }
    }
    expect_one_story(*world, TaskStatus::kCompleted);
  }
}

TEST_P(EngineFaults, AReplyLostAtAnyCallNeitherLosesNorDoubles) {
  const size_t calls = calls_of_a_clean_run();
  for (size_t lost_at = 1; lost_at <= calls; ++lost_at) {
    SCOPED_TRACE("reply lost at call " + std::to_string(lost_at));
    const auto world = make_world();
    size_t call = 0;
    SimWorker worker(*world, "worker", [&](std::string_view) {
      return ++call == lost_at ? Passage::kReplyLost : Passage::kOpen;
    });
    EXPECT_TRUE(world->finish(worker));
    expect_one_story(*world, TaskStatus::kCompleted);
    // The lost answer of a commit costs no repetition of a step.
    EXPECT_EQ(world->runner.runs().size(), static_cast<size_t>(kSteps));
  }
}

TEST_P(EngineFaults, ABrokerThatIsAwayForAWhileCostsNothingButTime) {
  const size_t calls = calls_of_a_clean_run();
  for (size_t from = 1; from <= calls; ++from) {
    SCOPED_TRACE("away from call " + std::to_string(from));
    const auto world = make_world();
    size_t call = 0;
    SimWorker worker(*world, "worker", [&](std::string_view) {
      ++call;
      return call >= from && call < from + 3 ? Passage::kDead : Passage::kOpen;
    });
    EXPECT_TRUE(world->finish(worker));
    expect_one_story(*world, TaskStatus::kCompleted);
    EXPECT_EQ(world->runner.runs().size(), static_cast<size_t>(kSteps));
  }
}

TEST_P(EngineFaults, ACancelAtAnyCallEndsTheTaskOnce) {
  const size_t calls = calls_of_a_clean_run();
  for (size_t cancel_at = 1; cancel_at <= calls; ++cancel_at) {
    SCOPED_TRACE("cancelled before call " + std::to_string(cancel_at));
    const auto world = make_world();
    size_t call = 0;
    bool accepted = false;
    SimWorker* self = nullptr;
    SimWorker worker(*world, "worker", [&](std::string_view name) {
      if (++call == cancel_at) {
        accepted = world->signal(broker::SignalKind::kCancel).ok();
        if (self->keeper().mailbox() != nullptr && name != "renew") self->beat();
      }
      return Passage::kOpen;
    });
    self = &worker;
    EXPECT_TRUE(world->finish(worker));
    const TaskStatus status = world->stored().task.status;
    EXPECT_TRUE(status == TaskStatus::kCancelled || status == TaskStatus::kCompleted);
    expect_one_story(*world, status);
    EXPECT_EQ(world->count(types::kCancelled), status == TaskStatus::kCancelled ? 1U : 0U);
    EXPECT_TRUE(accepted || status == TaskStatus::kCompleted);
  }
}

TEST_P(EngineFaults, APauseAndAResumeAtAnyTwoCallsLeaveNoTaskBehind) {
  const size_t calls = calls_of_a_clean_run() + 6;
  for (size_t pause_at = 1; pause_at <= calls; ++pause_at) {
    for (size_t resume_at = pause_at; resume_at <= calls; ++resume_at) {
      SCOPED_TRACE("paused before call " + std::to_string(pause_at) + ", resumed before " +
                   std::to_string(resume_at));
      const auto world = make_world();
      size_t call = 0;
      bool resumed = false;
      SimWorker* self = nullptr;
      SimWorker worker(*world, "worker", [&](std::string_view) {
        ++call;
        if (call == pause_at) (void)world->signal(broker::SignalKind::kPause);
        if (call == resume_at) {
          (void)world->signal(broker::SignalKind::kResume);
          resumed = true;
        }
        if ((call == pause_at || call == resume_at) && self->keeper().mailbox() != nullptr) {
          ++call;  // The beat passes the gate too.
          self->beat();
        }
        return Passage::kOpen;
      });
      self = &worker;
      world->finish(worker, 10);
      if (!world->ended() && world->stored().task.status == TaskStatus::kPaused && !resumed) {
        EXPECT_TRUE(world->signal(broker::SignalKind::kResume).ok());
      }
      EXPECT_TRUE(world->finish(worker)) << to_string(world->stored().task.status);
      expect_one_story(*world, TaskStatus::kCompleted);
      EXPECT_EQ(world->runner.runs().size(), static_cast<size_t>(kSteps));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, EngineFaults, ::testing::Bool(),
                         [](const auto& mode) { return mode.param ? "Streaming" : "Batch"; });

}  // namespace
}  // namespace taskfeed::engine
