/// What one reader received: its frames, cut from the bytes, and their ids held against 1, 2, 3 …
///
/// Threads  One.
/// Errors   None: everything odd is counted.
/// Owns     The piece of a frame whose rest has not come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/samples.h"

namespace taskfeed::bench {

/// Of all readers together.
struct Tally {
  uint64_t deliveries = 0;     ///< Frames with an id.
  uint64_t missing = 0;        ///< Seqs that were jumped over.
  uint64_t repeated = 0;       ///< The same seq again.
  uint64_t disordered = 0;     ///< A seq before the last one.
  uint64_t gaps = 0;           ///< stream.gap frames.
  uint64_t opened = 0;         ///< stream.open frames.
  uint64_t refused = 0;        ///< Answers other than 200.
  uint64_t closed = 0;         ///< Streams that the server ended.
  uint64_t latency_every = 1;  ///< One in so many deliveries is a sample.
  Samples latency;
};

class StreamCheck {
 public:
  /// The first event must follow `seq`, that of the cursor with which the reader came.
  explicit StreamCheck(uint64_t seq = 0) : last_seq_(seq) {}
  void feed(std::string_view bytes, Tally& tally);
  uint64_t last_seq() const { return last_seq_; }

 private:
  size_t take_whole(std::string_view bytes, Tally& tally);
  void take_frame(std::string_view frame, Tally& tally);
  void take_seq(uint64_t seq, Tally& tally);

  std::string piece_;
  uint64_t last_seq_;
  bool in_body_ = false;
};

}  // namespace taskfeed::bench
