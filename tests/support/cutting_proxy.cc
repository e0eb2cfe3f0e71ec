#include "support/cutting_proxy.h"

#include <algorithm>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"

namespace taskfeed::testing {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  TF_ASSERT(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string path, std::string target)
    : path_(std::move(path)), target_(std::move(target)) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(path_);
  TF_ASSERT(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  TF_ASSERT(listen(listener_, 64) == 0);
  TF_ASSERT(pipe2(wake_, O_CLOEXEC | O_NONBLOCK) == 0);
  thread_ = std::thread([this] { run(); });
}

CuttingProxy::~CuttingProxy() {
  stop_ = true;
  wake();
  thread_.join();
  for (const Pair& pair : pairs_) {
    close(pair.client);
    close(pair.server);
  }
  close(listener_);
  close(wake_[0]);
  close(wake_[1]);
  unlink(path_.c_str());
}

void CuttingProxy::wake() {
  (void)!write(wake_[1], "x", 1);
}

void CuttingProxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(target_);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  pairs_.push_back({client, server});
}

bool CuttingProxy::forward(int from, int to, std::atomic<long>& left) {
  char bytes[16 * 1024];
  const ssize_t got = recv(from, bytes, sizeof bytes, 0);
  if (got <= 0) return false;
  ssize_t pass = got;
  bool cut = false;
  if (left >= 0) {
    cut = got > left;
    pass = std::min<ssize_t>(got, left);
    left = cut ? -1 : left - pass;
  }
  for (ssize_t at = 0; at < pass;) {
    const ssize_t sent = send(to, bytes + at, static_cast<size_t>(pass - at), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += sent;
  }
  if (cut) ++cuts_;
  return !cut;
}

void CuttingProxy::run() {
  while (!stop_) {
    std::vector<pollfd> polled{{listener_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      polled.push_back({pair.client, POLLIN, 0});
      polled.push_back({pair.server, POLLIN, 0});
    }
    poll(polled.data(), polled.size(), -1);
    char drained[64];
    while (read(wake_[0], drained, sizeof drained) > 0) {
    }
    const bool all = cut_all_.exchange(false);
    std::vector<Pair> kept;
    for (size_t i = 0; i < pairs_.size(); ++i) {
      const Pair pair = pairs_[i];
      bool open = !all;
      if (open && polled[2 + 2 * i].revents != 0)
        open = forward(pair.client, pair.server, request_left_);
      if (open && polled[3 + 2 * i].revents != 0)
        open = forward(pair.server, pair.client, reply_left_);
      if (open) {
        kept.push_back(pair);
      } else {
        close(pair.client);
        close(pair.server);
      }
    }
    pairs_ = std::move(kept);
    if (polled[0].revents != 0) accept_one();
  }
}

}  // namespace taskfeed::testing
