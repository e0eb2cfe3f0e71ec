/// A client of one task's stream: what comes, frame by frame, in words short enough to compare.
///
/// Threads  One.
/// Errors   As RawClient's: what does not come in time fails the test.
/// Owns     Its connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"
#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed::testing {

/// One frame as it came, up to and with its empty line.
struct StreamFrame {
  std::string bytes;

  /// The value of the first line of that name.
  std::optional<std::string> line(std::string_view name) const {
    const std::string start = std::string(name) + ": ";
    for (size_t at = 0; at < bytes.size(); at = bytes.find('\n', at) + 1) {
      if (bytes.compare(at, start.size(), start) != 0) continue;
      const size_t from = at + start.size();
      return bytes.substr(from, bytes.find('\n', from) - from);
    }
    return std::nullopt;
  }
  Json data() const { return parse_json(line("data").value_or("")).value(); }
  /// "open complete", "3", "unnamed 3", "progress 3", "gap trimmed 0..4", "end completed"; what is
  /// none of these, as it is.
  std::string words() const {
    const std::string event = line("event").value_or("");
    const auto seq_of = [this](std::string_view key) {
      const std::string text = string_at(data(), key);
      return text.substr(0, text.find('-'));
    };
    if (const std::optional<std::string> id = line("id")) {
      const std::string seq = id->substr(0, id->find('-'));
      if (!line("data")) return "progress " + seq;
      return event.empty() ? "unnamed " + seq : seq;
    }
    if (event == "stream.open") return "open " + string_at(data(), "replay");
    if (event == "stream.end") return "end " + string_at(data(), "status");
    if (event != "stream.gap") return bytes;
    return "gap " + string_at(data(), "reason") + " " + seq_of("from") + ".." + seq_of("to");
  }
};

struct StreamAsk {
  std::string query;          ///< "?types=…"
  std::string last_event_id;  ///< The header.
  int receive_bytes = 0;      ///< As RawClient's.
};

class StreamClient {
 public:
  using Words = std::vector<std::string>;

  /// Sends the request, and reads the head. In HTTP/1.0, whose frames come without chunks around
  /// them.
  StreamClient(const HttpWorld& world, const Task& task, const StreamAsk& ask = {})
      : client_(world.address, ask.receive_bytes) {
    client_.send(
        "GET " + HttpWorld::stream_target(task) + ask.query + " HTTP/1.0\r\nHost: localhost\r\n" +
        (ask.last_event_id.empty() ? "" : "Last-Event-ID: " + ask.last_event_id + "\r\n") + "\r\n");
    head = client_.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  }

  StreamFrame next() {
    StreamFrame frame{client_.read_until("\n\n")};
    if (const auto id = frame.line("id")) last_id = *id;
    return frame;
  }
  Words next(size_t count) {
    Words words;
    for (; count > 0; --count) words.push_back(next().words());
    return words;
  }
  /// Whole frames up to the end of the connection; what was cut off is thrown away, as by the
  /// standard.
  std::vector<StreamFrame> rest() {
    std::string bytes = client_.read_all();
    std::vector<StreamFrame> frames;
    for (size_t end = bytes.find("\n\n"); end != std::string::npos; end = bytes.find("\n\n")) {
      frames.push_back({bytes.substr(0, end + 2)});
      bytes.erase(0, end + 2);
      if (const auto id = frames.back().line("id")) last_id = *id;
    }
    return frames;
  }
  Words rest_in_words() {
    Words words;
    for (const StreamFrame& frame : rest()) words.push_back(frame.words());
    return words;
  }
  RawClient& raw() { return client_; }

  std::string head;
  std::string last_id;  ///< As a browser would resume from.

 private:
  RawClient client_;
};

}  // namespace taskfeed::testing
