/// A hub, its feed and many readers, and under a seed: lost and repeated deliveries, connections
/// that break, trimmed and lost history, slow readers and readers that come and go, all mixed. A
/// seed that fails is printed and repeats (seeds.h).
#include <random>

#include <gtest/gtest.h>

#include "sim/seeds.h"
#include "support/hub_oracle.h"
#include "support/hub_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using FeedPassage = broker::MemoryFeed::Passage;

constexpr size_t kTasks = 3;
constexpr size_t kReaders = 9;

class Chaos {
 public:
  explicit Chaos(uint64_t seed)
      : random_(seed), forgetful_(seed % 3 == 0), world_(limits()), readers_(kReaders) {
    world_.feed.passage = [this](const TaskId&, const Cursor&) { return passage(); };
    for (size_t at = 0; at < kTasks; ++at) {
      for (size_t count = pick(12); count > 0; --count) publish(at);
    }
  }

  void run() {
    for (int turn = 0; turn < 400 && complaint().empty(); ++turn) step();
    make_peace();
    EXPECT_EQ(complaint(), "");
  }

 private:
  struct Reader {
    size_t task = 0;
    std::unique_ptr<Witness> witness;
  };

  size_t pick(size_t below) { return random_() % below; }
  bool chance(size_t one_in) { return pick(one_in) == 0; }
  static TaskId task_at(size_t at) { return task("t" + std::to_string(at)); }

  /// Everything is small, so that every limit is met.
  Limits limits() {
    Limits limits;
    limits.ring_frames_max = 1 + pick(6);
    limits.ring_bytes_max = 300 + pick(2'000);
    limits.ring_bytes_total_max = 600 + pick(4'000);
    limits.held_frames_max = 1 + pick(4);
    limits.reads_max = 1 + pick(3);
    limits.catch_up_frames_max = 4 + pick(40);
    limits.sink_pending_bytes_max = 400 + pick(4'000);
    limits.watched_max = 1 + pick(3);
    limits.linger_interval = Milliseconds(pick(8'000));
    return limits;
  }
  StreamOptions options(size_t at) {
    StreamOptions options;
    if (chance(4)) options.include_history = false;
    if (chance(5)) options.history_newest = pick(6);
    if (chance(3)) options.filter = TypeFilter::parse("Rare,WorkflowCompleted", "").value();
    if (chance(4)) options.event_names = false;
    if (chance(8)) options.after = Cursor{1 + pick(10), 0xFFFF'0000};  // Nobody's tag.
    if (chance(4) && truths_[at].last().seq > 0) options.after = truths_[at].last();
    return options;
  }

  void step() {
    const size_t at = pick(kTasks);
    switch (pick(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        for (size_t count = 1 + pick(chance(8) ? 30 : 3); count > 0; --count) publish(at);
        return;
      case 4:
      case 5:
        for (size_t count = 1 + pick(5); count > 0; --count) world_.feed.pump_one();
        return;
      case 6:
      case 7:
        world_.hub.tick();
        return;
      case 8:
        world_.clock.advance(Milliseconds(pick(1'500)));
        world_.hub.tick();
        return;
      case 9:
        return change_connection();
      case 10:
      case 11:
        return change_reader(readers_[pick(kReaders)]);
      case 12:
        return change_speed(readers_[pick(kReaders)]);
      case 13:
        return trim(at);
      case 14:
        if (forgetful_ && chance(6)) lose_everything();
        return;
      default:
        if (chance(12)) publish(at, types::kCompleted);
    }
  }

  FeedPassage passage() {
    // Where the store loses its history and the feed loses an event of the new one, on a connection
    // that never broke, no reader can tell: never both under one seed.
    if (!forgetful_ && chance(6)) return FeedPassage::kDrop;
    return chance(6) ? FeedPassage::kRepeat : FeedPassage::kDeliver;
  }

  void publish(size_t at) { publish(at, chance(4) ? "Rare" : "Note"); }
  void publish(size_t at, std::string_view type) {
    if (truths_[at].ended()) return;
    truths_[at].append(world_.append(task_at(at), 1, type, 20 + pick(200)), type);
  }
  void change_connection() {
    if (!std::exchange(connected_, !connected_)) return world_.feed.restore();
    world_.feed.lose();
  }
  void change_reader(Reader& reader) {
    Witness* const witness = reader.witness.get();
    if (witness != nullptr && witness->subscription != nullptr) {
      world_.hub.unsubscribe(witness->subscription);
      witness->subscription = nullptr;
    }
    const bool over = witness != nullptr && witness->close_reason == CloseReason::kEnded;
    if (witness == nullptr || over || chance(4)) {
      reader.task = pick(kTasks);
      reader.witness = std::make_unique<Witness>(truths_[reader.task], options(reader.task));
    } else {
      witness->comes_back();
    }
    subscribe(reader);
  }
  void subscribe(Reader& reader) {
    Witness& witness = *reader.witness;
    witness.subscription =
        world_.hub.subscribe(task_at(reader.task), witness.options(), witness).value();
  }
  static void change_speed(Reader& reader) {
    if (!reader.witness) return;
    reader.witness->stalled = !reader.witness->stalled;
    if (!reader.witness->stalled) reader.witness->pending = 0;
  }
  void trim(size_t at) {
    Truth& truth = truths_[at];
    if (truth.last().seq == 0) return;
    const uint64_t before = 1 + pick(truth.last().seq + (chance(9) ? 1 : 0));
    world_.broker.trim_before(task_at(at), before);
    truth.trim_before(before);
  }
  void lose_everything() {
    // What was published has arrived long before a new history could be as long as the old one.
    world_.feed.pump();
    world_.broker.lose_everything();
    for (Truth& truth : truths_) truth.lose_everything();
  }

  void make_peace() {
    if (!connected_) world_.feed.restore();
    for (Reader& reader : readers_) {
      if (!reader.witness) continue;
      reader.witness->stalled = false;
      reader.witness->pending = 0;
      if (reader.witness->close_reason != CloseReason::kSlow) continue;
      reader.witness->comes_back();
      subscribe(reader);
    }
    // The watch looks at some topics in each second, and one look finds what the last left over.
    for (int second = 0; second < 12; ++second) world_.pass();
    for (Reader& reader : readers_) {
      if (reader.witness) reader.witness->expect_caught_up();
    }
  }
  std::string complaint() const {
    for (const Reader& reader : readers_) {
      if (reader.witness && !reader.witness->complaint().empty())
        return reader.witness->complaint();
    }
    return {};
  }

  std::mt19937_64 random_;
  const bool forgetful_;  ///< The store may lose everything.
  std::array<Truth, kTasks> truths_;
  HubWorld world_;
  std::vector<Reader> readers_;
  bool connected_ = true;
};

TEST(HubChaos, LeavesNoReaderASilentHoleUnderAnySeed) {
  for_every_seed(600, [](uint64_t seed) { Chaos(seed).run(); });
}

}  // namespace
}  // namespace taskfeed::hub
