/// The floor: what the kernel asks for a delivery, with next to nothing around it.
///
/// An epoll server that speaks just enough HTTP to take the same readers as the daemon, and copies
/// frames that arrive ready-made over a unix socket (outlets.h) to the sockets of their topic: in
/// mode `each` with one write per frame and socket, in mode `gathered` with one write per socket
/// for all that a turn brought. No history, no cursors, no limits, no timers.
///
///   --listen ADDRESS --feed unix:PATH --topics FILE --mode each|gathered
///   --listen ADDRESS --redis SOCKET_PATH --topics FILE --mode each      the least relay there can
///                     be: each message of a live channel becomes a frame, written at once
///
/// Prints `ready ADDRESS`, and on SIGTERM one line of JSON.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include <malloc.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/flags.h"
#include "bench/live_channels.h"
#include "bench/sockets.h"
#include "bench/topic_file.h"

namespace taskfeed::bench {
namespace {

volatile std::sig_atomic_t stopping = 0;

constexpr size_t kTurnBytes = 64 * 1024;  // As much as the daemon takes from Redis in one turn.
constexpr uint64_t kListener = UINT64_MAX;
constexpr uint64_t kFeedListener = UINT64_MAX - 1;
constexpr uint64_t kRedis = UINT64_MAX - 2;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    "Cache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n"
    "retry: 3000\nevent: stream.open\ndata: {}\n\n";

struct Peer {
  enum class Kind : uint8_t { kNone, kFeed, kAsking, kReader };
  Kind kind = Kind::kNone;
  uint32_t topic = 0;
  std::unique_ptr<std::string> unsent;
};

struct Topic {
  std::vector<int> readers;
  std::string turn;  // Frames of this turn, in mode gathered.
};

class Floor {
 public:
  explicit Floor(const Flags& flags)
      : gathered_(flags.text("mode") == "gathered"), address_(flags.text("listen")) {
    uint32_t number = 0;
    const std::vector<TopicLine> lines = read_topics(flags.text("topics"), UINT64_MAX);
    for (const TopicLine& line : lines) numbers_.emplace(line.task, number++);
    topics_.resize(number);
    feed_.reserve(2 * kTurnBytes);
    listener_ = listen_on(address_);
    poll_.add(listener_, kListener);
    if (const std::string redis = flags.text("redis", ""); !redis.empty()) {
      channels_ = std::make_unique<LiveChannels>(redis, lines);
      poll_.add(channels_->fd(), kRedis);
    } else {
      std::string feed_address = flags.text("feed");
      feed_listener_ = listen_on(feed_address);
      poll_.add(feed_listener_, kFeedListener);
    }
    std::printf("ready %s\n", address_.c_str());
    std::fflush(stdout);
  }

  void run() {
    epoll_event events[512];
    while (stopping == 0) {
      const int count = epoll_wait(poll_.fd(), events, 512, -1);
      for (int i = 0; i < count; ++i) handle(events[i]);
      flush();
    }
    const struct mallinfo2 heap = mallinfo2();
    std::printf("{\"deliveries\":%lu,\"writes\":%lu,\"cpu_s\":%.3f,\"heap_bytes\":%zu}\n",
                deliveries_, writes_, cpu_seconds(), heap.uordblks + heap.hblkhd);
  }

 private:
  void handle(const epoll_event& event) {
    if (event.data.u64 == kListener) return accept_all(listener_, Peer::Kind::kAsking);
    if (event.data.u64 == kFeedListener) return accept_all(feed_listener_, Peer::Kind::kFeed);
    if (event.data.u64 == kRedis) return take_messages();
    const int socket = static_cast<int>(event.data.u64);
    switch (peer(socket).kind) {
      case Peer::Kind::kFeed:
        return take_feed(socket);
      case Peer::Kind::kAsking:
        return answer(socket);
      case Peer::Kind::kReader:
        if ((event.events & EPOLLOUT) != 0) return write_unsent(socket);
        return leave(socket);  // A reader sends nothing: it has closed.
      case Peer::Kind::kNone:
        return;
    }
  }

  Peer& peer(int socket) {
    const auto place = static_cast<size_t>(socket);
    if (place >= peers_.size()) peers_.resize(place + 1);
    return peers_[place];
  }

  void accept_all(int listener, Peer::Kind kind) {
    for (int i = 0; i < 256; ++i) {
      const int socket = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) return;
      if (kind == Peer::Kind::kAsking) set_no_delay(socket);
      peer(socket).kind = kind;
      poll_.add(socket, static_cast<uint64_t>(socket));
    }
  }

