/// Requests as texts, and the verdict on them, which must be the same at every cut.
///
/// Threads  Pure functions.
/// Errors   A verdict that depends on a cut fails the test, with the cut.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "support/framing.h"

namespace taskfeed::testing {

/// One request without a body; `fields` are whole lines.
inline std::string request_with(std::string_view fields) {
  return "POST /here HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}

inline std::string sized(std::string_view body) {
  return request_with("Content-Length: " + std::to_string(body.size()) + "\r\n").append(body);
}

inline std::string chunked(std::string_view chunks) {
  return request_with("Transfer-Encoding: chunked\r\n").append(chunks);
}

/// Whole, in bytes, and in two pieces cut at every place; where it is short, in three.
inline Framing frame_at_every_cut(std::string_view bytes, const FramingRules& rules = {}) {
  constexpr size_t kShort = 96;
  const Framing whole = frame_whole(bytes, rules);
  EXPECT_EQ(frame_byte_by_byte(bytes, rules), whole) << "in bytes: " << bytes;
  for (size_t first = 1; first < bytes.size(); ++first) {
    const std::string_view head = bytes.substr(0, first);
    EXPECT_EQ(frame_pieces({head, bytes.substr(first)}, rules), whole)
        << "cut at " << first << ": " << bytes;
    if (bytes.size() > kShort) continue;
    for (size_t second = first + 1; second < bytes.size(); ++second) {
      EXPECT_EQ(
          frame_pieces({head, bytes.substr(first, second - first), bytes.substr(second)}, rules),
          whole)
          << "cut at " << first << " and " << second << ": " << bytes;
    }
  }
  return whole;
}

/// Refused before any request came through, for the reason that `detail` is a part of.
inline void expect_refused(std::string_view bytes, int status, std::string_view detail,
                           const FramingRules& rules = {}) {
  const Framing framing = frame_at_every_cut(bytes, rules);
  EXPECT_EQ(framing.status(), status) << bytes;
  EXPECT_TRUE(framing.requests.empty()) << bytes;
  if (!framing.refusal) return;
  EXPECT_NE(framing.refusal->detail.find(detail), std::string::npos)
      << framing.refusal->detail << " for: " << bytes;
}

/// Exactly one request, with nothing left over.
inline http::Request expect_accepted(std::string_view bytes, const FramingRules& rules = {}) {
  const Framing framing = frame_at_every_cut(bytes, rules);
  EXPECT_EQ(framing.status(), 0) << bytes << (framing.refusal ? framing.refusal->detail : "");
  EXPECT_EQ(framing.requests.size(), 1u) << bytes;
  EXPECT_FALSE(framing.unfinished) << bytes;
  return framing.requests.size() == 1 ? framing.requests.front() : http::Request{};
}

}  // namespace taskfeed::testing
