/// Makes the tasks of a run, and publishes into them.
///
///   --create FILE --redis URL --count T --agent A    T tasks; writes the file of topic_file.h
///        --history N --cursor-at K                   N events in each, readers resume after the
///        Kth
///   --topics FILE --spread T --events N --rate R     N events over the first T topics in turn,
///        --to redis --redis URL                      R a second (0: as fast as they are taken)
///        --to floor --feed unix:PATH
///        --batch B --tick-us U                       at most B at once, a look at least every U
///        --window W --readers N --progress FILE      never more than W events ahead of N readers
///        --seconds-max S
///
/// Ends with one line of JSON.
#include <algorithm>
#include <cstdio>
#include <memory>

#include <unistd.h>

#include "base/ids.h"
#include "bench/event_template.h"
#include "bench/outlets.h"
#include "bench/progress.h"
#include "bench/sockets.h"
#include "redis/redis_broker.h"

namespace taskfeed::bench {
namespace {

redis::Url redis_url(const Flags& flags) {
  auto url = redis::Url::parse(flags.text("redis"));
  if (!url) die(url.error().text);
  return *std::move(url);
}

Task new_task(IdSource& ids, const AgentId& agent) {
  return Task{.id = new_task_id(ids),
              .spec = {.agent = agent, .description = "bench", .user_id = "bench", .labels = {}},
              .created_at = SystemClock().wall(),
              .execution = {},
              .query = {},
              .streaming = {},
              .started_at = {},
              .completed_at = {},
              .result = {},
              .error = {},
              .last_event = {}};
}

void create(const Flags& flags) {
  const SystemClock clock;
  SystemIdSource ids(clock);
  const redis::Url url = redis_url(flags);
  redis::RedisBroker broker(url, clock, {});
  const auto agent = AgentId::parse(flags.text("agent"));
  if (!agent) die(agent.error().text);
  std::vector<TopicLine> topics(flags.number("count", 1));
  for (TopicLine& topic : topics) {
    const Task task = new_task(ids, *agent);
    if (auto made = broker.create(task); !made) die(made.error().text);
    topic.task = task.id.str();
  }
  RedisOutlet outlet(url, topics);
  EventTemplate event(*TaskId::parse(topics[0].task));
  const uint64_t history = flags.number("history", 0);
  const uint64_t cursor_at = flags.number("cursor-at", 0);
  uint64_t made = 0;
  for (uint32_t number = 0; number < topics.size(); ++number) {
    for (uint64_t seq = 1; seq <= history; ++seq) {
      const auto json = event.make(made++, topics[number].task, now_ns());
      outlet.add({number, event.tag(), kEventType, json});
      if (seq == cursor_at) {
        topics[number].cursor = std::to_string(seq) + "-" + std::to_string(event.tag());
      }
    }
    outlet.flush();
  }
  std::ofstream file(flags.text("create"));
  for (const TopicLine& topic : topics) {
    file << topic.task << ' ' << (topic.cursor.empty() ? "-" : topic.cursor) << '\n';
  }
  if (!file.flush()) die("cannot write the topics");
  std::printf("{\"created\":%zu,\"events\":%lu}\n", topics.size(), made);
}

class Publisher {
 public:
  explicit Publisher(const Flags& flags)
      : topics_(read_topics(flags.text("topics"), flags.number("spread", 1))),
        events_(flags.number("events", UINT64_MAX)),
        rate_(flags.number("rate", 0)),
        batch_(flags.number("batch", 16)),
        tick_us_(static_cast<useconds_t>(flags.number("tick-us", 200))),
        window_(flags.number("window", 0)),
        readers_(flags.number("readers", 1)),
        seconds_max_(flags.number("seconds-max", 60)),
        progress_(flags.text("progress")),
        event_(*TaskId::parse(topics_[0].task)) {
    if (flags.text("to") == "floor") {
      outlet_ = std::make_unique<FloorOutlet>(flags.text("feed"), topics_.size());
    } else {
      outlet_ = std::make_unique<RedisOutlet>(redis_url(flags), topics_);
    }
  }

  void run() {
    const uint64_t before = progress_.get();
    const uint64_t begin = now_ns();
    uint64_t now = begin;
    uint64_t late_max = 0;
    while (made_ < events_ && now - begin < seconds_max_ * 1'000'000'000) {
      const uint64_t due = rate_ == 0 ? events_ : due_by(now - begin);
      if (rate_ != 0) late_max = std::max(late_max, due - made_);
      const uint64_t count =
          std::min({due - made_, batch_, credit((progress_.get() - before) / readers_)});
      if (count == 0) {
        usleep(tick_us_);
      } else {
        publish(count);
      }
      now = now_ns();
    }
    const double seconds = static_cast<double>(now - begin) / 1e9;
    std::printf(
        "{\"events\":%lu,\"seconds\":%.3f,\"per_second\":%.0f,\"behind_max\":%lu,"
        "\"cpu_s\":%.3f}\n",
        made_, seconds, static_cast<double>(made_) / seconds, late_max, cpu_seconds());
  }

 private:
  uint64_t due_by(uint64_t elapsed_ns) const {
    const double due = static_cast<double>(elapsed_ns) * static_cast<double>(rate_) / 1e9;
    return std::min(events_, std::max(made_, static_cast<uint64_t>(due)));
  }
  /// How many more may be under way.
  uint64_t credit(uint64_t received) const {
    if (window_ == 0) return UINT64_MAX;
    const uint64_t under_way = made_ - std::min(made_, received);
    return window_ - std::min(window_, under_way);
  }

  void publish(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      const auto topic = static_cast<uint32_t>(made_ % topics_.size());
      const auto json = event_.make(made_++, topics_[topic].task, now_ns());
      outlet_->add({topic, event_.tag(), kEventType, json});
    }
    outlet_->flush();
  }

  const std::vector<TopicLine> topics_;
  const uint64_t events_;
  const uint64_t rate_;
  const uint64_t batch_;
  const useconds_t tick_us_;
  const uint64_t window_;
  const uint64_t readers_;
  const uint64_t seconds_max_;
  Progress progress_;
  EventTemplate event_;
  std::unique_ptr<Outlet> outlet_;
  uint64_t made_ = 0;
};

}  // namespace
}  // namespace taskfeed::bench

int main(int count, char** words) {
  using namespace taskfeed::bench;
  const Flags flags(count, words);
  if (!flags.text("create", "").empty()) {
    create(flags);
  } else {
    Publisher(flags).run();
  }
  return 0;
}
