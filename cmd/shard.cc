#include "shard.h"

namespace taskfeed::cmd {
namespace {

/// How often the hub looks around when nothing happens, and the numbers outside are brought up to
/// date.
constexpr Milliseconds kBeatInterval{100};

}  // namespace

/// What lives on the loop's thread.
class Shard::Side {
 public:
  Side(Shard& shard, const redis::Url& url, const ShardPorts& ports, const ShardLimits& limits)
      : shard_(shard),
        feed_(*shard.loop_, url, ports.log, {}),
        hub_(feed_, ports.clock, ports.log, limits.hub),
        // The hub's tick stands before the server's flush, so it is registered first.
        ticking_(tick_at_turn_end(shard)),
        server_({*shard.loop_, hub_, ports.api, ports.pool, ports.clock, ports.log}, limits.server),
        timer_(*shard.loop_) {
    timer_.start(kBeatInterval, kBeatInterval, [this] { beat(); });
  }

  Result<void> listen(std::vector<Door> doors) {
    for (Door& door : doors) {
      if (auto done = server_.listen(std::move(door.socket), door.access); !done) return done;
    }
    return {};
  }
  void drain(Milliseconds grace) { server_.drain(grace); }
  ShardStats stats() const {
    return {server_.stats(), server_.request_stats(), hub_.stats(), feed_.stats(),
            feed_.connected()};
  }

 private:
  static bool tick_at_turn_end(Shard& shard) {
    shard.loop_->at_turn_end([&shard] {
      // The turn in which it all ends has an end too. What a turn leaves over is done in the next.
      if (shard.side_ && shard.side_->hub_.tick()) shard.loop_->post([] {});
    });
    return true;
  }
  void beat() {
    hub_.tick();
    shard_.streams_ = server_.stats().streams;
    shard_.idle_ = server_.idle();
    ++shard_.beats_;
  }

  Shard& shard_;
  redis::RedisFeed feed_;
  hub::Hub hub_;
  bool ticking_;
  http::Server server_;
  loop::Timer timer_;
};

Shard::Shard(std::unique_ptr<loop::Loop> loop) : loop_(std::move(loop)) {}

Result<std::unique_ptr<Shard>> Shard::create(const redis::Url& url, const ShardPorts& ports,
                                             const ShardLimits& limits) {
  Result<std::unique_ptr<loop::Loop>> loop = loop::Loop::create();
  if (!loop) return loop.error();
  std::unique_ptr<Shard> shard(new Shard(*std::move(loop)));
  Shard* const self = shard.get();
  self->loop_->post([self, url, ports, limits] {
    self->side_ = std::make_unique<Side>(*self, url, ports, limits);
  });
  self->thread_ = std::thread([self] { self->loop_->run(); });
  return shard;
}

Shard::~Shard() {
  loop_->post([this] {
    side_.reset();
    loop_->stop();
  });
  thread_.join();
}

Result<void> Shard::open(std::vector<Door> doors) {
  std::promise<Result<void>> answer;
  auto answered = answer.get_future();
  // A std::function is copied, which sockets are not; both outlive the call.
  loop_->post([this, &doors, &answer] { answer.set_value(side_->listen(std::move(doors))); });
  return answered.get();
}

std::future<ShardStats> Shard::ask_stats() {
  // Whoever asked may have stopped to wait.
  auto answer = std::make_shared<std::promise<ShardStats>>();
  loop_->post([this, answer] {
    TF_ASSERT(side_ != nullptr);
    answer->set_value(side_->stats());
  });
  return answer->get_future();
}

void Shard::drain(Milliseconds grace) {
  loop_->post([this, grace] { side_->drain(grace); });
}

}  // namespace taskfeed::cmd
