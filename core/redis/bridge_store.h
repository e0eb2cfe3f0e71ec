/// bridge::Store over Redis: a round is one pipeline, a call one script (scripts/bridge.lua).
///
/// Threads  The loop's.
/// Errors   Call by call, in the outcomes; a lost connection is kRetry for the whole round.
/// Owns     Its connection. Borrows Loop and Log, and the round until it is answered.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "bridge/store.h"
#include "redis/batch.h"
#include "redis/keys.h"
#include "redis/link.h"
#include "redis/reply.h"

struct redisReader;

namespace taskfeed::redis {

struct BridgeStoreOptions {
  std::string prefix = "taskfeed:";
  size_t events_kept_max = 10'000;  ///< As BrokerOptions'.
  std::chrono::seconds retention{std::chrono::hours(24 * 7)};
  /// What was stored is recognised for this long at least; then a late copy is stored again.
  Milliseconds window{60'000};
  /// Of one task, for each half of what is remembered; beyond it, halves are shorter than `window`.
  size_t seen_max = 65'536;
  /// Of time, in which appends that look the same are counted, for listeners that come later; when
  /// there are more, older ones are merged.
  size_t spans_max = 128;
  /// Entries of history that a look back covers, beside as many as the call has events.
  size_t look_back_max = 256;
  LinkLimits link;
};

class BridgeStore final : public bridge::Store, private Link::Owner {
 public:
  /// `on_ready` is called whenever a round can go out again.
  class Watcher {
   public:
    virtual void on_ready() = 0;

   protected:
    ~Watcher() = default;
  };
  BridgeStore(loop::Loop& loop, const Url& url, Watcher& watcher, Log& log,
              const BridgeStoreOptions& options);
  ~BridgeStore() override;
  BridgeStore(const BridgeStore&) = delete;
  BridgeStore& operator=(const BridgeStore&) = delete;

  bool ready() const override { return link_.up(); }
  void store(const std::vector<bridge::Call>& round, bridge::Store::Owner& owner) override;

 private:
  void on_up(Link& link) override;
  std::optional<size_t> on_bytes(Link& link, std::string_view bytes) override;
  void on_down(Link& link, std::string_view why) override;

  void add_call(Batch& batch, const bridge::Call& call) const;
  bridge::Outcome outcome_of(const bridge::Call& call, const ReplyView& reply);
  bridge::Outcome failure_of(const ReplyView& reply);
  void answer_all();

  const Keys keys_;
  const BridgeStoreOptions options_;
  Watcher& watcher_;
  Log& log_;
  Link link_;
  KnownScripts known_;  // On this connection.
  struct ReaderFree {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, ReaderFree> parser_;
  const std::vector<bridge::Call>* round_ = nullptr;  // Under way …
  bridge::Store::Owner* owner_ = nullptr;             // … and who awaits it.
  size_t replies_wanted_ = 0;
  Replies replies_;
};

}  // namespace taskfeed::redis
