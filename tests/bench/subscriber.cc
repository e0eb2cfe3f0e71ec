/// A bare SUBSCRIBE client: what the latency of the daemon's readers is held against.
///
///   --redis SOCKET_PATH --topics FILE --spread T    the live channels of the first T topics
///
/// Prints `ready` once all are acknowledged; `finish EVENTS QUIET_MS` on stdin as in readers.cc.
/// The last line is one of JSON.
#include <cstdio>
#include <cstring>
#include <memory>

#include <hiredis/hiredis.h>
#include <poll.h>
#include <unistd.h>

#include "bench/flags.h"
#include "bench/samples.h"
#include "bench/sockets.h"
#include "bench/topic_file.h"

namespace taskfeed::bench {
namespace {

constexpr char kSentKey[] = "\"sent_ns\":";

struct Reply {
  explicit Reply(void* reply) : held(static_cast<redisReply*>(reply)) {}
  ~Reply() { freeReplyObject(held); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  redisReply* held;
};

class Subscriber {
 public:
  explicit Subscriber(const Flags& flags)
      : context_(redisConnectUnix(flags.text("redis").c_str()), redisFree) {
    if (context_ == nullptr || context_->err != 0) die("cannot connect to Redis");
    const uint64_t spread = flags.number("spread", 1);
    for (const TopicLine& topic : read_topics(flags.text("topics"), spread)) {
      redisAppendCommand(context_.get(), "SUBSCRIBE taskfeed:{%s}:live", topic.task.c_str());
    }
    for (uint64_t i = 0; i < spread; ++i) {
      void* reply = nullptr;
      if (redisGetReply(context_.get(), &reply) != REDIS_OK) die("SUBSCRIBE was not acknowledged");
      freeReplyObject(reply);
    }
    std::printf("ready\n");
    std::fflush(stdout);
  }

  void run() {
    pollfd wait[2] = {{STDIN_FILENO, POLLIN, 0}, {context_->fd, POLLIN, 0}};
    uint64_t heard_ns = now_ns();
    while (events_ < events_awaited_) {
      poll(wait, 2, 100);
      if (wait[0].revents != 0 && !read_order()) break;
      if ((wait[1].revents & POLLIN) != 0) {
        take();
        heard_ns = now_ns();
      }
      if (now_ns() - heard_ns > quiet_ns_) break;
    }
    std::printf("{\"events\":%lu,\"cpu_s\":%.3f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
                events_, cpu_seconds(), samples_.at(0.5), samples_.at(0.99), samples_.at(1));
  }

 private:
  void take() {
    if (redisBufferRead(context_.get()) != REDIS_OK) die("the connection to Redis broke");
    for (;;) {
      void* next = nullptr;
      if (redisGetReplyFromReader(context_.get(), &next) != REDIS_OK) die("no RESP");
      if (next == nullptr) return;
      const Reply reply(next);
      ++events_;
      if (reply.held->elements != 3) continue;
      const char* sent = std::strstr(reply.held->element[2]->str, kSentKey);
      if (sent == nullptr) continue;
      samples_.add_ns(now_ns() - std::strtoull(sent + sizeof kSentKey - 1, nullptr, 10));
    }
  }

  bool read_order() {
    char line[128] = {};
    unsigned long quiet_ms = 0;
    if (read(STDIN_FILENO, line, sizeof line - 1) <= 0) return false;
    if (std::sscanf(line, "finish %lu %lu", &events_awaited_, &quiet_ms) == 2) {
      quiet_ns_ = quiet_ms * 1'000'000;
    }
    return true;
  }

  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
  uint64_t events_ = 0;
  uint64_t events_awaited_ = UINT64_MAX;
  uint64_t quiet_ns_ = 120'000'000'000;
  Samples samples_;
};

}  // namespace
}  // namespace taskfeed::bench

int main(int count, char** words) {
  taskfeed::bench::Subscriber subscriber(taskfeed::bench::Flags(count, words));
  subscriber.run();
  return 0;
}
