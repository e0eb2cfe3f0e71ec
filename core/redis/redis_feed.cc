#include "redis/redis_feed.h"

#include <algorithm>

#include <hiredis/hiredis.h>
#include <uv.h>

#include "redis/batch.h"
#include "redis/push_parser.h"
#include "redis/reply.h"
#include "redis/task_codec.h"

namespace taskfeed::redis {

void RedisFeed::ReaderFree::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

RedisFeed::RedisFeed(loop::Loop& loop, const Url& url, Log& log, const FeedOptions& options)
    : loop_(loop),
      url_(url),
      log_(log),
      keys_(options.prefix),
      limits_(options.limits),
      alive_(std::make_shared<bool>(true)),
      subscriber_(loop.raw(), *this, options.limits.wire),
      reader_(loop.raw(), *this, options.limits.wire),
      watch_timer_(loop),
      retry_timer_(loop),
      random_(std::random_device{}()) {
  TF_ASSERT(limits_.backoff_initial.count() > 0 && limits_.backoff_initial <= limits_.backoff_max);
  watch_timer_.start(limits_.watch_interval, limits_.watch_interval, [this] { watch(); });
  connect();
}

RedisFeed::~RedisFeed() {
  *alive_ = false;
  for (std::deque<Topic*>* reads : {&reads_, &refused_}) {
    for (Topic* topic : *reads) {
      if (topic == nullptr || --topic->reads > 0 || topic->follower != nullptr) continue;
      TopicFree()(topic);
    }
  }
}

uint64_t RedisFeed::now_ms() const {
  return uv_now(loop_.raw());
}

void RedisFeed::connect() {
  phase_ = Phase::kConnecting;
  phase_since_ms_ = now_ms();
  known_ = std::make_unique<KnownScripts>();
  parser_.reset(redisReaderCreate());
  for (Side* side : {&subscriber_, &reader_}) {
    side->greetings = 0;
    side->greeted = side->asked = side->suspected = false;
    side->wire.connect(url_);
  }
}

void RedisFeed::on_connected(Wire& wire) {
  Side& side = &wire == &reader_.wire ? reader_ : subscriber_;
  KnownScripts none;
  Batch hello(none);
  if (!url_.password.empty() && url_.user.empty()) hello.command({"AUTH", url_.password});
  if (!url_.user.empty()) hello.command({"AUTH", url_.user, url_.password});
  if (url_.db != 0) hello.command({"SELECT", std::to_string(url_.db)});
  // A Redis that still loads its data accepts subscriptions but not reads: PING finds out.
  hello.command({"PING"});
  side.greetings = hello.size();
  wire.send(hello.bytes());
  ask(side);
}

void RedisFeed::ask(Side& side) {
  if (side.asked) return;
  side.asked = true;
  side.suspected = false;
  side.asked_at_ms = now_ms();
}

bool RedisFeed::greeting(Side& side, bool is_error, std::string_view text) {
  if (is_error) {
    lose(redis_error(text, url_.str()).text);
    return false;
  }
  if (--side.greetings > 0) return true;
  side.greeted = true;
  if (!subscriber_.greeted || !reader_.greeted) return true;
  phase_ = Phase::kConnected;
  phase_since_ms_ = now_ms();
  connected_ = true;
  if (complained_) log_.info("Redis at " + url_.str() + " is back.");
  complained_ = false;
  ops_sent_ = ops_answered_ = 0;
  for (Topic* topic : topics_.all()) subscribe(*topic);
  return true;
}

void RedisFeed::on_broken(Wire&, std::string_view why) {
  lose("Redis at " + url_.str() + " cannot be reached (" + std::string(why) +
       "): events wait until it is back.");
}

void RedisFeed::lose(std::string_view why) {
  if (phase_ == Phase::kWaiting) return;
  why_ = why;
  if (phase_ == Phase::kConnected) ++stats_.losses;
  phase_ = Phase::kWaiting;
  connected_ = false;
  subscriber_.wire.close();
  reader_.wire.close();
  if (!complained_) log_.warn(why_);
  complained_ = true;
  backoff_ =
      backoff_.count() == 0 ? limits_.backoff_initial : std::min(backoff_ * 2, limits_.backoff_max);
  const auto most = static_cast<uint64_t>(backoff_.count());
  const Milliseconds delay(static_cast<int64_t>(most - random_() % (most / 2 + 1)));
  retry_timer_.start(delay, Milliseconds(0), [this] { connect(); });

  fail(reads_, why_);
  walking_ = true;
  for (Topic* topic : topics_.all()) {
    if (!topic->acknowledged) continue;
    topic->acknowledged = false;
    if (topic->follower != nullptr) topic->follower->on_lost();
  }
  walking_ = false;
  gone_.clear();
}

bool RedisFeed::overdue(Side& side) {
  const auto most = static_cast<uint64_t>(limits_.timeout.count());
  if (!side.asked || now_ms() - side.asked_at_ms < most) return false;
  // Twice in a row: where this loop itself stood still, the answer may lie unread.
  const bool twice = side.suspected;
  side.suspected = true;
  return twice;
}

void RedisFeed::watch() {
  const auto most = static_cast<uint64_t>(limits_.timeout.count());
  const uint64_t since = now_ms() - phase_since_ms_;
  if (phase_ == Phase::kWaiting) return;
  if (phase_ == Phase::kConnecting ? since > most : overdue(subscriber_) || overdue(reader_)) {
    lose("Redis at " + url_.str() + " does not answer: look whether it is stopped or overloaded.");
    return;
  }
  if (phase_ != Phase::kConnected) return;
  if (since >= 1'000) backoff_ = Milliseconds(0);  // It held, so the next loss is a new one.
  constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";
  if (!subscriber_.asked) {
    subscriber_.wire.send(kPing);
    ask(subscriber_);
  }
  if (!reader_.asked) {
    reader_.wire.send(kPing);
    reads_.push_back(nullptr);
    ask(reader_);
  }
}

std::optional<size_t> RedisFeed::on_bytes(Wire& wire, std::string_view bytes) {
  return &wire == &reader_.wire ? on_replies(bytes) : on_pushes(bytes);
}

std::optional<size_t> RedisFeed::on_pushes(std::string_view bytes) {
  subscriber_.asked = false;
  size_t used = 0;
  Push push;
  for (;;) {
    switch (parse_push(bytes.substr(used), limits_.wire.receive_bytes_max, push)) {
      case PushParse::kIncomplete:
        return used;
      case PushParse::kBad:
      case PushParse::kTooLarge:
        return std::nullopt;
      case PushParse::kDone:
        break;
    }
    used += push.size;
    if (!on_push(push)) return used;
  }
}

bool RedisFeed::on_push(const Push& push) {
  switch (push.kind) {
    case Push::Kind::kPublished:
      on_published(push);
      return true;
    case Push::Kind::kSubscribed:
      on_acknowledged(push);
      return true;
    case Push::Kind::kUnsubscribed:
      ++ops_answered_;
      return true;
    case Push::Kind::kPatternPublished:
    case Push::Kind::kPatternSubscribed:
    case Push::Kind::kPatternUnsubscribed:
      return true;
    case Push::Kind::kStatus:
    case Push::Kind::kArray:
      return subscriber_.greeted || greeting(subscriber_, false, push.payload);
    case Push::Kind::kError:
      lose(redis_error(push.payload, url_.str()).text);
      return false;
  }
  return true;
}

void RedisFeed::on_published(const Push& push) {
  Topic* topic = topics_.find(keys_.task_of_live(push.channel));
  if (topic == nullptr || !topic->acknowledged) {
    ++stats_.stray;
    return;
  }
  const auto event = split_live(push.payload);
  if (!event) {
    ++stats_.malformed;
    return;
  }
  ++stats_.published;
  topic->follower->on_live(*event);
}

void RedisFeed::on_acknowledged(const Push& push) {
  ++ops_answered_;
  Topic* topic = topics_.find(keys_.task_of_live(push.channel));
  // Followed, unfollowed and followed again, a task has several acknowledgements under way; only
  // that of its last subscription counts.
  if (topic == nullptr || topic->subscribe_op != ops_answered_) return;
  topic->acknowledged = true;
  topic->follower->on_acknowledged();
}

std::optional<size_t> RedisFeed::on_replies(std::string_view bytes) {
  redisReaderFeed(parser_.get(), bytes.data(), bytes.size());
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(parser_.get(), &raw) != REDIS_OK) return std::nullopt;
    if (raw == nullptr) break;
    const Reply reply(static_cast<redisReply*>(raw));
    if (!on_reply(reply.view())) return bytes.size();
  }
  reader_.asked = false;
  if (!reads_.empty()) ask(reader_);
  return bytes.size();
}

