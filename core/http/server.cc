#include "http/server.h"

#include "http/connection.h"
#include "http/listener.h"

namespace taskfeed::http {

class Server::Impl {
 public:
  Impl(const ServerPorts& ports, const ServerLimits& limits) : core(ports, limits) {}
  ~Impl() {
    listeners.clear();
    core.wheel.for_each([](Timed& timed) { delete &static_cast<Connection&>(timed); });
  }

  void close_all() {
    core.wheel.for_each([](Timed& timed) { static_cast<Connection&>(timed).end(); });
  }

  ServerCore core;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::optional<loop::Timer> grace;
};

Server::Server(const ServerPorts& ports, const ServerLimits& limits)
    : impl_(std::make_unique<Impl>(ports, limits)) {}

Server::~Server() = default;

Result<void> Server::listen(ListeningSocket socket, const Access& access) {
  TF_ASSERT(impl_->core.ports.loop.on_loop_thread());
  if (impl_->core.poller == nullptr) {
    return {Errc::kUnavailable, "no descriptor is left to watch sockets with"};
  }
  Result<std::unique_ptr<Listener>> listener =
      Listener::start(impl_->core, std::move(socket), access);
  if (!listener) return listener.error();
  impl_->listeners.push_back(*std::move(listener));
  return {};
}

void Server::drain(Milliseconds grace) {
  ServerCore& core = impl_->core;
  TF_ASSERT(core.ports.loop.on_loop_thread());
  if (core.draining) return;
  core.draining = true;
  impl_->listeners.clear();
  core.wheel.for_each([](Timed& timed) { static_cast<Connection&>(timed).drain(); });
  impl_->grace.emplace(core.ports.loop);
  impl_->grace->start(grace, Milliseconds(0), [impl = impl_.get()] { impl->close_all(); });
}

bool Server::idle() const {
  return impl_->core.draining && impl_->core.stats.connections == 0;
}

ServerStats Server::stats() const {
  return impl_->core.stats;
}

const RequestStats& Server::request_stats() const {
  return impl_->core.request_stats;
}

}  // namespace taskfeed::http
