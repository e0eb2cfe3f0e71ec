#include "redis_stream.h"

#include <vector>

#include "broker/registry.h"
#include "hub/hub.h"
#include "redis/redis_feed.h"

namespace taskfeed::cmd {
namespace {

/// Unread by the printer; beyond it the Hub lets go, and we come back by cursor once it has read.
constexpr size_t kPendingBytesMax = 4 * 1024 * 1024;
constexpr Milliseconds kTickInterval{50};

/// One task's frames, into the parser that the HTTP source uses too.
class TaskSink final : public hub::Sink {
 public:
  TaskSink(StreamRequest request, StreamQueue& queue)
      : request_(std::move(request)), queue_(queue), parser_([this](sse::Message&& event) {
          queue_.push_now({StreamItem::Kind::kEvent, request_.task, std::move(event), Error{}});
        }) {}

  Result<void> subscribe(hub::Hub& hub) {
    behind_ = false;
    Result<TypeFilter> filter = TypeFilter::parse(request_.types, request_.exclude);
    if (!filter) return filter.error();
    hub::StreamOptions options;
    options.after = request_.after;
    options.include_history = request_.include_history;
    options.history_newest = request_.history_newest;
    options.filter = *std::move(filter);
    options.since = request_.since;
    const Result<hub::Subscription*> made = hub.subscribe(request_.task, options, *this);
    return made ? Result<void>() : made.error();
  }
  bool behind() const { return behind_; }

  size_t deliver(const FramePtr& frame) override {
    if (frame->cursor().seq > 0) request_.after = frame->cursor();
    if (const Result<void> fed = parser_.feed(frame->bytes()); !fed) fail(fed.error());
    return queue_.bytes();
  }
  size_t pending_bytes() const override { return queue_.bytes(); }
  void closed(hub::CloseReason reason) override {
    if (reason == hub::CloseReason::kSlow) behind_ = true;
    if (reason == hub::CloseReason::kEnded) {
      queue_.push_now({StreamItem::Kind::kEnd, request_.task, {}, Error{}});
    }
  }
  void fail(const Error& error) {
    queue_.push_now({StreamItem::Kind::kFailed, request_.task, {}, error});
  }

 private:
  StreamRequest request_;
  StreamQueue& queue_;
  sse::Parser parser_;
  bool behind_ = false;
};

/// Of many tasks: as TaskSink, but it comes back with the stream's own ids.
class ManySink final : public hub::Sink {
 public:
  ManySink(hub::ManyOptions options, StreamQueue& queue)
      : options_(std::move(options)), queue_(queue), parser_([this](sse::Message&& event) {
          queue_.push_now(
              {StreamItem::Kind::kEvent, broker::registry_id(), std::move(event), Error{}});
        }) {}

  Result<void> subscribe(hub::Hub& hub) {
    behind_ = false;
    const Result<ManyCursor> place = ManyCursor::parse(parser_.last_event_id());
    if (place && !place->lost) options_.from = *place;
    const Result<hub::ManyReader*> made = hub.subscribe_many(options_, *this);
    options_.forgotten.clear();  // Told once.
    return made ? Result<void>() : made.error();
  }
  bool behind() const { return behind_; }

  size_t deliver(const FramePtr& frame) override {
    if (const Result<void> fed = parser_.feed(frame->bytes()); !fed) fail(fed.error());
    return queue_.bytes();
  }
  size_t pending_bytes() const override { return queue_.bytes(); }
  void closed(hub::CloseReason reason) override {
    if (reason == hub::CloseReason::kSlow) behind_ = true;
    if (reason == hub::CloseReason::kEnded) {
      queue_.push_now({StreamItem::Kind::kEnd, broker::registry_id(), {}, Error{}});
    }
  }
  void fail(const Error& error) {
    queue_.push_now({StreamItem::Kind::kFailed, broker::registry_id(), {}, error});
  }

