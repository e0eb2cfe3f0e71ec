/// Two workers, and under a seed: lost replies, a broker that is away, workers that sleep through
/// their lease, cancels, pauses and resumes, all mixed. A seed that fails is printed and repeats
/// (seeds.h).
#include <random>

#include <gtest/gtest.h>

#include "sim/engine_oracle.h"
#include "sim/seeds.h"

namespace taskfeed::engine {
namespace {

using testing::EngineWorld;
using testing::Gate;
using testing::Passage;
using testing::SimWorker;

class Chaos {
 public:
  explicit Chaos(uint64_t seed)
      : random_(seed),
        world_(3, seed % 2 == 0),
        first_(make("first", 0)),
        second_(make("second", 1)) {
    workers_ = {&first_, &second_};
    world_.limits.commit_patience = Milliseconds(5'000);
    testing::forbid_repetition(world_);
    for (int step = 0; step < 3; ++step) {
      if (chance(4)) world_.runner.script(step, 1, {.outputs = 1, .throws = "chaos"});
    }
    world_.submit();
  }

  void run() {
    for (int turn = 0; turn < 300 && !world_.ended(); ++turn) {
      if (turn > 100) faults_left_ = 0;  // In the end, peace.
      if (!workers_[pick(2)]->turn()) world_.clock.advance(Milliseconds(5'000));
      if (faults_left_ == 0 && world_.stored().task.status == TaskStatus::kPaused) {
        (void)world_.signal(broker::SignalKind::kResume);
      }
    }
    EXPECT_TRUE(world_.ended()) << to_string(world_.stored().task.status);
    testing::expect_one_story(world_, world_.stored().task.status);
  }

 private:
  SimWorker make(const char* name, size_t self) {
    return SimWorker(world_, name, [this, self](std::string_view) { return passage(self); });
  }
  uint32_t pick(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  bool chance(uint32_t one_in) { return pick(one_in) == 0; }

  Passage passage(size_t self) {
    if (away_[self] > 0) {
      --away_[self];
      return Passage::kDead;
    }
    if (faults_left_ == 0 || !chance(6)) return Passage::kOpen;
    --faults_left_;
    switch (pick(7)) {
      case 0:
        return Passage::kReplyLost;
      case 1:
        away_[self] = pick(12);
        return Passage::kDead;
      case 2:
        world_.clock.advance(Milliseconds(pick(40'000)));
        return Passage::kOpen;
      case 3:
        sleep_while_the_other_works(1 - self);
        return Passage::kOpen;
      case 4:
        signal(self, chance(4) ? broker::SignalKind::kCancel : broker::SignalKind::kPause);
        return Passage::kOpen;
      case 5:
        signal(self, broker::SignalKind::kPause);
        return Passage::kOpen;
      default:
        signal(self, broker::SignalKind::kResume);
        return Passage::kOpen;
    }
  }

  void sleep_while_the_other_works(size_t other) {
    if (nested_) return;
    nested_ = true;
    world_.clock.advance(Milliseconds(16'000));
    for (uint32_t i = pick(3); i > 0; --i) workers_[other]->turn();
    nested_ = false;
  }

  void signal(size_t self, broker::SignalKind kind) {
    (void)world_.signal(kind);
    SimWorker& worker = *workers_[self];
    if (worker.keeper().mailbox() != nullptr && chance(2)) worker.beat();
  }

  std::mt19937_64 random_;
  EngineWorld world_;
  SimWorker first_;
  SimWorker second_;
  std::array<SimWorker*, 2> workers_{};
  std::array<uint32_t, 2> away_{};
  uint32_t faults_left_ = 25;
  bool nested_ = false;
};

TEST(EngineChaos, EndsInOneStoryUnderEverySeed) {
  testing::for_every_seed(300, [](uint64_t seed) { Chaos(seed).run(); });
}

}  // namespace
}  // namespace taskfeed::engine
