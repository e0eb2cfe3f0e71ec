#include "http/http_connection.h"

#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/sse_connection.h"

namespace taskfeed::http {
namespace {

constexpr uint32_t kReadable = EPOLLIN | EPOLLRDHUP;
/// How long, and how much, of what a refused client still sends is thrown away: were the socket
/// closed at once, the reset would overtake the answer.
constexpr Milliseconds kLingerInterval{2'000};
constexpr uint32_t kLingerBytesMax = 1024 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

Request without_body(const Request& request) {
  return {.method = request.method,
          .target = request.target,
          .minor = request.minor,
          .fields = request.fields,
          .body = {},
          .keep_alive = request.keep_alive};
}

}  // namespace

void HttpConnection::start(ServerCore& core, std::shared_ptr<const Access> access,
                           const Accepted& accepted) {
  ++core.stats.accepted;
  ++core.stats.connections;
  std::unique_ptr<HttpConnection> made(new HttpConnection(core, std::move(access), accepted));
  if (!core.poller->add(accepted.descriptor, kReadable, *made)) {
    made->served();
    --core.stats.connections;
    return;
  }
  made->interest_ = kReadable;
  made.release()->wait_for_request();
}

HttpConnection::HttpConnection(ServerCore& core, std::shared_ptr<const Access> access,
                               const Accepted& accepted)
    : Connection(core),
      access_(std::move(access)),
      reader_(core.limits.request, access_->hosts),
      from_(accepted.from),
      counted_(accepted.counted),
      over_(accepted.over) {
  descriptor_ = accepted.descriptor;
}

bool HttpConnection::evict_idle(ServerCore& core, Milliseconds least) {
  if (!core.idle.linked()) return false;
  auto& oldest = static_cast<HttpConnection&>(static_cast<IdleLink&>(*core.idle.next()));
  if (core.wheel.now() - oldest.since_ < core.wheel.ticks(least)) return false;
  oldest.end();
  return true;
}

void HttpConnection::on_ready(uint32_t events) {
  if (phase_ == Phase::kDead) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) return end();
  if ((events & EPOLLOUT) != 0 && phase_ == Phase::kWriting) {
    write();
    if (phase_ == Phase::kDead) return;
  }
  if ((events & kReadable) != 0) read();
}

void HttpConnection::read() {
  std::vector<char>& scratch = core_.scratch;
  const ssize_t count = recv(descriptor_, scratch.data(), scratch.size(), 0);
  if (count < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) end();
    return;
  }
  const std::string_view bytes(scratch.data(), static_cast<size_t>(count));
  if (bytes.empty()) {
    if (phase_ == Phase::kReading || phase_ == Phase::kLingering) return end();
    // It has said all that it wanted, and may wait for the answer.
    ended_ = true;
    close_ = true;
    return interest(phase_ == Phase::kWriting ? interest_ & EPOLLOUT : 0);
  }
  switch (phase_) {
    case Phase::kReading:
      return take(bytes);
    case Phase::kLingering:
      lingered_bytes_ += static_cast<uint32_t>(bytes.size());
      if (lingered_bytes_ > kLingerBytesMax) end();
      return;
    default:
      break;
  }
  ahead_ += bytes;
  if (ahead_.size() > core_.limits.read_ahead_bytes_max) interest(interest_ & EPOLLOUT);
}

void HttpConnection::wait_for_request() {
  phase_ = Phase::kReading;
  since_ = core_.wheel.now();
  body_begun_ = false;
  refused_ = false;
  request_id_.clear();
  const bool first = request_ == 0;
  core_.wheel.set_after(*this, first ? core_.limits.head_timeout : core_.limits.idle_timeout);
  IdleLink::link_before(core_.idle);
}

void HttpConnection::take(std::string_view bytes) {
  const bool begun = reader_.started();
  const size_t taken = reader_.feed(bytes);
  switch (reader_.state()) {
    case RequestReader::State::kDone:
      ahead_ = bytes.substr(taken);
      return ask(reader_.take());
    case RequestReader::State::kRefused:
      return refuse(reader_.refusal().status, reader_.refusal().detail);
    case RequestReader::State::kHead:
      if (!begun) {
        since_ = core_.wheel.now();
        core_.wheel.set_after(*this, core_.limits.head_timeout);
      }
      return;
    case RequestReader::State::kBody:
      if (!body_begun_) check_before_body();
      return;
  }
}

Circumstances HttpConnection::circumstances() const {
  return {.access = access_, .request_id = request_id_};
}

