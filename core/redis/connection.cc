#include "redis/connection.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace taskfeed::redis {
namespace {

timeval to_timeval(Milliseconds duration) {
  return {.tv_sec = static_cast<time_t>(duration.count() / 1000),
          .tv_usec = static_cast<suseconds_t>(duration.count() % 1000 * 1000)};
}

Error unreachable(const Url& url, std::string_view why) {
  return {Errc::kUnavailable, "Redis at " + url.str() + " cannot be reached (" + std::string(why) +
                                  "): start it, or name another one with --redis."};
}

}  // namespace

Connection::~Connection() {
  redisFree(context_);
}

Result<std::unique_ptr<Connection>> Connection::open(const Url& url, Milliseconds timeout) {
  redisContext* context =
      url.unix_path.empty()
          ? redisConnectWithTimeout(url.host.c_str(), url.port, to_timeval(timeout))
          : redisConnectUnixWithTimeout(url.unix_path.c_str(), to_timeval(timeout));
  if (context == nullptr) return unreachable(url, "out of memory");
  std::unique_ptr<Connection> connection(new Connection(context));
  if (context->err != 0) return unreachable(url, context->errstr);
  fcntl(context->fd, F_SETFD, FD_CLOEXEC);
  const timeval limit = to_timeval(timeout);
  setsockopt(context->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (url.unix_path.empty()) redisEnableKeepAlive(context);

  Batch hello(connection->known_);
  if (!url.password.empty()) {
    if (url.user.empty()) {
      hello.command({"AUTH", url.password});
    } else {
      hello.command({"AUTH", url.user, url.password});
    }
  }
  if (url.db != 0) hello.command({"SELECT", std::to_string(url.db)});
  if (hello.size() == 0) return connection;
  Replies replies;
  switch (connection->exchange(hello.bytes(), hello.size(), timeout, replies)) {
    case Outcome::kDone:
      break;
    case Outcome::kBroken:
      return unreachable(url, "it closed the connection");
    case Outcome::kTimeout:
      return unreachable(url, "it does not answer");
  }
  for (const Reply& reply : replies) {
    if (reply.view().is_error()) return redis_error(reply.view().text(), url.str());
  }
  return connection;
}

void Connection::set_timeout(Milliseconds timeout) {
  if (timeout == timeout_) return;
  const timeval limit = to_timeval(timeout);
  setsockopt(context_->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  timeout_ = timeout;
}

Connection::Outcome Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? Outcome::kTimeout : Outcome::kBroken;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return Outcome::kDone;
}

Connection::Outcome Connection::receive(Milliseconds timeout, Replies& replies) {
  set_timeout(timeout);
  void* reply = nullptr;
  errno = 0;
  if (redisGetReply(context_, &reply) != REDIS_OK) {
    return context_->err == REDIS_ERR_IO && errno == EAGAIN ? Outcome::kTimeout : Outcome::kBroken;
  }
  replies.emplace_back(static_cast<redisReply*>(reply));
  return Outcome::kDone;
}

Connection::Outcome Connection::exchange(std::string_view bytes, size_t count, Milliseconds timeout,
                                         Replies& replies) {
  // A batch stays far below what the kernel buffers for replies, so sending all of it first cannot
  // block both sides for good; SO_SNDTIMEO bounds it in any case.
  if (const Outcome sent = send(bytes); sent != Outcome::kDone) return sent;
  for (size_t i = 0; i < count; ++i) {
    if (const Outcome read = receive(timeout, replies); read != Outcome::kDone) return read;
  }
  return Outcome::kDone;
}

Connection::Outcome Connection::wait(Milliseconds timeout, Replies& replies) {
  for (;;) {
    void* reply = nullptr;
    if (redisReaderGetReply(context_->reader, &reply) != REDIS_OK) return Outcome::kBroken;
    if (reply != nullptr) {
      replies.emplace_back(static_cast<redisReply*>(reply));
      return Outcome::kDone;
    }
    pollfd readable{.fd = context_->fd, .events = POLLIN, .revents = 0};
    const int ready = poll(&readable, 1, static_cast<int>(timeout.count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) return Outcome::kTimeout;
    if (ready < 0 || redisBufferRead(context_) != REDIS_OK) return Outcome::kBroken;
  }
}

bool Connection::stale() const {
  char byte = 0;
  const ssize_t seen = recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen >= 0 || errno != EAGAIN;
}

bool Connection::spoke_no_resp() const {
  return context_->err == REDIS_ERR_PROTOCOL;
}

}  // namespace taskfeed::redis
