/// The live channels of a run's topics on one bare connection, as any SUBSCRIBE client has them.
///
/// Threads  One.
/// Errors   A Redis that does not answer ends the program.
/// Owns     The connection.
#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <hiredis/hiredis.h>

#include "bench/flags.h"
#include "bench/topic_file.h"

namespace taskfeed::bench {

inline constexpr std::string_view kChannelPrefix = "taskfeed:{";

class LiveChannels {
 public:
  /// Returns once every subscription is acknowledged.
  LiveChannels(const std::string& socket_path, const std::vector<TopicLine>& topics)
      : context_(redisConnectUnix(socket_path.c_str()), redisFree) {
    if (context_ == nullptr || context_->err != 0) die("cannot connect to Redis");
    for (const TopicLine& topic : topics) {
      redisAppendCommand(context_.get(), "SUBSCRIBE taskfeed:{%s}:live", topic.task.c_str());
    }
    for (size_t i = 0; i < topics.size(); ++i) {
      void* reply = nullptr;
      if (redisGetReply(context_.get(), &reply) != REDIS_OK) die("SUBSCRIBE was not acknowledged");
      freeReplyObject(reply);
    }
  }

  int fd() const { return context_->fd; }

  /// Reads once what is there, and calls take(task, message) for each message, whose text is
  /// `<cursor> <type> <json>` and ends with a NUL.
  template <typename Take>
  void read(Take take) {
    if (redisBufferRead(context_.get()) != REDIS_OK) die("the connection to Redis broke");
    for (;;) {
      void* next = nullptr;
      if (redisGetReplyFromReader(context_.get(), &next) != REDIS_OK) die("no RESP");
      if (next == nullptr) return;
      const Reply reply(static_cast<redisReply*>(next), freeReplyObject);
      if (reply->elements != 3) continue;
      const redisReply& channel = *reply->element[1];
      const redisReply& message = *reply->element[2];
      const std::string_view name(channel.str, channel.len);
      take(name.substr(kChannelPrefix.size(), name.find('}') - kChannelPrefix.size()),
           std::string_view(message.str, message.len));
    }
  }

 private:
  using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

  std::unique_ptr<redisContext, decltype(&redisFree)> context_;
};

}  // namespace taskfeed::bench
