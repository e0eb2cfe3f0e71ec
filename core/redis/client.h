/// Blocking calls to one Redis: a pool of connections, and a circuit that fails fast.
///
/// A connection is in use by one call at a time. After a failure the circuit opens: calls answer
/// kUnavailable at once, until the one that is let through as a probe finds a Redis that answers.
/// So threads do not pile up before a Redis that hangs.
///
/// Threads  Safe from any thread. A call blocks for at most twice the timeout: once to connect and
///          once for the answer.
/// Errors   kUnavailable: nothing was changed, or a read got no answer. kTimeout: the reply was
///          lost, and whether the commands took effect is unknown.
/// Owns     Its connections.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "redis/connection.h"

namespace taskfeed::redis {

struct ClientLimits {
  size_t connections_max = 256;      ///< At once; beyond it a call is kUnavailable.
  size_t idle_max = 16;              ///< Kept for the next call; further ones are closed.
  Milliseconds timeout{2'000};       ///< To connect, and for each answer.
  Milliseconds backoff_initial{50};  ///< Circuit open before the first probe; doubles …
  Milliseconds backoff_max{1'000};   ///< … up to this.
};

/// What a lost reply means for the call.
enum class Repeat {
  kHarmless,  ///< A read, or a write that may happen twice: done again; never kTimeout.
  kGuarded,   ///< Done again, and the commands are told (`repeated`), so that they look first.
  kNever,
};

class Client {
 public:
  Client(Url url, const Clock& clock, const ClientLimits& limits);
  ~Client();

  /// Writes the commands; called again with `repeated` where the first reply was lost.
  using Fill = std::function<void(Batch&, bool repeated)>;
  struct Options {
    Repeat repeat = Repeat::kHarmless;
    Milliseconds wait{0};  ///< Beside the timeout, for commands that block in Redis.
  };
  /// One reply for each command, error replies among them. One round trip.
  Result<Replies> call(const Fill& fill, const Options& options);
  /// A connection of the caller's own, past the pool; the circuit applies.
  Result<std::unique_ptr<Connection>> connect();

  /// `reply` is an error reply of Redis.
  Error error(const ReplyView& reply) const { return redis_error(reply.text(), name_); }
  const std::string& name() const { return name_; }  ///< The URL without its password.
  const ClientLimits& limits() const { return limits_; }
  /// False from a failure until a probe succeeds.
  bool healthy() const { return healthy_.load(std::memory_order_relaxed); }
  uint64_t round_trips() const { return round_trips_.load(std::memory_order_relaxed); }
  /// Connections that were made, since construction.
  uint64_t connects() const { return connects_.load(std::memory_order_relaxed); }

 private:
  Result<std::unique_ptr<Connection>> borrow();
  void give_back(std::unique_ptr<Connection> connection);
  Connection::Outcome exchange(Connection& connection, const Fill& fill, bool repeated,
                               Milliseconds timeout, Replies& replies);
  void opened(const std::string& why);
  void closed();
  Error lost(Repeat repeat, Connection::Outcome outcome) const;

  const Url url_;
  const std::string name_;
  const Clock& clock_;
  const ClientLimits limits_;
  std::atomic<bool> healthy_{true};
  std::atomic<uint64_t> round_trips_{0};
  std::atomic<uint64_t> connects_{0};

  Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ TF_GUARDED_BY(mutex_);
  size_t in_use_ TF_GUARDED_BY(mutex_) = 0;
  bool open_ TF_GUARDED_BY(mutex_) = false;     // The circuit is open: fail fast.
  bool probing_ TF_GUARDED_BY(mutex_) = false;  // One caller is trying.
  MonoTime probe_at_ TF_GUARDED_BY(mutex_){};
  Milliseconds backoff_ TF_GUARDED_BY(mutex_){0};
  std::string why_ TF_GUARDED_BY(mutex_);  // Why the circuit is open.
};

}  // namespace taskfeed::redis
