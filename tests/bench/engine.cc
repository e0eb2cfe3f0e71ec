/// Tasks of an empty agent (one step, the program `true`), created and executed here, carried out
/// by workers elsewhere.
///
///   --redis URL --socket PATH --tasks N --rate R    R executions a second; 0: as fast as they go
///
/// Prints `created`, and begins with a line on stdin. Then one line of JSON: tasks a second from
/// the first execute to the last completion, and the time from execute to WorkflowStarted and to
/// WorkflowCompleted as a subscriber sees them.
#include <cstdio>
#include <unordered_map>

#include <hiredis/hiredis.h>
#include <poll.h>

#include "bench/flags.h"
#include "bench/samples.h"
#include "bench/sockets.h"
#include "engine/local_engine.h"
#include "event/event_type.h"
#include "redis/redis_broker.h"
#include "service/task_service.h"

namespace taskfeed::bench {
namespace {

constexpr uint64_t kQuietNs = 20'000'000'000;

template <class T>
T expect(Result<T> result) {
  if (!result) die(result.error().text);
  return *std::move(result);
}

/// Hears the events of every task there is.
class Listener {
 public:
  explicit Listener(const std::string& socket) : context_(redisConnectUnix(socket.c_str())) {
    if (context_ == nullptr || context_->err != 0) die("cannot connect to Redis");
    freeReplyObject(redisCommand(context_, "PSUBSCRIBE taskfeed:*:live"));
  }
  ~Listener() { redisFree(context_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Calls `hear(channel, type)` for what has come, or comes within `wait_ms`.
  template <class Hear>
  void take(int wait_ms, Hear hear) {
    pollfd wait{context_->fd, POLLIN, 0};
    if (poll(&wait, 1, wait_ms) != 1) return;
    if (redisBufferRead(context_) != REDIS_OK) die("the connection to Redis broke");
    for (void* next = nullptr;; freeReplyObject(next)) {
      next = nullptr;
      if (redisGetReplyFromReader(context_, &next) != REDIS_OK) die("no RESP");
      if (next == nullptr) return;
      const auto* reply = static_cast<const redisReply*>(next);
      if (reply->elements != 4) continue;
      const std::string_view live(reply->element[3]->str, reply->element[3]->len);
      const size_t type = live.find(' ') + 1;
      hear(std::string_view(reply->element[2]->str, reply->element[2]->len),
           live.substr(type, live.find(' ', type) - type));
    }
  }

 private:
  redisContext* context_;
};

class Engine {
 public:
  explicit Engine(const Flags& flags)
      : ids_(clock_),
        broker_(expect(redis::Url::parse(flags.text("redis"))), clock_, {}),
        engine_(broker_, broker_, broker_, ids_, clock_),
        service_({broker_, broker_, broker_, engine_, ids_, clock_}),
        listener_(flags.text("socket")),
        rate_(flags.number("rate", 0)) {
    const AgentId agent = expect(AgentId::parse("empty"));
    runner::AgentConfig config{.id = agent, .steps = {{.name = "nothing", .argv = {"true"}}}};
    if (auto put = service_.put_agent(config); !put) die(put.error().text);
    for (uint64_t i = 0; i < flags.number("tasks", 100); ++i) {
      tasks_.push_back(expect(service_.create({.agent = agent, .description = "x"})).id);
    }
    std::printf("created\n");
    std::fflush(stdout);
    char line[16];
    if (std::fgets(line, sizeof line, stdin) == nullptr) die("nobody said to begin");
  }

  void run() {
    const uint64_t trips_before = broker_.round_trips();
    const uint64_t begin = now_ns();
    heard_ns_ = begin;
    while (ended_ < tasks_.size() && now_ns() - heard_ns_ < kQuietNs) {
      const uint64_t due = rate_ == 0 ? tasks_.size() : (now_ns() - begin) * rate_ / 1'000'000'000;
      const bool is_due = executed_ < std::min<uint64_t>(due, tasks_.size());
      if (is_due) execute_next();
      listen(is_due ? 0 : 1);
    }
    const double seconds = static_cast<double>(heard_ns_ - begin) / 1e9;
    std::printf(
        "{\"tasks\":%zu,\"completed\":%zu,\"tasks_per_s\":%.1f,\"started_p50_us\":%.0f,"
        "\"started_p99_us\":%.0f,\"completed_p50_us\":%.0f,\"completed_p99_us\":%.0f,"
        "\"execute_round_trips\":%.2f}\n",
        tasks_.size(), completed_, static_cast<double>(ended_) / seconds, started_.at(0.5),
        started_.at(0.99), whole_.at(0.5), whole_.at(0.99),
        static_cast<double>(broker_.round_trips() - trips_before) /
            static_cast<double>(tasks_.size()));
  }

 private:
  void execute_next() {
    const TaskId& task = tasks_[executed_++];
    executed_at_["taskfeed:{" + task.str() + "}:live"] = now_ns();
    expect(service_.execute(task, {}));
  }

  void listen(int wait_ms) {
    listener_.take(wait_ms, [this](std::string_view channel, std::string_view type) {
      const auto found = executed_at_.find(std::string(channel));
      if (found == executed_at_.end()) return;
      heard_ns_ = now_ns();
      if (type == "WorkflowStarted") started_.add_ns(heard_ns_ - found->second);
      if (!is_terminal(type)) return;
      whole_.add_ns(heard_ns_ - found->second);
      ++ended_;
      if (type == "WorkflowCompleted") ++completed_;
    });
  }

  const SystemClock clock_;
  SystemIdSource ids_;
  redis::RedisBroker broker_;
  engine::LocalEngine engine_;
  service::TaskService service_;
  Listener listener_;
  const uint64_t rate_;
  std::vector<TaskId> tasks_;
  std::unordered_map<std::string, uint64_t> executed_at_;  // By live channel.
  Samples started_;
  Samples whole_;
  size_t executed_ = 0;
  size_t ended_ = 0;
  size_t completed_ = 0;
  uint64_t heard_ns_ = 0;
};

}  // namespace
}  // namespace taskfeed::bench

int main(int count, char** words) {
  using namespace taskfeed::bench;
  Engine engine{Flags(count, words)};
  engine.run();
  return 0;
}
