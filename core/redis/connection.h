/// One blocking connection to Redis.
///
/// Bytes are sent by our own send(2) with MSG_NOSIGNAL: hiredis 0.14 writes with write(2), and a
/// Redis that went away would end a command line by SIGPIPE.
///
/// Threads  One at a time.
/// Errors   open() explains; an exchange answers how it ended, and a connection whose exchange did
///          not end well must be thrown away.
/// Owns     The hiredis context and its socket.
#pragma once

#include <memory>

#include "base/clock.h"
#include "redis/batch.h"
#include "redis/reply.h"
#include "redis/url.h"

struct redisContext;

namespace taskfeed::redis {

class Connection {
 public:
  /// Connected, authenticated, database selected. Each wait is bounded by `timeout`.
  static Result<std::unique_ptr<Connection>> open(const Url& url, Milliseconds timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Outcome {
    kDone,
    kBroken,   ///< The peer closed, or spoke no RESP. Commands may have taken effect.
    kTimeout,  ///< No answer in time. Commands may have taken effect.
  };
  /// Sends `bytes`, and reads `count` replies onto `replies`.
  Outcome exchange(std::string_view bytes, size_t count, Milliseconds timeout, Replies& replies);
  /// Sends only.
  Outcome send(std::string_view bytes);
  /// Waits for one reply, asked for or pushed. Unlike after an exchange, a connection that timed
  /// out here can be waited on again.
  Outcome wait(Milliseconds timeout, Replies& replies);
  /// True where the peer closed, or sent what nobody asked for, while the connection was idle.
  bool stale() const;
  /// After kBroken: the peer answered, but in no way in which a Redis answers.
  bool spoke_no_resp() const;
  KnownScripts& known() { return known_; }

 private:
  explicit Connection(redisContext* context) : context_(context) {}
  void set_timeout(Milliseconds timeout);
  Outcome receive(Milliseconds timeout, Replies& replies);

  redisContext* context_;
  Milliseconds timeout_{-1};  // What the socket is set to.
  KnownScripts known_;
};

}  // namespace taskfeed::redis
