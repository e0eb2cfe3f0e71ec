/// Where a daemon listens, and the socket that does.
///
/// Threads  Values and one-owner resources; a socket is opened on any thread and handed to a
///          Server on its loop's thread.
/// Errors   parse(): kInvalid, naming the part that is wrong. open(): kConflict where another
///          process listens there, kForbidden, else kUnavailable; each names the address.
/// Owns     The descriptor, and the file of a unix socket that it made itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace taskfeed::http {

struct ListenAddress {
  std::string host;       ///< An IP address, IPv6 without its brackets; empty: a unix socket.
  uint16_t port = 0;      ///< 0: the kernel chooses; Server::port() tells.
  std::string unix_path;  ///< Empty: TCP.

  /// "127.0.0.1:8000", "localhost:8000", "[::1]:8000", ":8000" (every IPv4 address), "unix:PATH".
  /// Names other than localhost are refused: an address is bound, not looked up.
  static Result<ListenAddress> parse(std::string_view text);
  std::string str() const;
  /// Only this machine reaches it: 127.0.0.0/8, ::1, a unix socket.
  bool is_local() const;
  bool operator==(const ListenAddress&) const = default;
};

class ListeningSocket {
 public:
  /// `reuse_port`: each shard opens the same TCP address, and the kernel spreads the clients; a
  /// unix socket is opened once, and share()d. The file of a unix socket gets mode 0600; a file
  /// left by a daemon that is gone is replaced, any other is refused.
  static Result<ListeningSocket> open(const ListenAddress& address, bool reuse_port);
  /// A descriptor handed down (sd_listen_fds(3)); taken over also on failure.
  static Result<ListeningSocket> adopt(int descriptor);
  /// Another descriptor of the same socket, for another shard.
  Result<ListeningSocket> share() const;

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&& other) noexcept;
  ~ListeningSocket();

  int descriptor() const { return descriptor_; }
  /// With the port that was bound.
  const ListenAddress& address() const { return address_; }

 private:
  ListeningSocket(int descriptor, ListenAddress address, bool owns_file)
      : descriptor_(descriptor), address_(std::move(address)), owns_file_(owns_file) {}

  int descriptor_ = -1;
  ListenAddress address_;
  bool owns_file_ = false;
};

}  // namespace taskfeed::http
