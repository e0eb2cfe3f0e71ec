/// What the connections of one Server have in common, and what they share.
///
/// A connection owns itself: it lives until it buries itself, and its memory until the turn ends,
/// since callbacks of that turn may still name it. It always has a deadline, so the wheel knows
/// every one of them.
///
/// Threads  The loop's thread.
/// Errors   None.
/// Owns     A Connection its descriptor; the ServerCore all that its connections share.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "http/frame_queue.h"
#include "http/poller.h"
#include "http/server.h"
#include "http/wheel.h"

namespace taskfeed::http {

class SseConnection;
struct ServerCore;

class Connection : public Pollable, public Timed {
 public:
  virtual ~Connection();
  /// The server stops: end as soon as nothing is owed.
  virtual void drain() = 0;
  /// End now, whatever is owed.
  virtual void end() = 0;

 protected:
  explicit Connection(ServerCore& core) : core_(core) {}

  bool open() const { return descriptor_ >= 0; }
  void close_descriptor();
  /// Out of the wheel, and freed when the turn ends.
  void bury();

  ServerCore& core_;
  int descriptor_ = -1;
};

/// Where answers find their server again, or learn that it is gone.
struct Lifeline {
  ServerCore* core = nullptr;
};

/// The 16 bytes of an IPv6 address, or of an IPv4 one mapped into it.
using Address = std::array<uint8_t, 16>;

struct ServerCore {
  ServerCore(const ServerPorts& its_ports, const ServerLimits& its_limits);
  ~ServerCore();
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;

  /// The writes of this turn, and the end of what was buried.
  void end_turn();
  std::string new_request_id();
  Milliseconds draw_retry();

  const ServerPorts ports;
  const ServerLimits limits;
  const std::shared_ptr<const Answerer> answerer;
  const std::shared_ptr<Lifeline> lifeline;
  std::unique_ptr<Poller> poller;  ///< None where the kernel gave no descriptor; listen() says so.
  Wheel wheel;
  FrameShelf shelf;
  ServerStats stats;
  RequestStats request_stats;
  std::vector<SseConnection*> touched;  ///< Have something new to send.
  std::vector<std::unique_ptr<Connection>> buried;
  Link idle;  ///< Connections that wait for a request, the longest-waiting first.
  std::map<Address, size_t> unserved;
  const FramePtr heartbeat_comment;
  const FramePtr heartbeat_event;
  const FramePtr last_chunk;
  std::vector<char> scratch;  ///< Where all of them read into.
  bool draining = false;

 private:
  std::minstd_rand random_;
  const std::string id_prefix_;
  uint64_t ids_ = 0;
};

}  // namespace taskfeed::http
