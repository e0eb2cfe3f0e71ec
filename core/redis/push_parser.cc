#include "redis/push_parser.h"

namespace taskfeed::redis {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  size_t at() const { return at_; }
  bool empty() const { return at_ >= bytes_.size(); }
  char take() { return bytes_[at_++]; }

  /// The line up to CRLF, without it.
  PushParse line(std::string_view& text) {
    const size_t end = bytes_.find('\r', at_);
    if (end == bytes_.npos || end + 1 >= bytes_.size()) return PushParse::kIncomplete;
    if (bytes_[end + 1] != '\n') return PushParse::kBad;
    text = bytes_.substr(at_, end - at_);
    at_ = end + 2;
    return PushParse::kDone;
  }

  /// Digits and CRLF. At most nine digits, so that nothing overflows.
  PushParse count(size_t& value) {
    value = 0;
    for (size_t digits = 0;; ++digits) {
      if (empty()) return PushParse::kIncomplete;
      const char c = take();
      if (c == '\r') {
        if (empty()) return PushParse::kIncomplete;
        return take() == '\n' && digits > 0 ? PushParse::kDone : PushParse::kBad;
      }
      if (c < '0' || c > '9' || digits == 9) return PushParse::kBad;
      value = value * 10 + static_cast<size_t>(c - '0');
    }
  }

  /// A bulk string, an integer, or a null bulk string as empty. One over the limit is passed over.
  PushParse element(size_t bulk_bytes_max, std::string_view& text) {
    if (empty()) return PushParse::kIncomplete;
    const char type = take();
    if (type == ':') return line(text);
    if (type != '$') return PushParse::kBad;
    if (!empty() && bytes_[at_] == '-') {
      text = {};
      std::string_view minus_one;
      return line(minus_one);
    }
    size_t size = 0;
    if (const PushParse parsed = count(size); parsed != PushParse::kDone) return parsed;
    if (size > bulk_bytes_max) {
      at_ += size + 2;
      return PushParse::kTooLarge;
    }
    if (bytes_.size() - at_ < size + 2) return PushParse::kIncomplete;
    text = bytes_.substr(at_, size);
    at_ += size + 2;
    return bytes_[at_ - 2] == '\r' && bytes_[at_ - 1] == '\n' ? PushParse::kDone : PushParse::kBad;
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

PushParse parse_array(Reader& reader, size_t bulk_bytes_max, Push& push) {
  constexpr size_t kElementsMax = 4;  // A pmessage has four.
  size_t count = 0;
  if (const PushParse parsed = reader.count(count); parsed != PushParse::kDone) return parsed;
  if (count == 0 || count > kElementsMax) return PushParse::kBad;
  std::string_view parts[kElementsMax];
  for (size_t i = 0; i < count; ++i) {
    const PushParse parsed = reader.element(bulk_bytes_max, parts[i]);
    if (parsed == PushParse::kDone) continue;
    if (parsed != PushParse::kTooLarge) return parsed;
    if (i + 1 < kElementsMax || parts[0] != "pmessage") return PushParse::kBad;
    push.kind = Push::Kind::kPatternPublished;
    push.pattern = parts[1];
    push.channel = parts[2];
    push.payload = {};
    return parsed;
  }
  push.channel = parts[1];
  push.payload = parts[2];
  if (parts[0] == "message") {
    push.kind = Push::Kind::kPublished;
  } else if (parts[0] == "subscribe") {
    push.kind = Push::Kind::kSubscribed;
  } else if (parts[0] == "unsubscribe") {
    push.kind = Push::Kind::kUnsubscribed;
  } else if (parts[0] == "pmessage") {
    push.kind = Push::Kind::kPatternPublished;
    push.pattern = parts[1];
    push.channel = parts[2];
    push.payload = parts[3];
  } else if (parts[0] == "psubscribe") {
    push.kind = Push::Kind::kPatternSubscribed;
    push.pattern = parts[1];
  } else if (parts[0] == "punsubscribe") {
    push.kind = Push::Kind::kPatternUnsubscribed;
  } else {
    push.kind = Push::Kind::kArray;
    push.channel = parts[0];
    push.payload = parts[1];
  }
  return PushParse::kDone;
}

}  // namespace

PushParse parse_push(std::string_view bytes, size_t bulk_bytes_max, Push& push) {
  Reader reader(bytes);
  if (reader.empty()) return PushParse::kIncomplete;
  PushParse parsed = PushParse::kBad;
  switch (reader.take()) {
    case '*':
      parsed = parse_array(reader, bulk_bytes_max, push);
      break;
    case '+':
      push.kind = Push::Kind::kStatus;
      parsed = reader.line(push.payload);
      break;
    case '-':
      push.kind = Push::Kind::kError;
      parsed = reader.line(push.payload);
      break;
    default:
      break;
  }
  push.size = reader.at();
  return parsed;
}

}  // namespace taskfeed::redis
