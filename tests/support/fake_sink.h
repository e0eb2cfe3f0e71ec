/// A Sink that writes down what it is given, in words short enough for a test to compare.
///
/// Threads  One.
/// Errors   A frame of no known shape is written down as it is.
/// Owns     What it heard.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/json.h"
#include "event/sse_encoder.h"
#include "hub/hub.h"

namespace taskfeed::testing {

/// "open complete", "3", "unnamed 3", "progress 3", "gap trimmed 0..4", "end completed".
inline std::string words(const Frame& frame) {
  const std::string seq = std::to_string(frame.cursor().seq);
  const std::string_view bytes = frame.bytes();
  if (frame.cursor().seq > 0) {
    if (bytes.find("data: ") == std::string_view::npos) return "progress " + seq;
    return frame.type().empty() ? "unnamed " + seq : seq;
  }
  const size_t at = bytes.find("data: ");
  if (at == std::string_view::npos) return std::string(bytes);
  const Json json = parse_json(bytes.substr(at + 6, bytes.size() - at - 8)).value();
  const auto seq_of = [&json](const char* key) {
    const std::string text = json.at(key).get<std::string>();
    return text.substr(0, text.find('-'));
  };
  if (frame.type() == "stream.open") return "open " + json.at("replay").get<std::string>();
  if (frame.type() == "stream.end") return "end " + json.at("status").get<std::string>();
  if (frame.type() != "stream.gap") return std::string(bytes);
  return "gap " + json.at("reason").get<std::string>() + " " + seq_of("from") + ".." + seq_of("to");
}

class FakeSink final : public hub::Sink {
 public:
  size_t deliver(const FramePtr& frame) override {
    frames.push_back(frame);
    heard.push_back(words(*frame));
    if (frame->cursor().seq > 0) cursor = frame->cursor();
    if (stalled) pending += frame->bytes().size();
    most_pending = std::max(most_pending, pending);
    return pending;
  }
  size_t pending_bytes() const override { return pending; }
  void closed(hub::CloseReason reason) override {
    TF_ASSERT_TEXT(!close_reason, "closed() is the last call, and comes once");
    close_reason = reason;
    subscription = nullptr;
  }

  /// The kernel takes nothing more, until drain().
  void stall() { stalled = true; }
  void drain() {
    stalled = false;
    pending = 0;
  }
  /// Since the last call.
  std::vector<std::string> take() { return std::exchange(heard, {}); }

  std::vector<FramePtr> frames;
  std::vector<std::string> heard;
  std::optional<Cursor> cursor;  ///< As a client would resume from.
  std::optional<hub::CloseReason> close_reason;
  hub::Subscription* subscription = nullptr;
  bool stalled = false;
  size_t pending = 0;
  size_t most_pending = 0;
};

}  // namespace taskfeed::testing