/// `work` runs on a worker, and answers with what runs on the loop's thread: both outlive nothing,
/// since the connection waits for its workers, and a server that is gone is asked for first.
template <class Work>
bool HttpConnection::submit(Lane lane, Work work) {
  auto job = [work = std::move(work), line = core_.lifeline, &loop = core_.ports.loop,
              self = this](bool late) mutable {
    loop.post([back = work(late), line, self]() mutable {
      if (line->core == nullptr) return;  // Then so is the connection.
      --self->jobs_;
      back(*self);
    });
  };
  if (!core_.ports.pool.submit(lane, std::move(job))) return false;
  ++jobs_;
  return true;
}

void HttpConnection::check_before_body() {
  asked_at_ = std::chrono::steady_clock::now();
  body_begun_ = true;
  IdleLink::unlink();
  since_ = core_.wheel.now();
  core_.wheel.set_after(*this, core_.limits.head_timeout);
  ++request_;
  request_id_ = core_.new_request_id();
  const auto check = [answerer = core_.answerer, head = without_body(reader_.request()),
                      around = circumstances(), number = request_](bool late) {
    std::optional<Answer> answer;
    if (!late) answer = answerer->before_body(head, around);
    return [answer = std::move(answer), number](HttpConnection& self) mutable {
      self.take_check(number, std::move(answer));
    };
  };
  // Where no worker is free the body is simply read.
  if (!submit(Lane::kCalls, check)) take_check(request_, std::nullopt);
}

