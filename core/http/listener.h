/// Accepts, and turns away what there is no room for.
///
/// Threads  The loop's thread.
/// Errors   Out of descriptors, a reserve one is given up for the moment that it takes to answer
///          503: a client that waits in the kernel's queue instead would learn nothing.
/// Owns     The listening socket and the reserve descriptor.
#pragma once

#include "http/connection.h"

namespace taskfeed::http {

class Listener final : public Pollable {
 public:
  static Result<std::unique_ptr<Listener>> start(ServerCore& core, ListeningSocket socket,
                                                 const Access& access);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void on_ready(uint32_t events) override;

 private:
  Listener(ServerCore& core, ListeningSocket socket, const Access& access);
  bool accept_one();
  bool make_room();
  bool accept_on_reserve();
  bool count(const Address& from);

  ServerCore& core_;
  ListeningSocket socket_;
  const std::shared_ptr<const Access> access_;
  int reserve_ = -1;
};

}  // namespace taskfeed::http
