#include "redis/redis_bridge.h"

namespace taskfeed::redis {
namespace {

/// Nobody else's, ever; short, since it is kept beside what was seen.
std::string listener_name(IdSource& ids, size_t pattern) {
  const std::string id = ids.uuid7().str();
  return id.substr(24) + std::to_string(pattern);
}

}  // namespace

RedisBridge::RedisBridge(loop::Loop& loop, const Url& url, const Ports& ports,
                         const RedisBridgeOptions& options)
    : patterns_(options.patterns),
      store_(loop, url, *this, ports.log, options.store),
      bridge_({store_, ports.log, ports.clock, ports.ids}, options.bridge),
      ear_(loop, url,
           {.patterns = options.patterns,
            .own_prefix = options.store.prefix,
            .published_bytes_max = options.bridge.limits.normalise.heard_bytes_max,
            .link = options.ear},
           *this, ports.log),
      look_timer_(loop) {
  TF_ASSERT(options.bridge.limits.look_back_after < options.store.window);
  for (size_t n = 0; n < patterns_.size(); ++n) {
    listeners_.push_back({listener_name(ports.ids, n), 0});
  }
  look_timer_.start(options.look_interval, options.look_interval, [this] { bridge_.flush(); });
}

void RedisBridge::on_published(const ChannelEar::Published& published) {
  bridge::Listener& listener = listeners_[published.pattern];
  listener.since_us = published.since_us;
  bridge_.heard({patterns_[published.pattern], published.channel, published.bytes}, listener);
}

void RedisBridge::on_too_large(const ChannelEar::Published& published, size_t size) {
  bridge_.heard_too_large({patterns_[published.pattern], published.channel, {}}, size);
}

}  // namespace taskfeed::redis
