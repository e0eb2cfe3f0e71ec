/// RFC 9112 read aloud: what a whole request must look like, without regard for speed or pieces.
///
/// Written apart from RequestReader, on lines and not on bytes, so that the two can be held against
/// each other: whatever the reader lets through must be a request here too, and the same one.
///
/// Threads  Pure functions.
/// Errors   Nothing: the bytes do not begin with a whole request that obeys.
/// Owns     Nothing.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace taskfeed::testing {

struct ReferenceRequest {
  http::Request request;
  size_t bytes = 0;  ///< Of the stream, with the empty line that may stand before it.
};

class RequestReference {
 public:
  explicit RequestReference(std::string_view stream) : stream_(stream), rest_(stream) {}

  std::optional<ReferenceRequest> read() {
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(2);
    const std::optional<std::string_view> first = take_line();
    if (!first || !read_request_line(*first)) return std::nullopt;
    if (!read_fields(request_.fields) || !read_head() || !read_body()) return std::nullopt;
    return ReferenceRequest{std::move(request_), stream_.size() - rest_.size()};
  }

 private:
  static constexpr std::string_view kDigits = "0123456789";

  static bool same(std::string_view a, std::string_view b) {
    const auto lower = [](std::string_view text) {
      std::string lowered(text);
      for (char& c : lowered) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
      return lowered;
    };
    return lower(a) == lower(b);
  }
  static bool is_token(std::string_view text) {
    constexpr std::string_view kToken =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    return !text.empty() && text.find_first_not_of(kToken) == std::string_view::npos;
  }
  /// No CTL but the tab.
  static bool is_text(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
      const int byte = static_cast<unsigned char>(c);
      return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    });
  }
  static bool is_number(std::string_view text, std::string_view digits) {
    return !text.empty() && text.find_first_not_of(digits) == std::string_view::npos;
  }
  static std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
  }
  std::vector<std::string_view> values(std::string_view name) const {
    std::vector<std::string_view> found;
    for (const http::Field& field : request_.fields) {
      if (same(field.name, name)) found.push_back(field.value);
    }
    return found;
  }

  /// Up to CR LF, which is taken too.
  std::optional<std::string_view> take_line() {
    const size_t end = rest_.find("\r\n");
    if (end == std::string_view::npos || !is_text(rest_.substr(0, end))) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return line;
  }

  bool read_request_line(std::string_view line) {
    if (std::count(line.begin(), line.end(), ' ') != 2) return false;
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    request_.method = line.substr(0, first);
    request_.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
    request_.minor = version.back() - '0';
    const bool path = request_.target.starts_with('/') && request_.method != "CONNECT";
    const bool star = request_.target == "*" && request_.method == "OPTIONS";
    const bool ascii = std::none_of(request_.target.begin(), request_.target.end(), [](char c) {
      return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f;
    });
    return is_token(request_.method) && (path || star) && ascii &&
           request_.target.find_first_of("#<>\"") == std::string::npos;
  }

  /// Field lines, and the empty line after them.
  bool read_fields(std::vector<http::Field>& fields) {
    for (;;) {
      const std::optional<std::string_view> line = take_line();
      if (!line) return false;
      if (line->empty()) return true;
      const size_t colon = std::min(line->find(':'), line->size());
      if (colon == line->size() || !is_token(line->substr(0, colon))) return false;
      fields.push_back(
          {std::string(line->substr(0, colon)), std::string(trimmed(line->substr(colon + 1)))});
    }
  }

  bool read_head() {
    const auto hosts = values("Host");
    if (hosts.size() > 1 || (hosts.empty() && request_.minor == 1)) return false;
    const auto lengths = values("Content-Length");
    const auto codings = values("Transfer-Encoding");
    if (lengths.size() + codings.size() > 1) return false;
    if (!lengths.empty() && !is_number(lengths.front(), kDigits)) return false;
    if (!codings.empty() && (request_.minor == 0 || !same(codings.front(), "chunked")))
      return false;
    if (!values("Content-Encoding").empty()) return false;
    bool kept = request_.minor == 1;
    bool closing = false;
    for (std::string_view value : values("Connection")) {
      while (!value.empty()) {
        const size_t comma = std::min(value.find(','), value.size());
        const std::string_view option = trimmed(value.substr(0, comma));
        value.remove_prefix(std::min(comma + 1, value.size()));
        kept = kept || same(option, "keep-alive");
        closing = closing || same(option, "close");
      }
    }
    request_.keep_alive = kept && !closing;
    return true;
  }

  bool read_body() {
    if (!values("Transfer-Encoding").empty()) return read_chunks();
    const auto lengths = values("Content-Length");
    if (lengths.empty()) return true;
    if (lengths.front().size() > 18) return false;
    const size_t bytes = std::stoull(std::string(lengths.front()));
    if (bytes > rest_.size()) return false;
    request_.body = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return true;
  }

  bool read_chunks() {
    for (;;) {
      const std::optional<std::string_view> line = take_line();
      if (!line) return false;
      const std::string_view size = line->substr(0, line->find(';'));
      if (!is_number(size, "0123456789abcdefABCDEF") || size.size() > 16) return false;
      const size_t bytes = std::stoull(std::string(size), nullptr, 16);
      if (bytes == 0) return read_trailers();
      if (rest_.size() < 2 || bytes > rest_.size() - 2) return false;
      if (rest_.substr(bytes, 2) != "\r\n") return false;
      request_.body += rest_.substr(0, bytes);
      rest_.remove_prefix(bytes + 2);
    }
  }

  bool read_trailers() {
    std::vector<http::Field> trailers;
    if (!read_fields(trailers)) return false;
    return std::none_of(trailers.begin(), trailers.end(), [](const http::Field& field) {
      return same(field.name, "Host") || same(field.name, "Content-Length") ||
             same(field.name, "Transfer-Encoding");
    });
  }

  std::string_view stream_;
  std::string_view rest_;
  http::Request request_;
};

}  // namespace taskfeed::testing
