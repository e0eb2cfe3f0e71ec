/// A bare SUBSCRIBE client: what the latency of the daemon's readers is held against.
///
///   --redis SOCKET_PATH --topics FILE --spread T    the live channels of the first T topics
///
/// Prints `ready` once all are acknowledged; `finish EVENTS QUIET_MS` on stdin as in readers.cc.
/// The last line is one of JSON.
#include <cstdio>
#include <cstring>

#include <poll.h>
#include <unistd.h>

#include "bench/flags.h"
#include "bench/live_channels.h"
#include "bench/samples.h"
#include "bench/sockets.h"
#include "bench/topic_file.h"

namespace taskfeed::bench {
namespace {

constexpr char kSentKey[] = "\"sent_ns\":";

class Subscriber {
 public:
  explicit Subscriber(const Flags& flags)
      : channels_(flags.text("redis"),
                  read_topics(flags.text("topics"), flags.number("spread", 1))) {
    std::printf("ready\n");
    std::fflush(stdout);
  }

  void run() {
    pollfd wait[2] = {{STDIN_FILENO, POLLIN, 0}, {channels_.fd(), POLLIN, 0}};
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
    channels_.read([this](std::string_view, std::string_view message) {
      ++events_;
      const char* sent = std::strstr(message.data(), kSentKey);
      if (sent == nullptr) return;
      samples_.add_ns(now_ns() - std::strtoull(sent + sizeof kSentKey - 1, nullptr, 10));
    });
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

  LiveChannels channels_;
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
