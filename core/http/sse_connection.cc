#include "http/sse_connection.h"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "event/sse_encoder.h"

namespace taskfeed::http {
namespace {

constexpr uint32_t kGone = EPOLLRDHUP;  // EPOLLERR and EPOLLHUP come unasked.
/// Queued in one turn beyond this, a part is written at once: the hub counts what is unsent.
/// Not above the half at which the hub lets a reader that catches up wait: what is unsent there is
/// then unsent since the socket is full, and the socket wakes the loop once it is not.
constexpr size_t kWriteAtOnceBytes = 64 * 1024;
static_assert(kWriteAtOnceBytes <= hub::Limits{}.sink_pending_bytes_max / 2);
constexpr size_t kPartsMax = 64;

FramePtr frame_of(std::string_view bytes) {
  return Frame::make(bytes, Cursor{}, 0, 0, false);
}

}  // namespace

Result<void> SseConnection::start(ServerCore& core, const StreamDecision& decision, int descriptor,
                                  std::string head) {
  std::unique_ptr<SseConnection> made(new SseConnection(core, decision));
  if (decision.many) {
    const Result<hub::ManyReader*> reader = core.ports.hub.subscribe_many(*decision.many, *made);
    if (!reader) return reader.error();
    made->many_reader_ = *reader;
  } else {
    const Result<hub::Subscription*> subscribed =
        core.ports.hub.subscribe(decision.task, decision.options, *made);
    if (!subscribed) return subscribed.error();
    made->subscription_ = *subscribed;
  }
  SseConnection& stream = *made.release();
  stream.descriptor_ = descriptor;
  core.poller->change(descriptor, kGone, stream);
  ++core.stats.streams;
  ++core.stats.streams_opened;
  stream.wrote_at_ = core.wheel.now();
  core.wheel.set(stream, stream.next_due());
  // No empty line after `retry:`: the first frame's own ends it, and no event is dispatched by it.
  const std::string retry = sse::retry_line(core.draw_retry());
  stream.push(Frame::raw(std::move(head) + (decision.chunked ? chunk_of(retry) : retry)));
  return {};
}

SseConnection::SseConnection(ServerCore& core, const StreamDecision& decision)
    : Connection(core),
      queue_(decision.chunked),
      heartbeat_ticks_(
          static_cast<uint16_t>(core.wheel.ticks(decision.options.heartbeat_interval))),
      heartbeat_event_(decision.heartbeat_event),
      many_(decision.many != nullptr) {}

SseConnection::~SseConnection() {
  unsubscribe();
  queue_.clear(core_.shelf);
}

void SseConnection::unsubscribe() {
  if (!subscribed()) return;
  hub::Hub& hub = core_.ports.hub;
  if (many_) {
    hub.unsubscribe(std::exchange(many_reader_, nullptr));
  } else {
    hub.unsubscribe(std::exchange(subscription_, nullptr));
  }
}

size_t SseConnection::deliver(const FramePtr& frame) {
  push(frame);
  if (queue_.bytes() > kWriteAtOnceBytes && !full_ && !failed_) write();
  return queue_.bytes();
}

void SseConnection::push(const FramePtr& frame) {
  queue_.push(frame, core_.shelf);
  if (!touched_ && !full_) touch();
}

void SseConnection::touch() {
  touched_ = true;
  core_.touched.push_back(this);
}

void SseConnection::push_farewell() {
  push(frame_of(sse::retry_line(core_.draw_retry()) + "\n"));
  push_last();
}

/// What a client of HTTP/1.1 knows a whole stream by; one that is cut off has none.
void SseConnection::push_last() {
  if (queue_.chunked()) push(core_.last_chunk);
}

void SseConnection::closed(hub::CloseReason reason) {
  subscription_ = nullptr;
  ending_ = true;
  if (reason == hub::CloseReason::kSlow) {
    ++core_.stats.slow_closed;
    // It resumes by its cursor; what it could not take is dropped.
    failed_ = true;
  }
  if (reason == hub::CloseReason::kEnded) push_last();
  if (reason == hub::CloseReason::kShutdown) push_farewell();
  if (!touched_) touch();
}

void SseConnection::drain() {
  if (!subscribed()) return;
  if (many_) core_.ports.hub.tell_place(many_reader_);
  unsubscribe();
  ending_ = true;
  push_farewell();
}

void SseConnection::write() {
  std::array<iovec, kPartsMax> parts;
  while (!queue_.empty()) {
    msghdr gathered{};
    gathered.msg_iov = parts.data();
    gathered.msg_iovlen = queue_.gather(parts);
    size_t offered = 0;
    for (size_t at = 0; at < gathered.msg_iovlen; ++at) offered += parts[at].iov_len;
    ++core_.stats.writes;
    const ssize_t taken = gathered.msg_iovlen == 1
                              ? send(descriptor_, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                              : sendmsg(descriptor_, &gathered, MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) failed_ = true;
      if (!failed_) wait_until_writable();
      return;
    }
    wrote_at_ = core_.wheel.now();
    core_.stats.stream_bytes += static_cast<uint64_t>(taken);
    queue_.sent(static_cast<size_t>(taken), core_.shelf);
    if (static_cast<size_t>(taken) < offered) return wait_until_writable();
  }
}

void SseConnection::wait_until_writable() {
  if (full_) return;
  full_ = true;
  wrote_at_ = core_.wheel.now();
  core_.poller->change(descriptor_, kGone | EPOLLOUT, *this);
  core_.wheel.set(*this, next_due());
}

void SseConnection::flush() {
  touched_ = false;
  if (!open()) return;
  if (!failed_ && !full_) write();
  if (failed_ || (ending_ && queue_.empty())) end();
}

void SseConnection::on_ready(uint32_t events) {
  if (!open()) return;
  if ((events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0) return end();
  if ((events & EPOLLOUT) == 0 || !full_) return;
  write();
  if (queue_.empty()) {
    full_ = false;
    core_.poller->change(descriptor_, kGone, *this);
  }
  if (failed_ || (ending_ && queue_.empty())) end();
}

Tick SseConnection::next_due() const {
  return wrote_at_ + (full_ ? core_.wheel.ticks(core_.limits.write_timeout) : heartbeat_ticks_);
}

void SseConnection::on_due() {
  if (!open()) return;
  if (full_) {
    if (core_.wheel.now() >= next_due()) {
      ++core_.stats.slow_closed;
      return end();
    }
  } else if (core_.wheel.now() >= next_due() && !ending_) {
    wrote_at_ = core_.wheel.now();
    push(heartbeat_event_ ? core_.heartbeat_event : core_.heartbeat_comment);
  }
  core_.wheel.set(*this, next_due());
}

void SseConnection::end() {
  if (!open()) return;
  unsubscribe();
  --core_.stats.streams;
  --core_.stats.connections;
  close_descriptor();
  bury();
}

}  // namespace taskfeed::http
