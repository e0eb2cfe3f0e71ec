/// The far end of a stream over many tasks: what a client knows after each frame, and where it
/// would come back.
///
/// Threads  One.
/// Errors   A frame that is no SSE aborts.
/// Owns     What it heard.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "event/json.h"
#include "event/many_cursor.h"
#include "event/sse_parser.h"
#include "hub/hub.h"

namespace taskfeed::testing {

class ManyReaderSink final : public hub::Sink {
 public:
  size_t deliver(const FramePtr& frame) override {
    ++frames;
    if (stalled) pending += frame->bytes().size();
    most_pending = std::max(most_pending, pending);
    if (frames <= cut_after) TF_ASSERT(parser_.feed(frame->bytes()).ok());
    return pending;
  }
  size_t pending_bytes() const override { return pending; }
  void closed(hub::CloseReason why) override {
    TF_ASSERT_TEXT(!close_reason, "closed() is the last call, and comes once");
    close_reason = why;
    reader = nullptr;
  }
  /// The id that a reconnect sends.
  std::optional<ManyCursor> place() const {
    if (parser_.last_event_id().empty()) return std::nullopt;
    return ManyCursor::parse(parser_.last_event_id()).value();
  }
  /// Since the last call.
  std::vector<std::string> take() { return std::exchange(heard, {}); }

  std::vector<std::string> heard;  ///< "t1 3", "open live 2", "gap t1 trimmed", "t1 ended" …
  std::map<std::string, std::vector<uint64_t>> seqs;
  std::optional<hub::CloseReason> close_reason;
  hub::ManyReader* reader = nullptr;
  size_t frames = 0;
  size_t cut_after = SIZE_MAX;  ///< Later frames are lost on their way.
  bool stalled = false;
  size_t pending = 0;
  size_t most_pending = 0;

 private:
  void take_message(const sse::Message& message) {
    const Json json = parse_json(message.data).value();
    if (!message.cursor.empty()) {
      const std::string task = string_at(json, "task_id");
      const Cursor at = Cursor::parse(message.cursor).value();
      seqs[task].push_back(at.seq);
      heard.push_back(task + " " + std::to_string(at.seq));
    } else if (message.event == "stream.open") {
      heard.push_back("open " + string_at(json, "replay") + " " +
                      std::to_string(int_at(json, "tasks")) +
                      (bool_at(json, "resumable") ? "" : " unresumable"));
    } else if (message.event == "stream.gap") {
      heard.push_back("gap " + string_at(json, "task_id", "-") + " " + string_at(json, "reason"));
    } else if (message.event == "stream.task_end") {
      heard.push_back(string_at(json, "task_id") + " " + string_at(json, "status"));
    } else {
      heard.push_back(message.event + " " + message.data);
    }
  }

  sse::Parser parser_{[this](sse::Message&& message) { take_message(message); }};
};

}  // namespace taskfeed::testing
