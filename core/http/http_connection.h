/// A connection while it speaks HTTP: reads requests, has them answered one after the other,
/// writes.
///
///   reading -> answering [-> waiting -> answering] -> writing -> reading …
///      |                                                 |
///      +--- refused -------------------------------------+--> lingering -> closed        or, a
///      stream: SseConnection
///
/// Threads  The loop's thread; a worker holds copies only.
/// Errors   To the client; a socket that fails is closed.
/// Owns     Its descriptor, the request under way, the unsent rest of an answer.
#pragma once

#include "http/connection.h"
#include "http/end_watch.h"

namespace taskfeed::http {

/// A Link of its own, so that a connection can hang in ServerCore::idle beside the wheel.
struct IdleLink : Link {};

struct Accepted {
  int descriptor;
  Address from;
  bool counted;  ///< `from` is counted in ServerCore::unserved.
  bool over;     ///< Over connections_max: only probes are answered.
};

class HttpConnection final : public Connection, private IdleLink {
 public:
  /// Takes the descriptor over. Ends at once where it cannot be watched.
  static void start(ServerCore& core, std::shared_ptr<const Access> access,
                    const Accepted& accepted);
  /// Closes the connection that has waited longest for a request, if it has for `least`.
  static bool evict_idle(ServerCore& core, Milliseconds least);

  void on_ready(uint32_t events) override;
  void on_due() override;
  void drain() override;
  void end() override;

 private:
  enum class Phase : uint8_t { kReading, kAnswering, kWaiting, kWriting, kLingering, kDead };

  HttpConnection(ServerCore& core, std::shared_ptr<const Access> access, const Accepted& accepted);

  // Reading.
  void read();
  void take(std::string_view bytes);
  void wait_for_request();
  void check_before_body();
  Circumstances circumstances() const;
  // Answering.
  void ask(Request request);
  bool submit_request(Lane lane, Request request, void (HttpConnection::*take)(Answer));
  template <class Work>
  bool submit(Lane lane, Work work);
  void take_answer(Answer answer);
  void take_check(uint64_t request, std::optional<Answer> answer);
  void take_last_answer(Answer answer);
  void begin_stream(Answer answer);
  void begin_wait(Wait wait);
  void ask_again();
  void refuse(int status, std::string_view detail);
  // Writing.
  void reply(Answer answer);
  void write();
  void answered();
  void linger();
  void interest(uint32_t events);
  void served();
  void count(const Answer& answer);
  void leave();

  /// A request that is to be asked again, and what tells when; the deadline does too.
  struct Waiting {
    Request request;
    std::unique_ptr<EndWatch> watch;
  };

  const std::shared_ptr<const Access> access_;
  RequestReader reader_;
  std::string ahead_;  ///< Came while a request was answered.
  std::string out_;
  size_t out_sent_ = 0;
  uint64_t request_ = 0;  ///< Counts them.
  std::string request_id_;
  std::unique_ptr<Waiting> waiting_;                ///< While it waits.
  std::chrono::steady_clock::time_point asked_at_;  ///< Measures; nothing is decided by it.
  Address from_;
  Tick since_ = 0;  ///< When this phase began; while writing, when bytes were last taken.
  uint32_t interest_ = 0;
  uint32_t lingered_bytes_ = 0;
  uint16_t jobs_ = 0;  ///< Workers that will come back.
  Phase phase_ = Phase::kReading;
  bool counted_;
  bool over_;
  bool body_begun_ = false;
  bool close_ = false;    ///< After the answer.
  bool refused_ = false;  ///< The client may still be sending.
  bool ended_ = false;    ///< The client sends nothing more.
};

}  // namespace taskfeed::http
