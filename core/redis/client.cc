#include "redis/client.h"

#include <algorithm>

namespace taskfeed::redis {
namespace {

using Outcome = Connection::Outcome;

}  // namespace

Client::Client(Url url, const Clock& clock, const ClientLimits& limits)
    : url_(std::move(url)), name_(url_.str()), clock_(clock), limits_(limits) {
  TF_ASSERT(limits.timeout.count() > 0 && limits.connections_max > 0);
  TF_ASSERT(limits.backoff_initial <= limits.backoff_max);
}

Client::~Client() = default;

void Client::opened(const std::string& why) {
  healthy_ = false;
  const Locked lock(mutex_);
  idle_.clear();  // They lead to the same Redis.
  backoff_ = open_ ? std::min(backoff_ * 2, limits_.backoff_max) : limits_.backoff_initial;
  open_ = true;
  probing_ = false;
  probe_at_ = clock_.mono() + backoff_;
  why_ = why;
}

void Client::closed() {
  healthy_ = true;
  const Locked lock(mutex_);
  open_ = false;
  probing_ = false;
}

Result<std::unique_ptr<Connection>> Client::connect() {
  bool probe = false;
  {
    const Locked lock(mutex_);
    if (open_) {
      if (probing_ || clock_.mono() < probe_at_) return Error{Errc::kUnavailable, why_};
      probing_ = true;
      probe = true;
    }
  }
  auto connection = Connection::open(url_, limits_.timeout);
  if (!connection) {
    opened(connection.error().text);
    return connection.error();
  }
  connects_.fetch_add(1, std::memory_order_relaxed);
  if (probe) {
    // A stopped Redis still accepts: only an answer proves it.
    Batch ping((*connection)->known());
    ping.command({"PING"});
    Replies replies;
    if ((*connection)->exchange(ping.bytes(), 1, limits_.timeout, replies) != Outcome::kDone) {
      Error error{Errc::kUnavailable, "Redis at " + name_ +
                                          " does not answer: look whether it "
                                          "is stopped or overloaded."};
      opened(error.text);
      return error;
    }
    if (replies[0].view().is_error()) {
      Error error = this->error(replies[0].view());
      opened(error.text);
      return error;
    }
    closed();
  }
  return connection;
}

Result<std::unique_ptr<Connection>> Client::borrow() {
  {
    const Locked lock(mutex_);
    if (in_use_ >= limits_.connections_max) {
      return Error{Errc::kUnavailable, "All " + std::to_string(limits_.connections_max) +
                                           " connections to Redis at " + name_ +
                                           " are in use: try again in a moment."};
    }
    while (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->stale()) continue;
      ++in_use_;
      return connection;
    }
    ++in_use_;
  }
  auto connection = connect();
  if (!connection) give_back(nullptr);
  return connection;
}

void Client::give_back(std::unique_ptr<Connection> connection) {
  const Locked lock(mutex_);
  TF_ASSERT(in_use_ > 0);
  --in_use_;
  if (connection && !open_ && idle_.size() < limits_.idle_max) {
    idle_.push_back(std::move(connection));
  }
}

Outcome Client::exchange(Connection& connection, const Fill& fill, bool repeated,
                         Milliseconds timeout, Replies& replies) {
  Batch batch(connection.known());
  fill(batch, repeated);
  round_trips_.fetch_add(1, std::memory_order_relaxed);
  replies.reserve(batch.size());
  const Outcome first = connection.exchange(batch.bytes(), batch.size(), timeout, replies);
  if (first != Outcome::kDone) return first;
  const auto noscript = std::find_if(replies.begin(), replies.end(), [](const Reply& reply) {
    return reply.view().is_error() && reply.view().text().starts_with("NOSCRIPT");
  });
  if (noscript == replies.end()) return Outcome::kDone;
  // Scripts were flushed under us. The commands before the first unknown one took effect; from
  // there on all go again, in order, with the scripts' text.
  const auto done = static_cast<size_t>(noscript - replies.begin());
  replies.erase(noscript, replies.end());
  connection.known().forget();
  Batch again(connection.known());
  fill(again, repeated);
  round_trips_.fetch_add(1, std::memory_order_relaxed);
  return connection.exchange(again.bytes(done), again.size() - done, timeout, replies);
}

Error Client::lost(Repeat repeat, Outcome outcome) const {
  const std::string what =
      outcome == Outcome::kTimeout ? " did not answer in time" : " closed the connection";
  if (repeat == Repeat::kHarmless) {
    return {Errc::kUnavailable, "Redis at " + name_ + what + ": try again in a moment."};
  }
  return {Errc::kTimeout, "Redis at " + name_ + what +
                              "; whether the change took effect is unknown: look, or try again."};
}

Result<Replies> Client::call(const Fill& fill, const Options& options) {
  std::optional<Error> first_loss;
  for (bool repeated = false;; repeated = true) {
    auto borrowed = borrow();
    if (!borrowed) {
      return first_loss && options.repeat != Repeat::kHarmless ? *first_loss : borrowed.error();
    }
    std::unique_ptr<Connection> connection = std::move(borrowed).value();
    Replies replies;
    const Outcome outcome =
        exchange(*connection, fill, repeated, limits_.timeout + options.wait, replies);
    if (outcome == Outcome::kDone) {
      give_back(std::move(connection));
      return replies;
    }
    connection.reset();
    give_back(nullptr);
    const Error error = lost(options.repeat, outcome);
    // A timeout is not repeated: a Redis that hangs would take the time twice.
    if (outcome == Outcome::kTimeout) {
      opened(error.text);
      return error;
    }
    if (repeated || options.repeat == Repeat::kNever) return error;
    first_loss = error;
  }
}

}  // namespace taskfeed::redis
