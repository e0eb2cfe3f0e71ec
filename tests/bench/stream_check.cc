#include "bench/stream_check.h"

#include <charconv>
#include <cstring>

#include "bench/sockets.h"

namespace taskfeed::bench {
namespace {

constexpr std::string_view kSentKey = "\"sent_ns\":";

uint64_t number_at(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Without the size of its chunk, where it is one.
std::string_view within_chunk(std::string_view frame) {
  const size_t end = frame.substr(0, 18).find("\r\n");
  return end == std::string_view::npos ? frame : frame.substr(end + 2);
}

}  // namespace

void StreamCheck::feed(std::string_view bytes, Tally& tally) {
  if (piece_.empty()) {
    piece_.assign(bytes.substr(take_whole(bytes, tally)));
    // Most reads end with a frame: an idle reader then holds no memory for its piece.
    return;
  }
  piece_.append(bytes);
  piece_.erase(0, take_whole(piece_, tally));
}

size_t StreamCheck::take_whole(std::string_view bytes, Tally& tally) {
  size_t at = 0;
  if (!in_body_) {
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    in_body_ = true;
    if (!bytes.starts_with("HTTP/1.1 200")) ++tally.refused;
    at = end + 4;
  }
  for (;;) {
    const size_t end = bytes.find("\n\n", at);
    if (end == std::string_view::npos) return at;
    take_frame(within_chunk(bytes.substr(at, end + 1 - at)), tally);
    at = end + 2;
    // Here and not at the next frame, so that most reads leave nothing over.
    if (bytes.substr(at).starts_with("\r\n")) at += 2;
  }
}

void StreamCheck::take_frame(std::string_view frame, Tally& tally) {
  if (frame.starts_with("id: ")) {
    take_seq(number_at(frame.substr(4)), tally);
    if (++tally.deliveries % tally.latency_every != 0) return;
    // memmem, since find() would stop at each of JSON's many quotes.
    const void* key = memmem(frame.data(), frame.size(), kSentKey.data(), kSentKey.size());
    if (key == nullptr) return;
    const char* number = static_cast<const char*>(key) + kSentKey.size();
    const char* end = frame.data() + frame.size();
    tally.latency.add_ns(now_ns() - number_at({number, static_cast<size_t>(end - number)}));
    return;
  }
  if (frame.find("event: stream.open\n") != std::string_view::npos) ++tally.opened;
  if (frame.find("event: stream.gap\n") != std::string_view::npos) ++tally.gaps;
}

void StreamCheck::take_seq(uint64_t seq, Tally& tally) {
  if (seq == last_seq_) {
    ++tally.repeated;
    return;
  }
  if (seq < last_seq_) {
    ++tally.disordered;
    return;
  }
  tally.missing += seq - last_seq_ - 1;
  last_seq_ = seq;
}

}  // namespace taskfeed::bench