 private:
  hub::ManyOptions options_;
  StreamQueue& queue_;
  sse::Parser parser_;
  bool behind_ = false;
};

}  // namespace

class RedisStream::Side {
 public:
  Side(loop::Loop& loop, const redis::Url& url, const Clock& clock, Log& log, StreamQueue& queue)
      : queue_(queue), feed_(loop, url, log, {}), hub_(feed_, clock, log, limits()), timer_(loop) {
    timer_.start(kTickInterval, kTickInterval, [this] { tick(); });
  }

  void add(StreamRequest request) {
    sinks_.push_back(std::make_unique<TaskSink>(std::move(request), queue_));
    subscribe(*sinks_.back());
  }
  void add_many(hub::ManyOptions options) {
    many_ = std::make_unique<ManySink>(std::move(options), queue_);
    subscribe(*many_);
  }

 private:
  static hub::Limits limits() {
    hub::Limits limits;
    limits.sink_pending_bytes_max = kPendingBytesMax;
    return limits;
  }
  template <class Reader>
  void subscribe(Reader& sink) {
    if (const Result<void> done = sink.subscribe(hub_); !done) sink.fail(done.error());
  }
  void tick() {
    hub_.tick();
    if (queue_.bytes() != 0) return;
    for (const auto& sink : sinks_) {
      if (sink->behind()) subscribe(*sink);
    }
    if (many_ && many_->behind()) subscribe(*many_);
  }

  StreamQueue& queue_;
  std::vector<std::unique_ptr<TaskSink>> sinks_;  // Outlive the Hub.
  std::unique_ptr<ManySink> many_;                // As well.
  redis::RedisFeed feed_;
  hub::Hub hub_;
  loop::Timer timer_;
};

RedisStream::RedisStream(const Ports& ports, std::unique_ptr<loop::Loop> loop)
    : ports_(ports), loop_(std::move(loop)) {}

Result<std::unique_ptr<RedisStream>> RedisStream::start(const redis::Url& url, const Ports& ports,
                                                        const Clock& clock, Log& log) {
  Result<std::unique_ptr<loop::Loop>> loop = loop::Loop::create();
  if (!loop) return loop.error();
  std::unique_ptr<RedisStream> stream(new RedisStream(ports, *std::move(loop)));
  RedisStream* const self = stream.get();
  self->loop_->post([self, url, &clock, &log] {
    self->side_ = std::make_unique<Side>(*self->loop_, url, clock, log, self->queue_);
  });
  self->thread_ = std::thread([self] { self->loop_->run(); });
  return stream;
}

RedisStream::~RedisStream() {
  queue_.close();
  loop_->post([this] {
    side_.reset();
    loop_->stop();
  });
  thread_.join();
}

Result<void> RedisStream::open(const StreamRequest& request) {
  // The Hub waits for a task that is not there yet; who follows it mistyped its id.
  if (const Result<Task> found = ports_.tasks.get(request.task); !found) return found.error();
  loop_->post([this, request] { side_->add(request); });
  return {};
}

/// As the daemon does it (http/api_many.cc).
Result<void> RedisStream::open_many(const ManyRequest& request) {
  for (const AgentId& agent : request.selection.agents) {
    if (const auto known = ports_.tasks.agent(agent); !known) return known.error();
  }
  hub::ManyOptions options;
  options.selection = request.selection;
  Result<TypeFilter> filter = TypeFilter::parse(request.types, request.exclude);
  if (!filter) return filter.error();
  options.filter = *std::move(filter);
  options.since = request.since;
  Result<ManyCursor> place = !request.after.empty() ? ManyCursor::parse(request.after)
                             : request.since        ? ports_.places.beginning(request.selection)
                                                    : ports_.places.now(request.selection);
  if (!place) return place.error();
  if (!request.after.empty()) {
    auto forgotten = ports_.places.forget(*place);
    if (!forgotten) return forgotten.error();
    options.forgotten = *std::move(forgotten);
    options.replay = sse::Replay::kComplete;
  }
  options.from = *std::move(place);
  loop_->post([this, options] { side_->add_many(options); });
  return {};
}

}  // namespace taskfeed::cmd
