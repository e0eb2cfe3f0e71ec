#include "redis/bridge_store.h"

#include <hiredis/hiredis.h>

#include "broker/registry.h"
#include "redis/moves.h"
#include "redis/task_codec.h"

namespace taskfeed::redis {
namespace {

constexpr size_t kCommandsToMake = 4;  // Two indexes, the record of creations, then the script.

std::string_view bytes_of(const std::array<uint8_t, 16>& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

}  // namespace

void BridgeStore::ReaderFree::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

BridgeStore::BridgeStore(loop::Loop& loop, const Url& url, Watcher& watcher, Log& log,
                         const BridgeStoreOptions& options)
    : keys_(options.prefix),
      options_(options),
      watcher_(watcher),
      log_(log),
      link_(loop, url, *this, options.link, false) {
  TF_ASSERT(options.window.count() > 0 && options.seen_max > 0 && options.spans_max > 1);
}

BridgeStore::~BridgeStore() = default;

void BridgeStore::on_up(Link&) {
  known_.forget();
  parser_.reset(redisReaderCreate());
  watcher_.on_ready();
}

void BridgeStore::store(const std::vector<bridge::Call>& round, bridge::Store::Owner& owner) {
  TF_ASSERT(round_ == nullptr && !round.empty() && link_.up());
  round_ = &round;
  owner_ = &owner;
  Batch batch(known_);
  for (const bridge::Call& call : round) add_call(batch, call);
  replies_wanted_ = batch.size();
  link_.send(batch.bytes());
}

void BridgeStore::add_call(Batch& batch, const bridge::Call& call) const {
  if (call.record) {
    // Indexes first: an entry without a task is passed over, a task without one would be lost.
    const std::string score = std::to_string(call.record->created_at.time_since_epoch().count());
    batch.command({"ZADD", keys_.tasks(), "NX", score, call.task.str()});
    batch.command({"ZADD", keys_.tasks_of(call.record->spec.agent), "NX", score, call.task.str()});
    // Two daemons may make the same task, and enter it once.
    const Result<EncodedEvent> registration = broker::registration_of(*call.record);
    TF_ASSERT_TEXT(registration.ok(), "two names are never too large");
    add_registration(batch, keys_, *registration,
                     {.maybe_repeated = true, .kept_max = options_.events_kept_max});
  }
  const TaskId& id = call.task;
  constexpr size_t kHead = 8;
  constexpr size_t kStride = 9;
  batch.script(scripts::k_bridge,
               {keys_.task(id), keys_.events(id), keys_.live(id), keys_.inbox(id), keys_.seen(id),
                keys_.seen_before(id)},
               kHead + kStride * call.events.size());
  batch.add(call.record ? encode_record(*call.record) : "");
  batch.add(call.record ? encode_fold(*call.record) : "");
  batch.add(static_cast<uint64_t>(options_.window.count()));
  batch.add(options_.seen_max).add(options_.spans_max);
  batch.add(call.look_back ? options_.look_back_max + call.events.size() : size_t{0});
  batch.add(options_.events_kept_max).add(static_cast<uint64_t>(options_.retention.count()));
  for (const bridge::Handed& handed : call.events) {
    add_guarded_events(batch, {&handed.event, 1});
    batch.add(bytes_of(handed.identity.key));
    batch.add(handed.identity.named ? std::string_view() : handed.listener.name);
    batch.add(handed.listener.since_us).add(handed.serial);
  }
}

std::optional<size_t> BridgeStore::on_bytes(Link& link, std::string_view bytes) {
  redisReaderFeed(parser_.get(), bytes.data(), bytes.size());
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(parser_.get(), &raw) != REDIS_OK) return std::nullopt;
    if (raw == nullptr) break;
    replies_.emplace_back(static_cast<redisReply*>(raw));
    if (round_ == nullptr) return std::nullopt;  // It answered what was not asked.
    if (replies_.size() == replies_wanted_) answer_all();
  }
  if (round_ != nullptr) link.expect();
  return bytes.size();
}

void BridgeStore::answer_all() {
  std::vector<bridge::Outcome> outcomes;
  outcomes.reserve(round_->size());
  size_t at = 0;
  for (const bridge::Call& call : *round_) {
    if (call.record) at += kCommandsToMake - 1;
    outcomes.push_back(outcome_of(call, replies_.at(at++).view()));
  }
  replies_.clear();
  round_ = nullptr;
  owner_->on_stored(std::move(outcomes));
}

bridge::Outcome BridgeStore::outcome_of(const bridge::Call& call, const ReplyView& reply) {
  using bridge::Verdict;
  if (reply.is_error()) return failure_of(reply);
  bridge::Outcome outcome;
  if (reply.size() != call.events.size()) {
    return {bridge::Outcome::Kind::kRefused, {}, "the script answered in another form"};
  }
  for (size_t n = 0; n < reply.size(); ++n) {
    const int64_t number = reply.at(n).integer();
    outcome.verdicts.push_back(number > 0     ? Verdict::kStored
                               : number == 0  ? Verdict::kSeen
                               : number == -1 ? Verdict::kEnded
                                              : Verdict::kHeld);
  }
  return outcome;
}

bridge::Outcome BridgeStore::failure_of(const ReplyView& reply) {
  using Kind = bridge::Outcome::Kind;
  if (reply.text().starts_with("TFNOTASK")) return {Kind::kUnknownTask, {}, {}};
  if (reply.text().starts_with("NOSCRIPT")) {
    known_.forget();  // Scripts were flushed under us.
    return {Kind::kRetry, {}, "its scripts were flushed"};
  }
  const Error error = redis_error(reply.text(), link_.name());
  const bool passes = error.code == Errc::kUnavailable || error.code == Errc::kFull ||
                      error.code == Errc::kTimeout || error.code == Errc::kUnauthorised ||
                      error.code == Errc::kForbidden;
  return {passes ? Kind::kRetry : Kind::kRefused, {}, error.text};
}

void BridgeStore::on_down(Link&, std::string_view why) {
  if (round_ == nullptr) return;
  std::vector<bridge::Outcome> outcomes(round_->size(),
                                        {bridge::Outcome::Kind::kRetry, {}, std::string(why)});
  replies_.clear();
  round_ = nullptr;
  log_.debug("bridge: a round of " + std::to_string(outcomes.size()) +
             " calls is tried again: " + std::string(why));
  owner_->on_stored(std::move(outcomes));
}

}  // namespace taskfeed::redis
