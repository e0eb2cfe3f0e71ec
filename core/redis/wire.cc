#include "redis/wire.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "base/assert.h"

namespace taskfeed::redis {

struct Wire::Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

struct Wire::Handles {
  uv_prepare_t prepare{};
  uv_check_t check{};
  uv_timer_t failure{};
  Wire* wire = nullptr;  // Null once the wire is gone.
  int open = 3;
  uv_poll_t* poll = nullptr;
  uv_getaddrinfo_t* lookup = nullptr;
  std::string why;

  static void closed(uv_handle_t* handle) {
    auto* handles = static_cast<Handles*>(handle->data);
    if (--handles->open == 0) delete handles;
  }
  static void poll_closed(uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); }

  template <class Handle>
  static void turn(Handle* handle) {
    auto* handles = static_cast<Handles*>(handle->data);
    uv_prepare_stop(&handles->prepare);
    uv_check_stop(&handles->check);
    handles->wire->flush();
  }
  static void looked_up(uv_getaddrinfo_t* request, int status, addrinfo* found);
};

Wire::Wire(uv_loop_s* loop, Owner& owner, const WireLimits& limits)
    : loop_(loop), owner_(owner), limits_(limits), handles_(new Handles) {
  handles_->wire = this;
  handles_->prepare.data = handles_->check.data = handles_->failure.data = handles_;
  uv_prepare_init(loop_, &handles_->prepare);
  uv_check_init(loop_, &handles_->check);
  uv_timer_init(loop_, &handles_->failure);
}

Wire::~Wire() {
  close();
  handles_->wire = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->prepare), Handles::closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->check), Handles::closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->failure), Handles::closed);
}

void Wire::connect(const Url& url) {
  close();
  ++life_;
  addresses_.clear();
  if (url.unix_path.empty()) {
    resolve(url);
    return;
  }
  Address address;
  auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
  local.sun_family = AF_UNIX;
  TF_ASSERT(url.unix_path.size() < sizeof local.sun_path);  // Url::parse() saw to it.
  std::memcpy(local.sun_path, url.unix_path.data(), url.unix_path.size());
  address.size = sizeof local;
  addresses_.push_back(address);
  try_next_address();
}

void Wire::Handles::looked_up(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  auto* wire = static_cast<Wire*>(request->data);
  if (wire != nullptr) {  // Else it was closed meanwhile.
    wire->handles_->lookup = nullptr;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
      Address address;
      std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
      address.size = at->ai_addrlen;
      wire->addresses_.push_back(address);
    }
    std::reverse(wire->addresses_.begin(), wire->addresses_.end());  // Tried from the back.
    if (status == 0) {
      wire->try_next_address();
    } else {
      wire->break_off(uv_strerror(status));
    }
  }
  uv_freeaddrinfo(found);
  delete request;
}

void Wire::resolve(const Url& url) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto* request = new uv_getaddrinfo_t;
  request->data = this;
  const std::string port = std::to_string(url.port);
  const int status =
      uv_getaddrinfo(loop_, request, Handles::looked_up, url.host.c_str(), port.c_str(), &hints);
  if (status != 0) {
    delete request;
    fail_later(uv_strerror(status));
    return;
  }
  handles_->lookup = request;
}

void Wire::try_next_address() {
  std::string why = "no address";
  while (!addresses_.empty()) {
    const Address address = addresses_.back();
    addresses_.pop_back();
    socket_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
      why = std::strerror(errno);
      continue;
    }
    const int on = 1;
    if (address.storage.ss_family != AF_UNIX) {
      setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      setsockopt(socket_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    const auto* name = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(socket_, name, address.size) == 0 || errno == EINPROGRESS) {
      handles_->poll = new uv_poll_t;
      handles_->poll->data = this;
      uv_poll_init(loop_, handles_->poll, socket_);
      watch();
      return;
    }
    why = std::strerror(errno);
    ::close(socket_);
    socket_ = -1;
  }
  fail_later(std::move(why));
}

void Wire::fail_later(std::string why) {
  handles_->why = std::move(why);
  uv_timer_start(
      &handles_->failure,
      [](uv_timer_t* timer) {
        auto* handles = static_cast<Handles*>(timer->data);
        handles->wire->break_off(std::move(handles->why));
      },
      0, 0);
}

void Wire::watch() {
  const bool writable = !connected_ || sent_ < unsent_.size();
  uv_poll_start(handles_->poll, UV_READABLE | (writable ? UV_WRITABLE : 0),
                [](uv_poll_t* poll, int status, int events) {
                  static_cast<Wire*>(poll->data)->on_ready(status, events);
                });
}

