/// Thousands of SSE readers in one process, on one thread.
///
///   --address ADDRESS --topics FILE --prefix PATH   topics of the file, at
///   PATH<task>/events/stream
///   --streams N --spread T                          N readers over the first T topics
///   --latency-every K                               one in K deliveries is timed
///   --progress FILE                                 see progress.h
///   --storm BEHIND                                  each comes with its topic's cursor, all
///   connect
///                                                   at once; done when all are BEHIND events
///                                                   further
///
/// Prints `ready JSON` once every stream is open; then `finish DELIVERIES QUIET_MS` on stdin makes
/// it end when so many came, or none for so long. The last line is one of JSON.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <deque>
#include <optional>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/flags.h"
#include "bench/progress.h"
#include "bench/sockets.h"
#include "bench/stream_check.h"
#include "bench/topic_file.h"

namespace taskfeed::bench {
namespace {

constexpr uint64_t kStdin = UINT64_MAX;
constexpr size_t kConnectingMax = 512;  // At a time, but in a storm.
constexpr uint64_t kGiveUpNs = 120'000'000'000;

struct Reader {
  enum class State : uint8_t { kConnecting, kAsking, kOpen, kClosed };
  int socket = -1;
  State state = State::kConnecting;
  bool caught_up = false;
  uint32_t topic = 0;
  StreamCheck check;
};

class Readers {
 public:
  explicit Readers(const Flags& flags)
      : address_(flags.text("address")),
        prefix_(flags.text("prefix")),
        topics_(read_topics(flags.text("topics"), flags.number("spread", 1))),
        behind_(flags.number("storm", 0)),
        streams_(flags.number("streams", 1)),
        progress_(flags.text("progress")),
        buffer_(256 * 1024) {
    if (topics_.size() < flags.number("spread", 1)) die("too few topics in the file");
    tally_.latency_every = flags.number("latency-every", 1);
    poll_.add(STDIN_FILENO, kStdin);
  }

  void run() {
    begin_ns_ = now_ns();
    uint64_t heard_ns = begin_ns_;
    uint64_t heard = 0;
    while (!done()) {
      connect_more();
      take_turn();
      const uint64_t now = now_ns();
      progress_.set(tally_.deliveries);
      if (const uint64_t all = tally_.deliveries + tally_.opened; all != heard) {
        heard = all;
        heard_ns = now;
      }
      if (!ready_ && tally_.opened >= streams_) tell_ready(now);
      const uint64_t patience = finish_ ? finish_->quiet_ns : kGiveUpNs;
      if (now - heard_ns > patience) break;
    }
    print();
  }

 private:
  struct Finish {
    uint64_t deliveries = 0;
    uint64_t quiet_ns = 0;
  };

  bool done() const {
    if (behind_ != 0) return caught_up_ == streams_;
    return left_ || (finish_ && tally_.deliveries >= finish_->deliveries);
  }

  void connect_more() {
    const size_t at_once = behind_ != 0 ? streams_ : kConnectingMax;
    while (readers_.size() < streams_ && readers_.size() - tally_.opened < at_once) {
      const auto number = static_cast<uint32_t>(readers_.size());
      const auto topic = static_cast<uint32_t>(number % topics_.size());
      const std::string& cursor = topics_[topic].cursor;
      const uint64_t seq = behind_ != 0 ? std::strtoull(cursor.c_str(), nullptr, 10) : 0;
      const int socket = begin_connect(address_, number);
      reset_on_close(socket);
      readers_.push_back({.socket = socket, .topic = topic, .check = StreamCheck(seq)});
      poll_.add(socket, number, Poll::For::kWriting);
    }
  }

  void take_turn() {
    epoll_event events[512];
    const int count = epoll_wait(poll_.fd(), events, 512, 100);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 == kStdin) {
        read_order();
      } else {
        handle(readers_[events[i].data.u64], events[i].data.u64);
      }
    }
  }

  void handle(Reader& reader, uint64_t number) {
    if (reader.state == Reader::State::kConnecting) {
      ask(reader);
      poll_.change(reader.socket, number, false);
      return;
    }
    const ssize_t size = recv(reader.socket, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      ++tally_.closed;
      reader.state = Reader::State::kClosed;
      close(reader.socket);
      return;
    }
    reader.check.feed({buffer_.data(), static_cast<size_t>(size)}, tally_);
    if (behind_ != 0 && !reader.caught_up) look_whether_caught_up(reader);
  }

  void ask(Reader& reader) {
    reader.state = Reader::State::kAsking;
    const TopicLine& topic = topics_[reader.topic];
    std::string head = "GET " + prefix_ + topic.task +
                       "/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                       "Accept: text/event-stream\r\n";
    if (behind_ != 0) head += "Last-Event-ID: " + topic.cursor + "\r\n";
    head += "\r\n";
    const ssize_t sent = send(reader.socket, head.data(), head.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(head.size())) die("a reader could not connect and ask");
  }

  void look_whether_caught_up(Reader& reader) {
    const uint64_t start = std::strtoull(topics_[reader.topic].cursor.c_str(), nullptr, 10);
    if (reader.check.last_seq() < start + behind_) return;
    reader.caught_up = true;
    ++caught_up_;
    catching_up_.add_ns(now_ns() - begin_ns_);
  }

  void read_order() {
    char line[128] = {};
    const ssize_t size = read(STDIN_FILENO, line, sizeof line - 1);
    unsigned long deliveries = 0;
    unsigned long quiet_ms = 0;
    if (size <= 0) {
      left_ = true;  // Whoever started us is gone.
    } else if (std::sscanf(line, "finish %lu %lu", &deliveries, &quiet_ms) == 2) {
      finish_ = Finish{deliveries, quiet_ms * 1'000'000};
    }
  }

  void tell_ready(uint64_t now) {
    ready_ = true;
    std::printf("ready {\"opened\":%lu,\"seconds\":%.3f}\n", tally_.opened,
                static_cast<double>(now - begin_ns_) / 1e9);
    std::fflush(stdout);
  }

  void print() {
    std::printf(
        "{\"deliveries\":%lu,\"missing\":%lu,\"repeated\":%lu,\"disordered\":%lu,"
        "\"gaps\":%lu,\"opened\":%lu,\"refused\":%lu,\"closed\":%lu,\"cpu_s\":%.3f,",
        tally_.deliveries, tally_.missing, tally_.repeated, tally_.disordered, tally_.gaps,
        tally_.opened, tally_.refused, tally_.closed, cpu_seconds());
    std::printf("\"samples\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f,",
                tally_.latency.size(), tally_.latency.at(0.5), tally_.latency.at(0.99),
                tally_.latency.at(1));
    std::printf("\"caught_up\":%zu,\"caught_up_p50_s\":%.3f,\"caught_up_all_s\":%.3f}\n",
                caught_up_, catching_up_.at(0.5) / 1e6, catching_up_.at(1) / 1e6);
  }

  const std::string address_;
  const std::string prefix_;
  const std::vector<TopicLine> topics_;
  const uint64_t behind_;
  const size_t streams_;
  Progress progress_;
  std::vector<char> buffer_;
  Poll poll_;
  std::deque<Reader> readers_;
  Tally tally_;
  Samples catching_up_;
  size_t caught_up_ = 0;
  std::optional<Finish> finish_;
  bool ready_ = false;
  bool left_ = false;
  uint64_t begin_ns_ = 0;
};

}  // namespace
}  // namespace taskfeed::bench

int main(int count, char** words) {
  using namespace taskfeed::bench;
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  Readers readers(Flags(count, words));
  readers.run();
  return 0;
}