bool RedisFeed::on_reply(const ReplyView& reply) {
  if (!reader_.greeted) return greeting(reader_, reply.is_error(), reply.text());
  if (reads_.empty()) {
    lose("Redis at " + url_.str() + " answered what was not asked.");
    return false;
  }
  if (reply.is_error()) {
    // Loading, flushed scripts, a revoked permission: begin anew, so that every reader is
    // acknowledged, and asks again, once it works.
    lose(redis_error(reply.text(), url_.str()).text);
    return false;
  }
  Topic* topic = reads_.front();
  reads_.pop_front();
  if (topic == nullptr) return true;
  const auto task = TaskId::parse(topic->name());
  broker::Follower* follower = answered(*topic);
  if (follower != nullptr) follower->on_page(decode_page(*task, reply));
  return true;
}

void RedisFeed::fail(std::deque<Topic*>& reads, const std::string& why) {
  std::deque<Topic*> failed;
  failed.swap(reads);
  for (Topic* topic : failed) {
    if (topic == nullptr) continue;
    broker::Follower* follower = answered(*topic);
    if (follower != nullptr) follower->on_page(Error{Errc::kUnavailable, why});
  }
}

broker::Follower* RedisFeed::answered(Topic& topic) {
  TF_ASSERT(topic.reads > 0);
  if (--topic.reads == 0 && topic.follower == nullptr) {
    discard(TopicPtr(&topic));
    return nullptr;
  }
  return topic.follower;
}

