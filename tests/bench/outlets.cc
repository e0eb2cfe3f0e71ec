#include "bench/outlets.h"

#include <unistd.h>

#include "bench/sockets.h"
#include "redis/script.h"

namespace taskfeed::bench {
namespace {

constexpr uint64_t kEventsKeptMax = 10'000;  // The broker's default.
constexpr Milliseconds kTimeout{10'000};

}  // namespace

RedisOutlet::RedisOutlet(const redis::Url& url, const std::vector<TopicLine>& topics) {
  auto connection = redis::Connection::open(url, kTimeout);
  if (!connection) die(connection.error().text);
  connection_ = *std::move(connection);
  const redis::Keys keys("taskfeed:");
  for (const TopicLine& topic : topics) {
    const auto id = TaskId::parse(topic.task);
    if (!id) die(id.error().text);
    keys_.push_back({keys.task(*id), keys.events(*id), keys.live(*id)});
  }
  batch_ = std::make_unique<redis::Batch>(connection_->known());
}

void RedisOutlet::add(const Entry& entry) {
  const TopicKeys& keys = keys_.at(entry.topic);
  batch_->script(redis::scripts::k_append, {keys.hash, keys.events, keys.live}, 4);
  batch_->add(kEventsKeptMax).add(entry.tag).add(entry.type).add(entry.json);
}

void RedisOutlet::flush() {
  if (batch_->size() == 0) return;
  redis::Replies replies;
  const auto outcome = connection_->exchange(batch_->bytes(), batch_->size(), kTimeout, replies);
  if (outcome != redis::Connection::Outcome::kDone) die("Redis did not answer an append");
  for (const redis::Reply& reply : replies) {
    if (reply.view().is_error()) die("append: " + std::string(reply.view().text()));
  }
  batch_ = std::make_unique<redis::Batch>(connection_->known());
}

FloorOutlet::FloorOutlet(const std::string& address, size_t topics)
    : socket_(connect_blocking(address)), seqs_(topics) {}

FloorOutlet::~FloorOutlet() {
  close(socket_);
}

void FloorOutlet::add(const Entry& entry) {
  std::string frame = "id: " + std::to_string(++seqs_.at(entry.topic)) + "-";
  frame.append(std::to_string(entry.tag)).append("\nevent: ").append(entry.type);
  frame.append("\ndata: ").append(entry.json).append("\n\n");
  const uint32_t header[2] = {entry.topic, static_cast<uint32_t>(frame.size())};
  unsent_.append(reinterpret_cast<const char*>(header), sizeof header).append(frame);
}

void FloorOutlet::flush() {
  write_all(socket_, unsent_);
  unsent_.clear();
}

}  // namespace taskfeed::bench
