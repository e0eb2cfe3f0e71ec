#include "redis_stream.h"

#include <vector>

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

 private:
  static hub::Limits limits() {
    hub::Limits limits;
    limits.sink_pending_bytes_max = kPendingBytesMax;
    return limits;
  }
  void subscribe(TaskSink& sink) {
    if (const Result<void> done = sink.subscribe(hub_); !done) sink.fail(done.error());
  }
  void tick() {
    hub_.tick();
    if (queue_.bytes() != 0) return;
    for (const auto& sink : sinks_) {
      if (sink->behind()) subscribe(*sink);
    }
  }

  StreamQueue& queue_;
  std::vector<std::unique_ptr<TaskSink>> sinks_;  // Outlive the Hub.
  redis::RedisFeed feed_;
  hub::Hub hub_;
  loop::Timer timer_;
};

RedisStream::RedisStream(service::Tasks& tasks, std::unique_ptr<loop::Loop> loop)
    : tasks_(tasks), loop_(std::move(loop)) {}

Result<std::unique_ptr<RedisStream>> RedisStream::start(const redis::Url& url,
                                                        service::Tasks& tasks, const Clock& clock,
                                                        Log& log) {
  Result<std::unique_ptr<loop::Loop>> loop = loop::Loop::create();
  if (!loop) return loop.error();
  std::unique_ptr<RedisStream> stream(new RedisStream(tasks, *std::move(loop)));
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
  if (const Result<Task> found = tasks_.get(request.task); !found) return found.error();
  loop_->post([this, request] { side_->add(request); });
  return {};
}

}  // namespace taskfeed::cmd
