/// What a RequestReader makes of a stream of bytes, fed whole or in pieces.
///
/// Threads  Pure functions.
/// Errors   A reader that takes fewer bytes than it must aborts.
/// Owns     Its values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "http/request_reader.h"

namespace taskfeed::testing {

struct FramingRules {
  http::RequestLimits limits;
  http::HostRule hosts = http::HostRule::loopback();
};

/// Two of them are equal where no client and no server could tell the readings apart.
struct Framing {
  std::vector<http::Request> requests;  ///< Let through, in their order.
  std::optional<http::Refusal> refusal;
  bool unfinished = false;     ///< Bytes of a further request are held.
  size_t body_bytes_held = 0;  ///< Of its body.
  size_t bytes_taken = 0;      ///< Of the stream; all, unless it was refused.
  bool operator==(const Framing&) const = default;

  /// 0: nothing was refused.
  int status() const { return refusal ? refusal->status : 0; }
};

inline Framing frame_pieces(const std::vector<std::string_view>& pieces,
                            const FramingRules& rules = {}) {
  using State = http::RequestReader::State;
  http::RequestReader reader(rules.limits, rules.hosts);
  Framing framing;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && reader.state() != State::kRefused) {
      const size_t taken = reader.feed(piece);
      TF_ASSERT(taken > 0 && taken <= piece.size());
      framing.bytes_taken += taken;
      piece.remove_prefix(taken);
      if (reader.state() == State::kDone) {
        framing.requests.push_back(reader.take());
      } else {
        TF_ASSERT(piece.empty() || reader.state() == State::kRefused);
      }
    }
  }
  if (reader.state() == State::kRefused) {
    framing.refusal = reader.refusal();
  } else {
    framing.unfinished = reader.started();
    framing.body_bytes_held = reader.body_bytes();
  }
  return framing;
}

inline Framing frame_whole(std::string_view bytes, const FramingRules& rules = {}) {
  return frame_pieces({bytes}, rules);
}

inline Framing frame_byte_by_byte(std::string_view bytes, const FramingRules& rules = {}) {
  std::vector<std::string_view> pieces;
  for (size_t at = 0; at < bytes.size(); ++at) pieces.push_back(bytes.substr(at, 1));
  return frame_pieces(pieces, rules);
}

}  // namespace taskfeed::testing
