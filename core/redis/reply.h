/// What Redis answered, and what an error reply means to the caller.
///
/// Threads  One at a time.
/// Errors   A reply of another shape than the caller expects reads as empty, never as a crash.
/// Owns     The hiredis reply tree.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"

struct redisReply;

namespace taskfeed::redis {

/// A borrowed view of one reply, or of an element of one.
class ReplyView {
 public:
  explicit ReplyView(const redisReply* reply) : reply_(reply) {}
  bool is_error() const;
  bool is_nil() const;
  bool is_array() const;
  /// Bytes of a string, status or error; empty for the rest.
  std::string_view text() const;
  /// An integer, or a string of decimal digits; 0 for the rest.
  int64_t integer() const;
  size_t size() const;  ///< Elements of an array; 0 for the rest.
  /// Nil where there is none.
  ReplyView at(size_t index) const;

 private:
  const redisReply* reply_;
};

struct ReplyFree {
  void operator()(redisReply* reply) const;
};

/// An owned reply.
class Reply {
 public:
  explicit Reply(redisReply* reply) : reply_(reply) {}
  ReplyView view() const { return ReplyView(reply_.get()); }

 private:
  std::unique_ptr<redisReply, ReplyFree> reply_;
};

using Replies = std::vector<Reply>;

/// An error reply of Redis itself as an Error that names `url` and says what to do. Refusals of our
/// scripts ("TF…") are the caller's to tell apart first; one that nobody expected is kInternal.
Error redis_error(std::string_view reply, std::string_view url);

}  // namespace taskfeed::redis
