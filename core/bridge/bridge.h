/// The bridge: what is published on channels becomes events in streams.
///
/// What is heard is normalised at once, queued, and handed to the Store in rounds: all that has
/// gathered while the round before was under way, so that rounds grow with the load. Order is kept
/// within a task, because a round has one call for each and nothing overtakes one that failed.
///
/// Threads  Its loop's. stats() there too.
/// Errors   None: what cannot become an event is counted, and logged once for each shape.
/// Owns     The queue, and the round under way. Borrows its ports.
#pragma once

#include <array>
#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/log.h"
#include "bridge/store.h"

namespace taskfeed::bridge {

struct Limits {
  NormaliseLimits normalise;
  size_t queue_events_max =
      100'000;  ///< Not stored yet; what comes beyond it is lost, and counted.
  size_t queue_bytes_max = 64 * 1024 * 1024;  ///< The same in bytes of JSON.
  size_t round_events_max = 4'096;
  size_t round_bytes_max = 4 * 1024 * 1024;  ///< A first larger event goes all the same.
  size_t call_events_max = 256;              ///< Of one task: bounds how long a script holds Redis.
  size_t made_per_minute_max = 6'000;    ///< Streams for unknown tasks; further ones stay unknown.
  size_t shapes_max = 64;                ///< Logged; then only counted.
  Milliseconds look_back_after{30'000};  ///< In the queue; below the store's window.
  Milliseconds backoff_initial{50};      ///< After a round that failed; doubles …
  Milliseconds backoff_max{1'000};       ///< … up to this.
};

struct Options {
  bool create = false;  ///< Make a stream for a task that is not known.
  Limits limits;
};

/// Events, but for `heard`. What was heard is stored, or counted in one of the others.
struct Stats {
  uint64_t heard = 0;
  uint64_t stored = 0;
  uint64_t seen = 0;
  uint64_t ended = 0;
  uint64_t held = 0;
  uint64_t unknown_task = 0;
  uint64_t refused = 0;
  uint64_t overflowed = 0;
  std::array<uint64_t, kUnreadableCount> unreadable{};
  uint64_t streams_made = 0;  ///< At least asked for; another daemon may have been faster.

  uint64_t unreadable_sum() const;
};

struct Ports {
  Store& store;
  Log& log;
  const Clock& clock;
  IdSource& ids;
};

class Bridge final : private Store::Owner {
 public:
  Bridge(const Ports& ports, const Options& options);
  Bridge(const Bridge&) = delete;
  Bridge& operator=(const Bridge&) = delete;

  void heard(const Heard& heard, const Listener& listener);
  /// Of what was over NormaliseLimits::heard_bytes_max, and is not in `heard`.
  void heard_too_large(const Heard& heard, size_t size);
  /// Begins a round where one can begin. To be called after a burst of heard(), when the store
  /// becomes ready, and every now and then.
  void flush();

  size_t waiting() const { return queue_.size() + round_events_; }
  const Stats& stats() const { return stats_; }

 private:
  struct Waiting {
    TaskId task;
    std::optional<AgentId> agent;
    std::string channel;
    Handed handed;
    MonoTime heard_at;
    bool make = false;     // The task is unknown, and may be made.
    bool retried = false;  // A try may have taken effect.

    size_t bytes() const { return handed.event.json.size(); }
  };

  void on_stored(std::vector<Outcome> outcomes) override;

  void unreadable(const Heard& heard, const Refusal& refusal);
  void overflow();
  void build_round();
  Task record_of(const Waiting& first) const;
  void count(const std::vector<Verdict>& verdicts);
  void unknown_task(std::vector<Waiting>& events, bool was_to_be_made);
  void put_back(std::vector<Waiting>& events);
  bool may_make();
  void log_once(LogLevel level, const std::string& shape, const std::string& text);

  const Ports ports_;
  const Options options_;
  std::deque<Waiting> queue_;
  size_t queue_bytes_ = 0;
  uint64_t serial_ = 0;
  std::vector<Call> round_;                   // Under way where not empty …
  std::vector<std::vector<Waiting>> origin_;  // … and what each call was made of, without JSON.
  size_t round_events_ = 0;
  MonoTime not_before_{};
  Milliseconds backoff_{0};
  MonoTime minute_began_{};
  size_t made_this_minute_ = 0;
  std::set<std::string> shapes_;
  uint64_t overflow_logged_ = 0;  // Overflows when it was last said.
  bool overflowing_ = false;
  Stats stats_;
};

}  // namespace taskfeed::bridge
