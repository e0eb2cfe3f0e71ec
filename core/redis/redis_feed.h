/// Live events from Redis, for one shard.
///
/// Two connections: one subscribes, one reads history. They stand and fall together, so that a
/// reader whose read failed is always acknowledged anew. A loss is retried for ever, with backoff
/// and jitter; then every followed task is subscribed again, and each acknowledgement is
/// passed on.
///
/// A published event costs one parse in place, one look into TopicTable, and the call.
///
/// Threads  The loop's; connected() from any.
/// Errors   None to the caller, as broker::Feed says. The log hears of each loss and return once.
/// Owns     Its connections and subscriptions. Borrows Loop, Log, every Follower.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <random>
#include <string>

#include "base/log.h"
#include "broker/feed.h"
#include "loop/loop.h"
#include "redis/keys.h"
#include "redis/topic_table.h"
#include "redis/wire.h"

struct redisReader;

namespace taskfeed::redis {

class Batch;
class KnownScripts;
class ReplyView;
struct Push;

struct FeedLimits {
  Milliseconds timeout{2'000};       ///< To connect, and for Redis to answer anything.
  Milliseconds watch_interval{500};  ///< Between looks whether it still does.
  Milliseconds backoff_initial{50};  ///< Before the first reconnect; doubles …
  Milliseconds backoff_max{1'000};   ///< … up to this. Each is halved at most, by chance.
  WireLimits wire;
};

struct FeedOptions {
  std::string prefix = "taskfeed:";
  FeedLimits limits;
};

struct FeedStats {
  uint64_t published = 0;  ///< Live events handed to a Follower.
  uint64_t stray = 0;      ///< For a task that was unfollowed meanwhile.
  uint64_t malformed = 0;  ///< Not of event/live.h's form; another publisher uses the channel.
  uint64_t losses = 0;     ///< Of the connection.
};

class RedisFeed final : public broker::Feed, private Wire::Owner {
 public:
  /// Begins to connect.
  RedisFeed(loop::Loop& loop, const Url& url, Log& log, const FeedOptions& options);
  ~RedisFeed() override;
  RedisFeed(const RedisFeed&) = delete;
  RedisFeed& operator=(const RedisFeed&) = delete;

  void follow(const TaskId& task, broker::Follower& follower) override;
  void unfollow(const TaskId& task) override;
  void read(const TaskId& task, const broker::ReadRange& range) override;

  bool connected() const { return connected_.load(std::memory_order_relaxed); }
  const FeedStats& stats() const { return stats_; }

 private:
  // A connection, and how it stands with Redis.
  struct Side {
    Wire wire;
    size_t greetings = 0;  // Answers to AUTH, SELECT and PING that are to come.
    bool greeted = false;
    bool asked = false;        // An answer is awaited …
    bool suspected = false;    // … for too long already when we looked last …
    uint64_t asked_at_ms = 0;  // … since then.
    Side(uv_loop_s* loop, Owner& owner, const WireLimits& limits) : wire(loop, owner, limits) {}
  };
  enum class Phase { kWaiting, kConnecting, kConnected };

  void on_connected(Wire& wire) override;
  std::optional<size_t> on_bytes(Wire& wire, std::string_view bytes) override;
  void on_broken(Wire& wire, std::string_view why) override;

  void connect();
  void lose(std::string_view why);
  void watch();
  /// False where it ended the connection.
  bool greeting(Side& side, bool is_error, std::string_view text);
  void ask(Side& side);
  bool overdue(Side& side);
  std::optional<size_t> on_pushes(std::string_view bytes);
  bool on_push(const Push& push);
  std::optional<size_t> on_replies(std::string_view bytes);
  bool on_reply(const ReplyView& reply);
  void on_published(const Push& push);
  void on_acknowledged(const Push& push);
  void subscribe(Topic& topic);
  void fail(std::deque<Topic*>& reads, const std::string& why);
  /// One read of `topic` is over: whom to tell, or null.
  broker::Follower* answered(Topic& topic);
  void discard(TopicPtr topic);
  uint64_t now_ms() const;

  loop::Loop& loop_;
  const Url url_;
  Log& log_;
  const Keys keys_;
  const FeedLimits limits_;
  std::shared_ptr<bool> alive_;  // For what was posted and comes after us.
  Side subscriber_;
  Side reader_;
  loop::Timer watch_timer_;
  loop::Timer retry_timer_;
  std::unique_ptr<KnownScripts> known_;  // On reader_'s connection.
  struct ReaderFree {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, ReaderFree> parser_;
  TopicTable topics_;
  // A topic that is unfollowed while reads are unanswered lives on in these queues alone.
  std::deque<Topic*> reads_;    // In the order in which they were sent; null for a ping.
  std::deque<Topic*> refused_;  // Asked for without a connection; answered in the next turn.
  bool walking_ = false;        // Through topics_: nothing of it may be freed.
  std::vector<TopicPtr> gone_;  // Unfollowed during a walk.
  Phase phase_ = Phase::kWaiting;
  std::atomic<bool> connected_{false};
  bool complained_ = false;  // The loss was logged.
  std::string why_;          // Of the last loss.
  uint64_t phase_since_ms_ = 0;
  Milliseconds backoff_{0};
  uint64_t ops_sent_ = 0;      // Subscriptions and unsubscriptions of this connection …
  uint64_t ops_answered_ = 0;  // … and how many Redis answered, which it does in order.
  std::minstd_rand random_;
  FeedStats stats_;
};

}  // namespace taskfeed::redis
