// A reader of many tasks that is cut off after any frame, and comes back with the id that it had.
#include <random>

#include <gtest/gtest.h>

#include "broker/registry.h"
#include "support/hub_world.h"
#include "support/many_reader_sink.h"
#include "support/redis_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;

/// One history, told the same way each time: tasks come, speak and end, in steps.
class Story {
 public:
  Story(HubWorld& world, uint32_t seed) : world_(world), random_(seed) {}

  void step() {
    switch (random_() % 6) {
      case 0:
        create();
        break;
      case 1:
        if (!open_.empty()) finish(random_() % open_.size());
        break;
      case 2:
        world_.pass(Milliseconds(700));
        break;
      default:
        if (!open_.empty()) say(open_[random_() % open_.size()], types::kProgress);
    }
    if (random_() % 3 == 0) world_.settle();
  }
  void create() {
    const std::string id = "t" + std::to_string(told.size());
    TF_ASSERT(world_.broker.create(a_task(id)).ok());
    told[id] = 0;
    open_.push_back(id);
  }
  void end_all() {
    while (!open_.empty()) finish(0);
  }

  std::map<std::string, uint64_t> told;  ///< How many events each task has.

 private:
  void say(const std::string& id, std::string_view type) {
    const Uuid event = uuid_with_tag(++tags_);
    const EncodedEvent encoded{event, std::string(type),
                               "{\"event_id\":\"" + event.str() + "\",\"task_id\":\"" + id + "\"}"};
    TF_ASSERT(world_.broker.append(task(id), std::span(&encoded, 1), {}).ok());
    ++told[id];
  }
  void finish(size_t at) {
    say(open_[at], types::kCompleted);
    open_.erase(open_.begin() + static_cast<ptrdiff_t>(at));
  }

  HubWorld& world_;
  std::mt19937 random_;
  std::vector<std::string> open_;
  uint32_t tags_ = 0;
};

/// Where the client stands between connections.
struct Client {
  ManyCursor place;
  std::map<std::string, std::vector<uint64_t>> seqs;
  size_t connections = 0;
};

void read_on(Client& client, const ManyReaderSink& sink) {
  for (const auto& [id, seqs] : sink.seqs) {
    // Within a connection each task's events come in their order, without a hole or a repeat.
    for (size_t at = 1; at < seqs.size(); ++at) EXPECT_EQ(seqs[at], seqs[at - 1] + 1) << id;
    std::vector<uint64_t>& known = client.seqs[id];
    if (!known.empty() && !seqs.empty()) {
      EXPECT_LE(seqs.front(), known.back() + 1) << id << ": a hole between two connections";
    }
    known.insert(known.end(), seqs.begin(), seqs.end());
  }
  if (const auto place = sink.place()) client.place = *place;
  ++client.connections;
}

/// Cut after `frames` frames of each connection; how many it took.
void tell(uint32_t seed, size_t frames, bool lossy) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", cut after " + std::to_string(frames));
  Limits limits;
  limits.many_tasks_max = 5;
  HubWorld world(limits);
  if (lossy) {
    world.feed.passage = [count = 0u](const TaskId&, const Cursor&) mutable {
      using Passage = broker::MemoryFeed::Passage;
      return ++count % 5 == 0 ? Passage::kDrop
             : count % 7 == 0 ? Passage::kRepeat
                              : Passage::kDeliver;
    };
  }
  Story story(world, seed);
  Client client;
  client.place.mark = TaskSelection().mark();
  auto sink = std::make_unique<ManyReaderSink>();
  const auto connect = [&] {
    sink = std::make_unique<ManyReaderSink>();
    sink->cut_after = frames;
    sink->reader =
        world.hub
            .subscribe_many(
                {.selection = {}, .from = client.place, .replay = sse::Replay::kComplete}, *sink)
            .value();
  };
  const auto disconnect = [&] {
    if (sink->reader != nullptr) world.hub.unsubscribe(std::exchange(sink->reader, nullptr));
    read_on(client, *sink);
  };
  connect();
  for (int steps = 0; steps < 60; ++steps) {
    // Redis goes away now and then, while tasks go on elsewhere.
    if (lossy && steps % 9 == 4) world.feed.lose();
    if (lossy && steps % 9 == 6) world.feed.restore();
    story.step();
    if (sink->frames < frames) continue;
    disconnect();
    if (steps % 4 == 0) story.step();  // While it is away.
    connect();
  }
  disconnect();
  if (lossy) world.feed.restore();
  story.end_all();
  frames = SIZE_MAX;
  connect();
  for (int turns = 0; turns < 20; ++turns) world.pass();
  disconnect();
  for (const auto& [id, count] : story.told) {
    std::set<uint64_t> seqs(client.seqs[id].begin(), client.seqs[id].end());
    EXPECT_EQ(seqs.size(), count) << id << ": events are lost";
  }
  EXPECT_TRUE(client.place.open.empty());
}

TEST(ManyResume, LosesNothingWhereverItIsCut) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    for (size_t frames = 2; frames <= 14; ++frames) tell(seed, frames, false);
  }
}

TEST(ManyResume, LosesNothingWhereThePublishesAreLostAndRepeated) {
  for (uint32_t seed = 100; seed <= 108; ++seed) {
    for (size_t frames = 2; frames <= 14; frames += 3) tell(seed, frames, true);
  }
}

TEST(ManyResume, RepeatsOnlyWhatCameAfterTheLastId) {
  HubWorld world;
  Story story(world, 1);
  story.create();
  ManyReaderSink sink;
  sink.reader = world.hub.subscribe_many({.selection = {}, .from = {}}, sink).value();
  world.settle();
  for (int i = 0; i < 200; ++i) {
    story.step();
    world.settle();
    const ManyCursor place = sink.place().value();
    ManyReaderSink again;
    again.reader = world.hub.subscribe_many({.selection = {}, .from = place}, again).value();
    world.settle();
    for (const auto& [id, seqs] : again.seqs) {
      const auto at = place.open.find(task(id));
      const uint64_t known = at == place.open.end() ? 0 : at->second.seq;
      EXPECT_EQ(seqs.front(), known + 1) << id;
    }
    world.hub.unsubscribe(again.reader);
  }
}

}  // namespace
}  // namespace taskfeed::hub
