// Daemon's sockets: where it listens, for which shard, and whom it answers there.
#include "daemon.h"
#include "token_files.h"

namespace taskfeed::cmd {

Result<void> Daemon::open_shards() {
  std::vector<std::vector<Door>> doors(options_.shards);
  for (const int descriptor : options_.inherited) {
    if (auto done = adopt(doors, descriptor); !done) return done;
  }
  for (const http::ListenAddress& address : options_.listen) {
    if (auto done = add_doors(doors, address); !done) return done;
  }
  http::ListenAddress local;
  local.unix_path = options_.local_socket;
  if (auto done = add_doors(doors, local); !done) return done;

  for (size_t i = 0; i < options_.shards; ++i) {
    auto shard =
        Shard::create(url_, {api_, pool_, deps_.clock, deps_.log}, shard_limits(options_.shards));
    if (!shard) return shard.error();
    shards_.push_back(*std::move(shard));
  }
  // Once there is a door, requests ask how all shards are.
  for (size_t i = 0; i < options_.shards; ++i) {
    if (auto opened = shards_[i]->open(std::move(doors[i])); !opened) return opened;
  }
  return {};
}

/// One socket for each shard.
Result<std::vector<http::ListeningSocket>> Daemon::bind(const http::ListenAddress& address) {
  std::vector<http::ListeningSocket> sockets;
  const bool spread = options_.shards > 1 && address.unix_path.empty();
  http::ListenAddress bound = address;
  if (spread) {
    // SO_REUSEPORT would let a second daemon of ours in beside the first, and halve its clients:
    // so the address must be free for a socket that shares it with nobody, a moment before.
    auto alone = http::ListeningSocket::open(address, false);
    if (!alone) return alone.error();
    bound = alone->address();
  }
  auto first = http::ListeningSocket::open(bound, spread);
  if (!first) return first.error();
  bound = first->address();
  sockets.push_back(*std::move(first));
  while (sockets.size() < options_.shards) {
    auto next = spread ? http::ListeningSocket::open(bound, true) : sockets.front().share();
    if (!next) return next.error();
    sockets.push_back(*std::move(next));
  }
  return sockets;
}

Result<void> Daemon::add_doors(std::vector<std::vector<Door>>& doors,
                               const http::ListenAddress& address) {
  auto sockets = bind(address);
  if (!sockets) return sockets.error();
  const http::ListenAddress bound = sockets->front().address();
  for (size_t i = 0; i < options_.shards; ++i) {
    doors[i].push_back({std::move((*sockets)[i]), access_of(bound)});
  }
  const std::string scheme = bound.unix_path.empty() ? "http://" : "";
  deps_.log.info("listening on " + scheme + bound.str());
  return {};
}

Result<void> Daemon::adopt(std::vector<std::vector<Door>>& doors, int descriptor) {
  auto socket = http::ListeningSocket::adopt(descriptor);
  if (!socket) return socket.error();
  const http::ListenAddress address = socket->address();
  if (!address.is_local() && !options_.beyond_loopback) return beyond_loopback(address);
  for (size_t i = 0; i + 1 < options_.shards; ++i) {
    auto shared = socket->share();
    if (!shared) return shared.error();
    doors[i].push_back({*std::move(shared), access_of(address)});
  }
  doors.back().push_back({*std::move(socket), access_of(address)});
  deps_.log.info("listening on " + address.str() + ", which was handed down");
  return {};
}

http::Access Daemon::access_of(const http::ListenAddress& address) const {
  http::Access access;
  access.hosts = options_.hosts;
  access.origins = options_.origins;
  if (!address.unix_path.empty()) access.hosts = http::HostRule::anything();
  // Only our own user comes to the local socket, whose folder is closed to others.
  if (address.unix_path != options_.local_socket) access.tokens = tokens_;
  // Who listens on one address of the machine is called by it.
  const bool v6 = address.host.find(':') != address.host.npos;
  if (!address.host.empty()) {
    access.hosts.names.push_back(v6 ? "[" + address.host + "]" : address.host);
  }
  return access;
}

Result<void> Daemon::load_tokens() {
  if (options_.tokens_file.empty()) return {};
  auto grants = read_token_grants(options_.tokens_file);
  if (!grants) return grants.error();
  if (grants->empty()) {
    deps_.log.warn("there is no token in " + options_.tokens_file + ": nobody may call");
  }
  if (!tokens_) {
    tokens_ = std::make_shared<http::TokenBook>(*std::move(grants));
  } else {
    tokens_->replace(*std::move(grants));
  }
  return {};
}

Error beyond_loopback(const http::ListenAddress& address) {
  return {Errc::kInvalid,
          "--listen " + address.str() +
              " can be reached from other machines, and nothing here is encrypted: listen on "
              "127.0.0.1 or unix:PATH, or add --behind-proxy where a proxy with TLS that checks "
              "who calls stands before it"};
}

}  // namespace taskfeed::cmd
