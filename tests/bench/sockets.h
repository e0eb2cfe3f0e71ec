/// Non-blocking sockets on loopback or in a folder, and the few calls around them.
///
/// An address is `127.0.0.1:PORT` (port 0: the kernel chooses) or `unix:PATH`. Nothing but loopback
/// can be named.
///
/// Threads  Any.
/// Errors   A call that the kernel refuses ends the program: a benchmark that limps measures
///          nothing.
/// Owns     Nothing; the caller closes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace taskfeed::bench {

/// Listens; `address` gets the port that was chosen.
int listen_on(std::string& address);
/// Begins to connect, without waiting. TCP clients come from 127.0.0.1 up to 127.0.0.4 in turn, by
/// `number`: with one address the kernel's search for a free port would be what is measured.
int begin_connect(const std::string& address, uint32_t number);
/// Connected, blocking.
int connect_blocking(const std::string& address);
/// As the daemon does: small writes must not wait for one another.
void set_no_delay(int socket);
/// Closing sends a reset, so that tens of thousands of streams leave no port in TIME_WAIT.
void reset_on_close(int socket);
/// All of it, on a blocking socket.
void write_all(int socket, std::string_view bytes);

/// CLOCK_MONOTONIC, the same in every process of the machine.
uint64_t now_ns();
/// User and system time of this process.
double cpu_seconds();

/// Lifts the soft limit of descriptors to the hard one.
void raise_descriptor_limit();

/// epoll, with a number to tell the sockets apart.
class Poll {
 public:
  Poll();
  ~Poll();
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;
  enum class For { kReading, kWriting };
  void add(int socket, uint64_t number, For what = For::kReading) const;
  void change(int socket, uint64_t number, bool writing_too) const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace taskfeed::bench
