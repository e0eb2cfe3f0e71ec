/// One shard's HTTP: it accepts, frames requests, has them answered by workers, and turns a
/// connection into a Sink of the hub where the answer is a stream.
///
/// The sockets are the loop's, not a thread's: idle, slow and silent clients cost a few hundred
/// bytes each. cpp-httplib sees a request only after RequestReader let it through, in memory, on a
/// worker (httplib_adapter.h).
///
/// Threads  The loop's thread, construction and destruction included, but for the RequestPool's
///          jobs inside.
/// Errors   To the client, as problem documents. listen() reports a socket that cannot be watched.
/// Owns     Its connections and listening sockets. Borrows its ports, which outlive it; the
///          RequestPool is stopped before the loop is destroyed.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/listening_socket.h"
#include "http/request_pool.h"
#include "http/request_reader.h"
#include "http/request_stats.h"
#include "hub/hub.h"
#include "loop/loop.h"

namespace taskfeed::http {

/// Ceilings of one shard. Over one of the first three, a client gets 503 with Retry-After.
struct ServerLimits {
  RequestLimits request;
  size_t connections_max = 19'000;  ///< Streams included; below RLIMIT_NOFILE, over all shards.
  size_t streams_max = 19'000;
  /// Of one address, before its first request is complete. Loopback and unix sockets are exempt:
  /// a proxy stands there.
  size_t unserved_per_address_max = 64;
  Milliseconds head_timeout{10'000};  ///< From the first byte, or the accept, to the head's end.
  size_t body_bytes_per_second_min = 1'024;  ///< After the first head_timeout.
  Milliseconds idle_timeout{60'000};         ///< Between two requests.
  Milliseconds write_timeout{30'000};        ///< No byte taken by the client for so long: closed.
  /// What a connection may send ahead while its request is answered; then it is not read from.
  size_t read_ahead_bytes_max = 64 * 1024;
  Milliseconds retry_least{2'000};  ///< `retry:` is drawn from here …
  Milliseconds retry_most{4'000};   ///< … to here, so that readers do not return as one.
};

struct ServerPorts {
  loop::Loop& loop;
  hub::Hub& hub;
  const Api& api;
  RequestPool& pool;
  const Clock& clock;
  Log& log;
};

struct ServerStats {
  size_t connections = 0;  ///< Open now, streams included.
  size_t streams = 0;
  uint64_t streams_opened = 0;
  uint64_t accepted = 0;
  uint64_t requests = 0;
  uint64_t refused = 0;       ///< By RequestReader, a timeout or a limit.
  uint64_t turned_away = 0;   ///< Closed at once: no descriptor, or connections_max.
  uint64_t slow_closed = 0;   ///< Streams over write_timeout or the hub's budget.
  uint64_t writes = 0;        ///< sendmsg(2) calls for streams.
  uint64_t stream_bytes = 0;  ///< That these took.
};

class Server {
 public:
  /// Registers its flush with Loop::at_turn_end: register the hub's tick() before.
  Server(const ServerPorts& ports, const ServerLimits& limits);
  /// Closes whatever is open, at once.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Any number of them.
  Result<void> listen(ListeningSocket socket, const Access& access);
  /// Stops to accept; idle connections are closed, requests under way are answered with
  /// `Connection: close`, streams get a jittered `retry:` and are closed. Whatever is left after
  /// `grace` is closed.
  void drain(Milliseconds grace);
  /// Drained, and no connection is left.
  bool idle() const;
  ServerStats stats() const;
  const RequestStats& request_stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace taskfeed::http
