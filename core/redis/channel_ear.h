/// Hears what others PUBLISH on channels that match patterns.
///
/// Redis keeps nothing of pub/sub: what is published while the connection is lost is lost. So a
/// lost connection is retried for ever, and the log says for how long nobody listened.
///
/// Each time before it listens, the ear asks Redis for its time, on the same connection: whatever
/// was published before that moment, this listening has not heard (bridge/store.h says what for).
///
/// Threads  The loop's.
/// Errors   To the log: each loss and return once.
/// Owns     Its connection. Borrows Loop, Log, Owner.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "redis/link.h"

namespace taskfeed::redis {

struct Push;

struct ChannelEarOptions {
  std::vector<std::string> patterns;  ///< At least one, as PSUBSCRIBE takes them.
  /// Channels that begin with it are not heard: a pattern such as `*` would hand us what we publish
  /// ourselves.
  std::string own_prefix;
  /// What is larger is told of and passed over, without being kept in memory. Below the wire's.
  size_t published_bytes_max = 512 * 1024;
  LinkLimits link;
};

struct EarStats {
  uint64_t losses = 0;   ///< Of a listening that stood.
  uint64_t deaf_ms = 0;  ///< The sum of the times between.
  uint64_t own = 0;      ///< Published on taskfeed's own channels; passed over.
};

class ChannelEar final : private Link::Owner {
 public:
  struct Published {
    size_t pattern = 0;  ///< Which of the patterns.
    std::string_view channel;
    std::string_view bytes;
    uint64_t since_us = 0;  ///< Redis' time when this listening began.
  };
  class Owner {
   public:
    virtual void on_published(const Published& published) = 0;
    /// Its `bytes` are empty; with framing, there were `size`.
    virtual void on_too_large(const Published& published, size_t size) = 0;
    /// All that had arrived by now was handed over.
    virtual void on_burst_end() = 0;

   protected:
    ~Owner() = default;
  };

  ChannelEar(loop::Loop& loop, const Url& url, const ChannelEarOptions& options, Owner& owner,
             Log& log);
  ChannelEar(const ChannelEar&) = delete;
  ChannelEar& operator=(const ChannelEar&) = delete;

  bool listening() const { return acknowledged_ == patterns_.size(); }
  /// For good. What Redis has sent until it acknowledges is still handed over; then has_left().
  void leave();
  bool has_left() const { return left_; }
  const EarStats& stats() const { return stats_; }

 private:
  void on_up(Link& link) override;
  std::optional<size_t> on_bytes(Link& link, std::string_view bytes) override;
  void on_down(Link& link, std::string_view why) override;
  /// False where it ended the connection.
  bool on_push(const Push& push);
  /// Empty where it is none of ours.
  std::optional<Published> published_of(const Push& push);
  void on_acknowledged();
  void on_left();

  const std::vector<std::string> patterns_;
  const std::string own_prefix_;
  const size_t published_bytes_max_;
  Owner& owner_;
  Log& log_;
  Link link_;
  uint64_t since_us_ = 0;
  size_t acknowledged_ = 0;  // Patterns.
  size_t passed_over_ = 0;   // Bytes of what is too large, which are still to come.
  bool has_listened_ = false;
  bool leaving_ = false;
  bool left_ = false;
  uint64_t deaf_since_ms_ = 0;
  EarStats stats_;
};

}  // namespace taskfeed::redis