void HttpConnection::take_check(uint64_t request, std::optional<Answer> answer) {
  if (phase_ == Phase::kDead) return leave();
  const bool waits = phase_ == Phase::kReading && request == request_ && body_begun_;
  if (!waits) return;
  if (answer) {
    refused_ = true;
    ++core_.stats.requests;
    return reply(*std::move(answer));
  }
  if (!reader_.take_continue()) return;
  // Two dozen bytes into an empty socket: what does not fit now is a client that reads nothing.
  if (send(descriptor_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(kContinue.size())) {
    end();
  }
}

void HttpConnection::ask(Request request) {
  asked_at_ = std::chrono::steady_clock::now();
  IdleLink::unlink();
  served();
  ++core_.stats.requests;
  if (!body_begun_) {
    ++request_;
    request_id_ = core_.new_request_id();
  }
  phase_ = Phase::kAnswering;
  const Lane lane = is_probe(request.target) ? Lane::kProbes : Lane::kCalls;
  over_ = over_ && core_.stats.connections > core_.limits.connections_max;
  if (over_ && lane != Lane::kProbes) {
    return refuse(503, "this server has as many connections as it may; come back in a moment");
  }
  if (!submit_request(lane, std::move(request), &HttpConnection::take_answer)) {
    refuse(503, "too many requests are waiting");
  }
}

/// `take` gets the answer, on the loop's thread.
bool HttpConnection::submit_request(Lane lane, Request request,
                                    void (HttpConnection::*take)(Answer)) {
  auto work = [answerer = core_.answerer, request = std::move(request), around = circumstances(),
               take](bool late) mutable {
    Answer answer = late ? refusal_answer(503, "too many requests are waiting", around.request_id)
                         : answerer->answer(std::move(request), around);
    return [answer = std::move(answer), take](HttpConnection& self) mutable {
      (self.*take)(std::move(answer));
    };
  };
  return submit(lane, std::move(work));
}

void HttpConnection::take_answer(Answer answer) {
  if (phase_ == Phase::kDead) return leave();
  if (answer.stream) return begin_stream(std::move(answer));
  if (answer.wait && !core_.draining) return begin_wait(*std::move(answer.wait));
  reply(std::move(answer));
}

void HttpConnection::take_last_answer(Answer answer) {
  if (phase_ == Phase::kDead) return leave();
  reply(std::move(answer));
}

/// No thread is held meanwhile: RequestPool has few, and whoever waits would starve who does not.
void HttpConnection::begin_wait(Wait wait) {
  Result<std::unique_ptr<EndWatch>> watch =
      EndWatch::start(core_.ports.hub, wait.until.task, [this] { ask_again(); });
  if (!watch) return refuse(503, watch.error().text);
  waiting_ = std::make_unique<Waiting>(Waiting{std::move(wait.request), *std::move(watch)});
  phase_ = Phase::kWaiting;
  core_.wheel.set_after(*this, wait.until.interval);
}

void HttpConnection::ask_again() {
  TF_ASSERT(phase_ == Phase::kWaiting);
  // What a client chose to wait for is no time of ours.
  asked_at_ = std::chrono::steady_clock::now();
  Request request = std::move(waiting_->request);
  waiting_.reset();
  phase_ = Phase::kAnswering;
  core_.wheel.set_after(*this, core_.limits.idle_timeout);
  if (!submit_request(Lane::kCalls, std::move(request), &HttpConnection::take_last_answer)) {
    refuse(503, "too many requests are waiting");
  }
}

void HttpConnection::begin_stream(Answer answer) {
  if (core_.draining || core_.stats.streams >= core_.limits.streams_max) {
    return refuse(503, core_.draining ? "this server is being stopped"
                                      : "this server has as many streams as it may");
  }
  if (ended_) return end();
  const Answer head{.status = answer.status, .route = answer.route};
  const Result<void> started =
      SseConnection::start(core_, *answer.stream, descriptor_, std::move(answer.bytes));
  if (!started) return refuse(status_of(started.error().code), started.error().text);
  count(head);
  phase_ = Phase::kDead;
  descriptor_ = -1;  // The stream's.
  leave();
}

void HttpConnection::refuse(int status, std::string_view detail) {
  IdleLink::unlink();
  ++core_.stats.refused;
  refused_ = true;
  if (request_id_.empty()) request_id_ = core_.new_request_id();
  reply(refusal_answer(status, detail, request_id_));
}

void HttpConnection::count(const Answer& answer) {
  const auto took = std::chrono::steady_clock::now() - asked_at_;
  core_.request_stats.add({answer.route, answer.status},
                          std::chrono::duration_cast<std::chrono::microseconds>(took));
}

void HttpConnection::reply(Answer answer) {
  count(answer);
  phase_ = Phase::kWriting;
  since_ = core_.wheel.now();
  if (close_ || core_.draining) answer.say_close();
  close_ = answer.close;
  out_ = std::move(answer.bytes);
  out_sent_ = 0;
  write();
}

void HttpConnection::write() {
  while (out_sent_ < out_.size()) {
    const ssize_t count =
        send(descriptor_, out_.data() + out_sent_, out_.size() - out_sent_, MSG_NOSIGNAL);
    if (count > 0) {
      out_sent_ += static_cast<size_t>(count);
      since_ = core_.wheel.now();
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return end();
    core_.wheel.set_after(*this, core_.limits.write_timeout);
    return interest(interest_ | EPOLLOUT);
  }
  out_ = {};
  answered();
}

void HttpConnection::answered() {
  if (refused_ && !ended_) return linger();
  if (close_) return end();
  interest(kReadable);
  wait_for_request();
  if (ahead_.empty()) return;
  const std::string bytes = std::exchange(ahead_, {});
  take(bytes);
}

void HttpConnection::linger() {
  phase_ = Phase::kLingering;
  shutdown(descriptor_, SHUT_WR);
  interest(kReadable);
  since_ = core_.wheel.now();
  core_.wheel.set_after(*this, kLingerInterval);
}

void HttpConnection::on_due() {
  const Tick waited = core_.wheel.now() - since_;
  switch (phase_) {
    case Phase::kReading: {
      if (!reader_.started()) return end();
      if (!body_begun_) return refuse(408, "the head did not come in time");
      const auto seconds = static_cast<size_t>(core_.wheel.length(waited).count()) / 1'000;
      if (reader_.body_bytes() < seconds * core_.limits.body_bytes_per_second_min) {
        return refuse(408, "the body comes too slowly");
      }
      return core_.wheel.set_after(*this, Milliseconds(1'000));
    }
    case Phase::kWriting:
      if (waited >= core_.wheel.ticks(core_.limits.write_timeout)) return end();
      return core_.wheel.set_after(*this, core_.limits.write_timeout);
    case Phase::kLingering:
      return end();
    case Phase::kWaiting:
      return ask_again();
    case Phase::kAnswering:
    case Phase::kDead:
      return core_.wheel.set_after(*this, core_.limits.idle_timeout);
  }
}

void HttpConnection::drain() {
  close_ = true;
  if (phase_ == Phase::kReading && !reader_.started()) return end();
  if (phase_ == Phase::kWaiting) ask_again();
}

void HttpConnection::interest(uint32_t events) {
  if (ended_) events &= ~kReadable;
  if (interest_ == events) return;
  interest_ = events;
  core_.poller->change(descriptor_, events, *this);
}

void HttpConnection::served() {
  if (!counted_) return;
  counted_ = false;
  const auto counter = core_.unserved.find(from_);
  if (--counter->second == 0) core_.unserved.erase(counter);
}

void HttpConnection::end() {
  if (phase_ == Phase::kDead) return;
  phase_ = Phase::kDead;
  waiting_.reset();
  IdleLink::unlink();
  served();
  --core_.stats.connections;
  close_descriptor();
  leave();
}

/// A worker that will come back needs the memory, though not the socket.
void HttpConnection::leave() {
  if (jobs_ == 0) return bury();
  core_.wheel.set_after(*this, core_.limits.idle_timeout);
}

}  // namespace taskfeed::http