void Wire::close() {
  ++life_;
  connected_ = false;
  if (handles_->lookup != nullptr) {
    handles_->lookup->data = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(handles_->lookup));
    handles_->lookup = nullptr;
  }
  uv_timer_stop(&handles_->failure);
  uv_prepare_stop(&handles_->prepare);
  uv_check_stop(&handles_->check);
  if (handles_->poll != nullptr) {
    uv_close(reinterpret_cast<uv_handle_t*>(handles_->poll), Handles::poll_closed);
    handles_->poll = nullptr;
  }
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  unsent_ = {};
  sent_ = 0;
  received_ = {};
  received_size_ = 0;
}

void Wire::break_off(std::string why) {
  close();
  owner_.on_broken(*this, why);
}

namespace {

/// What happened to a socket; where the kernel does not say, what uv_poll made of it. That is EBADF
/// for every error (uv_poll_start's EPOLLERR), a refused connection among them.
int error_of(int socket, int status) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error == 0 && status < 0 ? -status : error;
}

}  // namespace

void Wire::on_ready(int status, int events) {
  if (!connected_) {
    on_attempt_ended(error_of(socket_, status));
    return;
  }
  if (status < 0) {
    break_off(std::strerror(error_of(socket_, status)));
    return;
  }
  const uint64_t life = life_;
  if ((events & UV_WRITABLE) != 0) flush();
  if (life == life_ && (events & (UV_READABLE | UV_DISCONNECT)) != 0) receive();
}

void Wire::on_attempt_ended(int error) {
  if (error == 0) {
    connected_ = true;
    watch();
    owner_.on_connected(*this);
    return;
  }
  uv_close(reinterpret_cast<uv_handle_t*>(handles_->poll), Handles::poll_closed);
  handles_->poll = nullptr;
  ::close(socket_);
  socket_ = -1;
  if (addresses_.empty()) {
    break_off(std::strerror(error));
  } else {
    try_next_address();
  }
}

void Wire::send(std::string_view bytes) {
  TF_ASSERT(connected_);
  if (sent_ == unsent_.size()) {
    unsent_.clear();
    sent_ = 0;
    // Whichever comes first: before this turn waits for the kernel, or after it has.
    uv_prepare_start(&handles_->prepare, Handles::turn<uv_prepare_t>);
    uv_check_start(&handles_->check, Handles::turn<uv_check_t>);
  }
  unsent_.append(bytes);
  if (unsent_.size() - sent_ > limits_.unsent_bytes_max) fail_later("it does not read");
}

void Wire::flush() {
  while (sent_ < unsent_.size()) {
    const ssize_t sent =
        ::send(socket_, unsent_.data() + sent_, unsent_.size() - sent_, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) break;
    if (sent < 0) {
      break_off(std::strerror(errno));
      return;
    }
    sent_ += static_cast<size_t>(sent);
  }
  if (sent_ == unsent_.size()) {
    // A burst of subscriptions must not leave its buffer behind.
    if (unsent_.capacity() > limits_.receive_bytes_min) unsent_ = {};
    unsent_.clear();
    sent_ = 0;
  }
  watch();
}

void Wire::receive() {
  if (received_.size() == received_size_) {
    const size_t larger = std::max(limits_.receive_bytes_min, received_.size() * 2);
    if (larger > limits_.receive_bytes_max) {
      break_off("it sent more at once than is accepted");
      return;
    }
    received_.resize(larger);
  }
  const ssize_t got =
      recv(socket_, received_.data() + received_size_, received_.size() - received_size_, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    break_off(got == 0 ? "it closed the connection" : std::strerror(errno));
    return;
  }
  received_size_ += static_cast<size_t>(got);
  const uint64_t life = life_;
  const auto used = owner_.on_bytes(*this, {received_.data(), received_size_});
  if (life != life_) return;
  if (!used) {
    break_off("it does not speak Redis' protocol");
    return;
  }
  TF_ASSERT(*used <= received_size_);
  received_size_ -= *used;
  if (received_size_ > 0) {
    std::memmove(received_.data(), received_.data() + *used, received_size_);
  } else if (received_.size() > 4 * limits_.receive_bytes_min) {
    received_.resize(limits_.receive_bytes_min);
    received_.shrink_to_fit();
  }
}

}  // namespace taskfeed::redis
