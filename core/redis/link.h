/// One connection to Redis that is kept: it connects, greets, is watched, and comes back.
///
/// Greeting is AUTH, SELECT and PING; a Redis that still loads its data answers PING with an error,
/// and is tried again. A link that owes an answer for longer than the timeout is given up.
///
/// Threads  The loop's.
/// Errors   on_down() says why, once for each time without a connection; retried for ever.
/// Owns     Its Wire and timers. Borrows Loop and Owner.
#pragma once

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "loop/loop.h"
#include "redis/wire.h"

namespace taskfeed::redis {

struct LinkLimits {
  Milliseconds timeout{2'000};       ///< To connect, and for Redis to answer anything.
  Milliseconds watch_interval{500};  ///< Between looks whether it still does.
  Milliseconds backoff_initial{50};  ///< Before the first reconnect; doubles …
  Milliseconds backoff_max{1'000};   ///< … up to this. Each is halved at most, by chance.
  WireLimits wire;
};

class Link final : private Wire::Owner {
 public:
  class Owner {
   public:
    virtual void on_up(Link& link) = 0;
    /// As Wire::Owner's; the answers to the greeting do not come here.
    virtual std::optional<size_t> on_bytes(Link& link, std::string_view bytes) = 0;
    virtual void on_down(Link& link, std::string_view why) = 0;

   protected:
    ~Owner() = default;
  };

  /// Begins to connect. With `pings`, an idle link sends PING at each look, and the owner passes
  /// over its answers.
  Link(loop::Loop& loop, const Url& url, Owner& owner, const LinkLimits& limits, bool pings);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  bool up() const { return phase_ == Phase::kUp; }
  /// Only while up. Redis owes an answer from now on, until any byte comes.
  void send(std::string_view bytes);
  /// Redis owes more than what came so far.
  void expect();
  /// Gives the connection up, and begins anew: what it said was no use.
  void lose(const std::string& why);

  const std::string& name() const { return name_; }  ///< The URL without its password.
  uint64_t now_ms() const;                           ///< The loop's.
  uint64_t heard_at_ms() const { return heard_at_ms_; }

 private:
  enum class Phase { kWaiting, kConnecting, kUp };

  void on_connected(Wire& wire) override;
  std::optional<size_t> on_bytes(Wire& wire, std::string_view bytes) override;
  void on_broken(Wire& wire, std::string_view why) override;
  void connect();
  void watch();
  /// Bytes of `text` that answer the greeting; empty where it ended the connection.
  std::optional<size_t> greet(std::string_view text);

  loop::Loop& loop_;
  const Url url_;
  const std::string name_;
  Owner& owner_;
  const LinkLimits limits_;
  const bool pings_;
  Wire wire_;
  loop::Timer watch_timer_;
  loop::Timer retry_timer_;
  Phase phase_ = Phase::kWaiting;
  uint64_t phase_since_ms_ = 0;
  size_t greetings_ = 0;        // Answers to the greeting that are to come.
  bool owed_ = false;           // An answer is awaited …
  bool suspected_ = false;      // … for too long already when we looked last …
  uint64_t owed_since_ms_ = 0;  // … since then.
  uint64_t heard_at_ms_ = 0;
  bool told_ = false;  // on_down() was called for this time without a connection.
  Milliseconds backoff_{0};
  std::minstd_rand random_;
};

}  // namespace taskfeed::redis