  /// The topic is the path's part before "/events/". The whole head comes in one piece on loopback.
  void answer(int socket) {
    char head[2048];
    const ssize_t size = recv(socket, head, sizeof head, 0);
    if (size <= 0) return leave(socket);
    const std::string_view text(head, static_cast<size_t>(size));
    const size_t end = text.find("/events/");
    const size_t begin = end == std::string_view::npos ? end : text.rfind('/', end - 1);
    const auto found = begin == std::string_view::npos
                           ? numbers_.end()
                           : numbers_.find(std::string(text.substr(begin + 1, end - begin - 1)));
    if (found == numbers_.end()) return leave(socket);
    Peer& reader = peer(socket);
    reader.kind = Peer::Kind::kReader;
    reader.topic = found->second;
    topics_[found->second].readers.push_back(socket);
    write(socket, kHead);
  }

  void leave(int socket) {
    Peer& gone = peer(socket);
    if (gone.kind == Peer::Kind::kReader) std::erase(topics_[gone.topic].readers, socket);
    gone = Peer{};
    close(socket);
  }

  void take_feed(int socket) {
    const size_t had = feed_.size();
    feed_.resize(had + kTurnBytes);
    const ssize_t size = recv(socket, feed_.data() + had, kTurnBytes, 0);
    feed_.resize(had + static_cast<size_t>(std::max<ssize_t>(size, 0)));
    if (size == 0) return leave(socket);
    size_t used = 0;
    uint32_t header[2];  // The topic's number, the frame's size.
    while (feed_.size() - used >= sizeof header) {
      std::memcpy(header, feed_.data() + used, sizeof header);
      if (feed_.size() - used < sizeof header + header[1]) break;
      publish(header[0], std::string_view(feed_).substr(used + sizeof header, header[1]));
      used += sizeof header + header[1];
    }
    feed_.erase(0, used);
  }

  void take_messages() {
    channels_->read([this](std::string_view task, std::string_view message) {
      const size_t cursor = message.find(' ');
      const size_t type = message.find(' ', cursor + 1);
      frame_.assign("id: ").append(message.substr(0, cursor)).append("\nevent: ");
      frame_.append(message.substr(cursor + 1, type - cursor - 1)).append("\ndata: ");
      frame_.append(message.substr(type + 1)).append("\n\n");
      publish(numbers_.at(std::string(task)), frame_);
    });
  }

  void publish(uint32_t number, std::string_view frame) {
    Topic& topic = topics_.at(number);
    deliveries_ += topic.readers.size();
    if (!gathered_) {
      for (const int reader : topic.readers) write(reader, frame);
      return;
    }
    if (topic.turn.empty()) touched_.push_back(number);
    topic.turn.append(frame);
  }

  void flush() {
    for (const uint32_t number : touched_) {
      Topic& topic = topics_[number];
      for (const int reader : topic.readers) write(reader, topic.turn);
      topic.turn.clear();
    }
    touched_.clear();
  }

  void write(int socket, std::string_view bytes) {
    Peer& reader = peer(socket);
    if (reader.unsent != nullptr) {
      reader.unsent->append(bytes);
      return;
    }
    ++writes_;
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return;  // Closed; epoll tells.
    const size_t taken = static_cast<size_t>(std::max<ssize_t>(sent, 0));
    if (taken == bytes.size()) return;
    reader.unsent = std::make_unique<std::string>(bytes.substr(taken));
    poll_.change(socket, static_cast<uint64_t>(socket), true);
  }

  void write_unsent(int socket) {
    Peer& reader = peer(socket);
    if (reader.unsent == nullptr) return;
    const std::unique_ptr<std::string> rest = std::move(reader.unsent);
    poll_.change(socket, static_cast<uint64_t>(socket), false);
    write(socket, *rest);
  }

  const bool gathered_;
  std::string address_;
  Poll poll_;
  int listener_ = -1;
  int feed_listener_ = -1;
  std::unordered_map<std::string, uint32_t> numbers_;
  std::vector<Topic> topics_;
  std::vector<Peer> peers_;  // By descriptor.
  std::vector<uint32_t> touched_;
  std::string feed_;
  std::unique_ptr<LiveChannels> channels_;
  std::string frame_;
  uint64_t deliveries_ = 0;
  uint64_t writes_ = 0;
};

}  // namespace
}  // namespace taskfeed::bench

int main(int count, char** words) {
  using namespace taskfeed::bench;
  struct sigaction action {};
  action.sa_handler = [](int) { stopping = 1; };
  sigaction(SIGTERM, &action, nullptr);
  raise_descriptor_limit();
  Floor floor(Flags(count, words));
  floor.run();
  return 0;
}
