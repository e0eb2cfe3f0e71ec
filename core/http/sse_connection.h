/// A connection that has become a stream: the hub's Sink on one side, a socket on the other.
///
/// deliver() only queues; the frames of a turn go out together in one sendmsg(2) when it ends. What
/// the client sends is not read: its end (or its absence) is all that matters. Everything that
/// framed the request is gone by now, since a daemon holds tens of thousands of these.
///
/// Threads  The loop's thread.
/// Errors   A socket that fails is closed; the client comes back with its cursor.
/// Owns     Its descriptor, its subscription, references to unsent frames.
#pragma once

#include "http/connection.h"
#include "hub/hub.h"

namespace taskfeed::http {

class SseConnection final : public hub::Sink, public Connection {
 public:
  /// Follows the task, or says why not: then it was never there. `descriptor` is taken only on
  /// success. `head` is the answer's.
  static Result<void> start(ServerCore& core, const StreamDecision& decision, int descriptor,
                            std::string head);
  ~SseConnection() override;

  size_t deliver(const FramePtr& frame) override;
  size_t pending_bytes() const override { return queue_.bytes(); }
  void closed(hub::CloseReason reason) override;

  void on_ready(uint32_t events) override;
  void on_due() override;
  void drain() override;
  void end() override;
  /// Sends what is queued, and ends the connection where that was the last.
  void flush();

 private:
  SseConnection(ServerCore& core, const StreamDecision& decision);
  void push(const FramePtr& frame);
  void push_farewell();
  void push_last();
  void touch();
  void write();
  void wait_until_writable();
  Tick next_due() const;
  bool subscribed() const { return subscription_ != nullptr; }
  void unsubscribe();

  Tick wrote_at_ = 0;  ///< When the socket last took bytes, or was found full.
  union {
    hub::Subscription* subscription_ = nullptr;
    hub::ManyReader* many_reader_;  ///< Where many_.
  };
  FrameQueue queue_;
  uint16_t heartbeat_ticks_;
  bool heartbeat_event_;
  const bool many_;
  bool touched_ = false;  ///< In ServerCore::touched.
  bool full_ = false;     ///< The socket takes nothing; asked to be told when it does.
  bool failed_ = false;
  bool ending_ = false;  ///< Close once the queue is empty.
};

// The order of bases and members leaves no hole; with the allocator's word it costs 112 bytes.
static_assert(sizeof(SseConnection) <= 104);

}  // namespace taskfeed::http
