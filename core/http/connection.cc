#include "http/connection.h"

#include <unistd.h>

#include "event/sse_encoder.h"
#include "http/sse_connection.h"

namespace taskfeed::http {
namespace {

/// Deadlines are seconds; a tick is what they may be late by.
constexpr Milliseconds kTick{250};
constexpr size_t kScratchBytes = 64 * 1024;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string hex(uint64_t value, size_t digits) {
  std::string text(digits, '0');
  for (size_t at = digits; at > 0 && value > 0; value >>= 4) text[--at] = kHexDigits[value & 15];
  return text;
}

FramePtr frame_of(std::string_view bytes) {
  return Frame::make(bytes, Cursor{}, 0, 0, false);
}

std::unique_ptr<Poller> make_poller(loop::Loop& loop) {
  Result<std::unique_ptr<Poller>> poller = Poller::create(loop);
  return poller ? *std::move(poller) : nullptr;
}

}  // namespace

Connection::~Connection() {
  if (open()) ::close(descriptor_);
}

void Connection::close_descriptor() {
  TF_ASSERT(open());
  core_.poller->remove(descriptor_, *this);
  // What came and was not read would make close(2) a reset, which destroys what was sent last.
  (void)!::read(descriptor_, core_.scratch.data(), core_.scratch.size());
  ::close(std::exchange(descriptor_, -1));
}

void Connection::bury() {
  unlink();
  core_.buried.emplace_back(this);
}

ServerCore::ServerCore(const ServerPorts& its_ports, const ServerLimits& its_limits)
    : ports(its_ports),
      limits(its_limits),
      answerer(std::make_shared<const Answerer>(ports.api)),
      lifeline(std::make_shared<Lifeline>(Lifeline{this})),
      poller(make_poller(ports.loop)),
      wheel(ports.loop, ports.clock, kTick),
      heartbeat_comment(sse::comment_frame("hb")),
      heartbeat_event(frame_of("event: heartbeat\ndata: {}\n\n")),
      last_chunk(Frame::raw(std::string(kLastChunk))),
      scratch(kScratchBytes),
      random_(std::random_device()()),
      id_prefix_(hex(std::random_device()(), 8)) {
  TF_ASSERT(limits.retry_least <= limits.retry_most);
  wheel.at_tick([this] { shelf.shrink(); });
  ports.loop.at_turn_end([line = lifeline] {
    if (line->core != nullptr) line->core->end_turn();
  });
}

ServerCore::~ServerCore() {
  lifeline->core = nullptr;
}

void ServerCore::end_turn() {
  // By index: a write may touch another.
  for (size_t at = 0; at < touched.size(); ++at) touched[at]->flush();
  touched.clear();
  buried.clear();
}

std::string ServerCore::new_request_id() {
  return id_prefix_ + hex(++ids_, 8);
}

Milliseconds ServerCore::draw_retry() {
  std::uniform_int_distribution<int64_t> draw(limits.retry_least.count(),
                                              limits.retry_most.count());
  return Milliseconds(draw(random_));
}

}  // namespace taskfeed::http
