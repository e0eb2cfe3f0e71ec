/// systemd's two small protocols for services: sd_notify(3) and LISTEN_FDS (sd_listen_fds(3)).
///
/// Both are stable, and are spoken here in a few lines: libsystemd would bring five more libraries
/// into every call of the binary. systemd's own manual shows the same.
///
/// Threads  One at a time; the daemon's main thread.
/// Errors   Without a service manager everything does nothing; a lost notification is dropped,
/// since
///          the manager's timeout is the remedy.
/// Owns     Its socket. listening_sockets() hands descriptors over, once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "environment.h"

namespace taskfeed::cmd {

class ServiceManager {
 public:
  explicit ServiceManager(const Environment& environment);
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  void ready(std::string_view status) const;
  void status(std::string_view text) const;
  void reloading(MonoTime now) const;
  void stopping() const;
  void alive() const;  ///< The watchdog is fed.
  /// How often alive() is wanted: half of WATCHDOG_USEC. Empty: never.
  std::optional<Milliseconds> watchdog_interval() const { return watchdog_interval_; }
  /// Sockets that listen already, close-on-exec from here on.
  std::vector<int> listening_sockets() const;

 private:
  void notify(std::string_view text) const;

  int socket_ = -1;
  int sockets_given_ = 0;
  std::optional<Milliseconds> watchdog_interval_;
};

}  // namespace taskfeed::cmd
