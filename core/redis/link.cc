#include "redis/link.h"

#include <algorithm>

#include <uv.h>

#include "base/assert.h"
#include "redis/batch.h"
#include "redis/reply.h"

namespace taskfeed::redis {

Link::Link(loop::Loop& loop, const Url& url, Owner& owner, const LinkLimits& limits, bool pings)
    : loop_(loop),
      url_(url),
      name_(url.str()),
      owner_(owner),
      limits_(limits),
      pings_(pings),
      wire_(loop.raw(), *this, limits.wire),
      watch_timer_(loop),
      retry_timer_(loop),
      random_(std::random_device{}()) {
  TF_ASSERT(limits.backoff_initial.count() > 0 && limits.backoff_initial <= limits.backoff_max);
  heard_at_ms_ = now_ms();
  watch_timer_.start(limits.watch_interval, limits.watch_interval, [this] { watch(); });
  connect();
}

uint64_t Link::now_ms() const {
  return uv_now(loop_.raw());
}

void Link::connect() {
  phase_ = Phase::kConnecting;
  phase_since_ms_ = now_ms();
  owed_ = suspected_ = false;
  wire_.connect(url_);
}

void Link::on_connected(Wire&) {
  KnownScripts none;
  Batch hello(none);
  if (!url_.password.empty() && url_.user.empty()) hello.command({"AUTH", url_.password});
  if (!url_.user.empty()) hello.command({"AUTH", url_.user, url_.password});
  if (url_.db != 0) hello.command({"SELECT", std::to_string(url_.db)});
  hello.command({"PING"});
  greetings_ = hello.size();
  wire_.send(hello.bytes());
}

std::optional<size_t> Link::greet(std::string_view text) {
  size_t used = 0;
  while (greetings_ > 0) {
    const std::string_view rest = text.substr(used);
    const size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return used;
    if (!rest.starts_with('+')) {
      const std::string_view error = rest.substr(0, end);
      lose(error.starts_with('-') ? redis_error(error.substr(1), name_).text
                                  : name_ + " does not answer as a Redis does.");
      return std::nullopt;
    }
    used += end + 2;
    --greetings_;
  }
  return used;
}

std::optional<size_t> Link::on_bytes(Wire&, std::string_view bytes) {
  heard_at_ms_ = now_ms();
  owed_ = false;
  size_t used = 0;
  if (phase_ == Phase::kConnecting) {
    const std::optional<size_t> greeted = greet(bytes);
    if (!greeted) return 0;
    if (greetings_ > 0) return *greeted;
    used = *greeted;
    phase_ = Phase::kUp;
    phase_since_ms_ = now_ms();
    told_ = false;
    owner_.on_up(*this);
  }
  if (phase_ != Phase::kUp || used == bytes.size()) return used;
  const std::optional<size_t> more = owner_.on_bytes(*this, bytes.substr(used));
  if (!more) return std::nullopt;
  return used + *more;
}

void Link::on_broken(Wire&, std::string_view why) {
  lose("Redis at " + name_ + " cannot be reached (" + std::string(why) + ").");
}

void Link::send(std::string_view bytes) {
  TF_ASSERT(phase_ == Phase::kUp);
  wire_.send(bytes);
  expect();
}

void Link::expect() {
  if (owed_) return;
  owed_ = true;
  suspected_ = false;
  owed_since_ms_ = now_ms();
}

void Link::lose(const std::string& why) {
  if (phase_ == Phase::kWaiting) return;
  phase_ = Phase::kWaiting;
  wire_.close();
  backoff_ =
      backoff_.count() == 0 ? limits_.backoff_initial : std::min(backoff_ * 2, limits_.backoff_max);
  const auto most = static_cast<uint64_t>(backoff_.count());
  const Milliseconds delay(static_cast<int64_t>(most - random_() % (most / 2 + 1)));
  retry_timer_.start(delay, Milliseconds(0), [this] { connect(); });
  if (told_) return;
  told_ = true;
  owner_.on_down(*this, why);
}

void Link::watch() {
  if (phase_ == Phase::kWaiting) return;
  const auto most = static_cast<uint64_t>(limits_.timeout.count());
  const std::string silent =
      "Redis at " + name_ + " does not answer: look whether it is stopped or overloaded.";
  const uint64_t since = now_ms() - phase_since_ms_;
  if (phase_ == Phase::kConnecting) {
    if (since > most) lose(silent);
    return;
  }
  if (since >= 1'000) backoff_ = Milliseconds(0);  // It held, so the next loss is a new one.
  if (owed_ && now_ms() - owed_since_ms_ >= most) {
    // Twice in a row: where this loop itself stood still, the answer may lie unread.
    if (suspected_) {
      lose(silent);
      return;
    }
    suspected_ = true;
  }
  if (pings_ && !owed_) send("*1\r\n$4\r\nPING\r\n");
}

}  // namespace taskfeed::redis
