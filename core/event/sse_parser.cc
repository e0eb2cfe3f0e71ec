#include "event/sse_parser.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace taskfeed::sse {
namespace {

constexpr std::string_view kBom = "\xEF\xBB\xBF";
/// Ten years: a longer `retry:` would overflow when it is added to a time.
constexpr int64_t kRetryMost = 3650LL * 86'400'000;

/// The first of one byte at or after `at`; size() where there is none.
size_t find_byte(std::string_view bytes, char byte, size_t at) {
  if (at >= bytes.size()) return bytes.size();
  const void* found = std::memchr(bytes.data() + at, byte, bytes.size() - at);
  if (found == nullptr) return bytes.size();
  return static_cast<size_t>(static_cast<const char*>(found) - bytes.data());
}

void append_utf8(std::string& out, std::string_view bytes) {
  if (is_utf8(bytes)) {
    out.append(bytes);
  } else {
    out.append(to_utf8(bytes));
  }
}

std::optional<std::chrono::milliseconds> retry_of(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  int64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = std::min(value * 10 + (digit - '0'), kRetryMost);
  }
  return std::chrono::milliseconds(value);
}

}  // namespace

Parser::Parser(OnMessage on_message, ParserLimits limits)
    : on_message_(std::move(on_message)), limits_(limits) {
  TF_ASSERT(on_message_ != nullptr);
}

Result<void> Parser::feed(std::string_view bytes) {
  if (refusal_) return *refusal_;
  if (after_cr_ && !bytes.empty()) {
    after_cr_ = false;
    if (bytes.front() == '\n') bytes.remove_prefix(1);
  }
  // Both places are kept while they lie ahead, so that a feed of CRs alone stays linear too.
  size_t line_feed = find_byte(bytes, '\n', 0);
  size_t carriage_return = find_byte(bytes, '\r', 0);
  size_t at = 0;
  while (at < bytes.size()) {
    if (line_feed < at) line_feed = find_byte(bytes, '\n', at);
    if (carriage_return < at) carriage_return = find_byte(bytes, '\r', at);
    const size_t end = std::min(line_feed, carriage_return);
    const std::string_view piece = bytes.substr(at, end - at);
    if (piece.size() > limits_.line_bytes_max - line_.size()) {
      return refuse("a line of the event stream is over ", limits_.line_bytes_max);
    }
    if (end == bytes.size()) {
      line_.append(piece);
      break;
    }
    const Result<void> taken = take_line(piece);
    if (!taken) return taken;
    at = end + 1;
    if (end == carriage_return) {
      if (at == bytes.size()) {
        after_cr_ = true;
      } else if (bytes[at] == '\n') {
        ++at;
      }
    }
  }
  return {};
}

Result<void> Parser::take_line(std::string_view piece) {
  if (line_.empty()) return process_line(piece);
  line_.append(piece);
  const Result<void> processed = process_line(line_);
  line_.clear();
  return processed;
}

Result<void> Parser::process_line(std::string_view line) {
  if (first_line_ && line.starts_with(kBom)) line.remove_prefix(kBom.size());
  first_line_ = false;
  if (line.empty()) {
    dispatch();
    return {};
  }
  const size_t colon = find_byte(line, ':', 0);
  if (colon == 0) {
    sign_of_life_ = true;
    return {};
  }
  std::string_view value = line.substr(std::min(colon + 1, line.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  return process_field(line.substr(0, colon), value);
}

Result<void> Parser::process_field(std::string_view field, std::string_view value) {
  if (field == "data") {
    append_utf8(data_, value);
    data_ += '\n';
  } else if (field == "event") {
    event_.clear();
    append_utf8(event_, value);
  } else if (field == "id") {
    if (value.find('\0') == std::string_view::npos) {
      pending_id_.clear();
      append_utf8(pending_id_, value);
    }
  } else if (field == "cursor") {
    cursor_.clear();
    append_utf8(cursor_, value);
  } else if (field == "retry") {
    if (const auto delay = retry_of(value)) retry_ = delay;
  }
  if (data_.size() + event_.size() + pending_id_.size() + cursor_.size() >
      limits_.event_bytes_max) {
    return refuse("an event of the event stream is over ", limits_.event_bytes_max);
  }
  return {};
}

void Parser::dispatch() {
  last_event_id_ = pending_id_;
  if (!data_.empty()) {
    data_.pop_back();  // The line feed after the last line.
    on_message_({event_.empty() ? "message" : std::move(event_), std::move(data_), last_event_id_,
                 std::move(cursor_)});
  }
  data_.clear();
  event_.clear();
  cursor_.clear();
}

Result<void> Parser::refuse(std::string_view what, size_t bytes_max) {
  refusal_ = Error{Errc::kTooLarge, std::string(what) + std::to_string(bytes_max) + " bytes"};
  line_ = data_ = event_ = cursor_ = std::string();
  return *refusal_;
}

bool Parser::take_sign_of_life() {
  return std::exchange(sign_of_life_, false);
}

}  // namespace taskfeed::sse
