#include "peer/resolve.h"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

#include <netdb.h>

namespace taskfeed::peer {
namespace {

Resolved look_up(const std::string& host, int port, int flags) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list);
  Resolved resolved;
  if (failed != 0) {
    resolved.how = Resolved::How::kFailed;
    resolved.why = ::gai_strerror(failed);
    return resolved;
  }
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    Address address;
    std::memcpy(&address.place, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    resolved.addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return resolved;
}

/// Outlives the wait where the resolver is slower.
struct Lookup {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool done = false;
  Resolved resolved;
};

}  // namespace

Resolved resolve(const std::string& host, int port, MonoTime until, const std::stop_token& stop) {
  Resolved literal = look_up(host, port, AI_NUMERICHOST);
  if (literal.how == Resolved::How::kFound) return literal;
  const auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([lookup, host, port] {
      Resolved resolved = look_up(host, port, 0);
      const std::lock_guard lock(lookup->mutex);
      lookup->resolved = std::move(resolved);
      lookup->done = true;
      lookup->changed.notify_all();
    }).detach();
  } catch (const std::system_error& error) {
    return {Resolved::How::kFailed, {}, std::string("no thread to ask with: ") + error.what()};
  }
  std::unique_lock lock(lookup->mutex);
  lookup->changed.wait_until(lock, stop, until, [&lookup] { return lookup->done; });
  if (lookup->done) return std::move(lookup->resolved);
  const bool stopped = stop.stop_requested();
  return {stopped ? Resolved::How::kStopped : Resolved::How::kLate, {}, {}};
}

}  // namespace taskfeed::peer
