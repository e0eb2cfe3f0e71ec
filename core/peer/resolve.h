/// Addresses of a host, with an end to the wait: getaddrinfo(3) itself knows none.
///
/// Threads  resolve() blocks its caller until `until` or a stop. A name that is no address is
/// looked
///          up on a thread of its own, which is left behind where the wait ends first.
/// Errors   None thrown: Resolved says what happened.
/// Owns     The addresses, through Resolved.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "base/clock.h"

namespace taskfeed::peer {

struct Address {
  sockaddr_storage place{};
  socklen_t size = 0;
};

struct Resolved {
  enum class How { kFound, kLate, kStopped, kFailed };
  How how = How::kFound;
  std::vector<Address> addresses;
  std::string why;  ///< Of kFailed.
};

Resolved resolve(const std::string& host, int port, MonoTime until, const std::stop_token& stop);

}  // namespace taskfeed::peer
