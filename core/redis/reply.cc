#include "redis/reply.h"

#include <charconv>

#include <hiredis/hiredis.h>

namespace taskfeed::redis {

bool ReplyView::is_error() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ERROR;
}
bool ReplyView::is_nil() const {
  return reply_ == nullptr || reply_->type == REDIS_REPLY_NIL;
}
bool ReplyView::is_array() const {
  return reply_ != nullptr && reply_->type == REDIS_REPLY_ARRAY;
}

std::string_view ReplyView::text() const {
  if (reply_ == nullptr || reply_->str == nullptr) return {};
  if (reply_->type != REDIS_REPLY_STRING && reply_->type != REDIS_REPLY_STATUS &&
      reply_->type != REDIS_REPLY_ERROR) {
    return {};
  }
  return {reply_->str, reply_->len};
}

int64_t ReplyView::integer() const {
  if (reply_ == nullptr) return 0;
  if (reply_->type == REDIS_REPLY_INTEGER) return reply_->integer;
  int64_t value = 0;
  const std::string_view digits = text();
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

size_t ReplyView::size() const {
  return is_array() ? reply_->elements : 0;
}

ReplyView ReplyView::at(size_t index) const {
  return ReplyView(index < size() ? reply_->element[index] : nullptr);
}

void ReplyFree::operator()(redisReply* reply) const {
  freeReplyObject(reply);
}

Error redis_error(std::string_view reply, std::string_view url) {
  const std::string at = "Redis at " + std::string(url);
  const auto is = [&](std::string_view code) { return reply.starts_with(code); };
  // Before Redis 7 a script's error is wrapped: "ERR Error running script …: -OOM …".
  const auto holds = [&](std::string_view code) { return reply.find(code) != reply.npos; };
  if (is("OOM ") || holds("-OOM ")) {
    return {Errc::kFull, at + " is out of memory (maxmemory); nothing was stored. Raise maxmemory, "
                              "or free memory, and try again."};
  }
  if (is("MISCONF ") || holds("-MISCONF ")) {
    return {Errc::kFull, at + " cannot write to its disk and takes no changes; nothing was stored. "
                              "Free space there, and look into its log."};
  }
  if (is("NOAUTH") || is("WRONGPASS") || is("ERR invalid password")) {
    return {Errc::kUnavailable,
            at + " wants a user and a password that are right: put them into the URL, as "
                 "redis://user:password@host."};
  }
  if (is("ERR AUTH") || is("ERR Client sent AUTH")) {
    return {Errc::kUnavailable, at + " has no password set, but the URL holds one: leave it out."};
  }
  if (is("NOPERM") || holds("-NOPERM ")) {
    return {Errc::kUnavailable,
            at + " does not permit this user what taskfeed needs: " + std::string(reply) + "."};
  }
  if (is("LOADING")) {
    return {Errc::kUnavailable, at + " is still loading its data: try again in a moment."};
  }
  if (is("READONLY") || holds("-READONLY ")) {
    return {Errc::kUnavailable, at + " is a read-only replica: name the master instead."};
  }
  if (is("WRONGTYPE") || holds("WRONGTYPE ")) {
    return {Errc::kInternal, at + " holds a key of another program under taskfeed's prefix: choose "
                                  "another prefix or database."};
  }
  if (is("ERR DB index") || is("ERR invalid DB")) {
    return {Errc::kUnavailable, at + " has no database of that number."};
  }
  if (is("MOVED") || is("ASK") || is("CLUSTERDOWN") || is("CROSSSLOT")) {
    return {Errc::kUnavailable, at + " is a node of a cluster, which is not supported: name a "
                                     "single Redis or a proxy."};
  }
  if (is("BUSY") || is("MASTERDOWN") || is("TRYAGAIN") || is("ERR max number of clients") ||
      is("NOREPLICAS")) {
    return {Errc::kUnavailable, at + " cannot answer now: " + std::string(reply) + "."};
  }
  return {Errc::kInternal, at + " answered: " + std::string(reply)};
}

}  // namespace taskfeed::redis
