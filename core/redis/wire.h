/// One non-blocking connection to Redis on a loop: bytes out, gathered by turn, and bytes in.
///
/// uv_poll with our own send(2) and recv(2) rather than a uv_stream or hiredis' asynchronous
/// context: no allocation for a read or a write, no SIGPIPE, and the parser sees the received
/// bytes where they lie.
///
/// Threads  The loop's.
/// Errors   on_broken() says why, once for each connect(); the wire is closed then.
/// Owns     Its socket, its two buffers, its handles.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/url.h"

struct uv_loop_s;

namespace taskfeed::redis {

struct WireLimits {
  size_t receive_bytes_min = 64 * 1024;         ///< Of the buffer, when nothing large is under way.
  size_t receive_bytes_max = 16 * 1024 * 1024;  ///< One push or reply; beyond it the wire breaks.
  size_t unsent_bytes_max = 64 * 1024 * 1024;   ///< A Redis that does not read; the wire breaks.
};

class Wire {
 public:
  class Owner {
   public:
    virtual void on_connected(Wire& wire) = 0;
    /// Answers how many of `bytes` were used; the rest comes again with more behind it. Empty for
    /// bytes that are not understood. May close the wire.
    virtual std::optional<size_t> on_bytes(Wire& wire, std::string_view bytes) = 0;
    virtual void on_broken(Wire& wire, std::string_view why) = 0;

   protected:
    ~Owner() = default;
  };

  Wire(uv_loop_s* loop, Owner& owner, const WireLimits& limits);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Answers on_connected() or on_broken(), never from within.
  void connect(const Url& url);
  /// Sent at the end of this turn of the loop, in order. Only while connected.
  void send(std::string_view bytes);
  /// Silently. Nothing is called for the wire until the next connect().
  void close();

 private:
  struct Handles;
  struct Address;

  void resolve(const Url& url);
  void try_next_address();
  void fail_later(std::string why);
  void on_ready(int status, int events);
  void on_attempt_ended(int error);
  void receive();
  void flush();
  void break_off(std::string why);
  void watch();

  uv_loop_s* loop_;
  Owner& owner_;
  const WireLimits limits_;
  Handles* handles_ = nullptr;  // Outlive the wire until libuv has closed them.
  std::vector<Address> addresses_;
  int socket_ = -1;
  bool connected_ = false;
  uint64_t life_ = 0;  // Counts connect() and close(): what was begun before is not ours.
  std::string unsent_;
  size_t sent_ = 0;
  std::vector<char> received_;
  size_t received_size_ = 0;
};

}  // namespace taskfeed::redis