void RedisFeed::discard(TopicPtr topic) {
  if (walking_) gone_.push_back(std::move(topic));
}

void RedisFeed::subscribe(Topic& topic) {
  KnownScripts none;
  Batch batch(none);
  const auto task = TaskId::parse(topic.name());
  batch.command({"SUBSCRIBE", keys_.live(*task)});
  subscriber_.wire.send(batch.bytes());
  topic.subscribe_op = ++ops_sent_;
  ask(subscriber_);
}

void RedisFeed::follow(const TaskId& task, broker::Follower& follower) {
  Topic& topic = topics_.add(task.str());
  topic.follower = &follower;
  if (phase_ == Phase::kConnected) subscribe(topic);
}

void RedisFeed::unfollow(const TaskId& task) {
  Topic* topic = topics_.find(task.str());
  if (topic == nullptr) return;
  topic->follower = nullptr;
  TopicPtr removed = topics_.remove(*topic);
  if (removed->reads > 0) {
    (void)removed.release();  // Its reads own it now.
  } else {
    discard(std::move(removed));
  }
  if (phase_ != Phase::kConnected) return;
  KnownScripts none;
  Batch batch(none);
  batch.command({"UNSUBSCRIBE", keys_.live(task)});
  subscriber_.wire.send(batch.bytes());
  ++ops_sent_;
  ask(subscriber_);
}

void RedisFeed::read(const TaskId& task, const broker::ReadRange& range) {
  Topic* topic = topics_.find(task.str());
  TF_ASSERT_TEXT(topic != nullptr, "a task is read through a feed only while it is followed");
  ++topic->reads;
  if (phase_ != Phase::kConnected) {
    refused_.push_back(topic);
    if (refused_.size() > 1) return;
    loop_.post([this, alive = alive_] {
      if (*alive) fail(refused_, why_);
    });
    return;
  }
  Batch batch(*known_);
  add_read(batch, keys_, task, range);
  reader_.wire.send(batch.bytes());
  reads_.push_back(topic);
  ask(reader_);
}

}  // namespace taskfeed::redis
