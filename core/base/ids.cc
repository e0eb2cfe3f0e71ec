#include "base/ids.h"

#include <sys/random.h>

#include "base/text.h"

namespace taskfeed {
namespace {

constexpr size_t kNameBytesMax = 64;
constexpr size_t kUuidTextBytes = 36;

bool is_hyphen_place(size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string quoted(std::string_view text) {
  return "'" + escape_controls(utf8_prefix(text, 80)) + "'";
}

}  // namespace

Result<void> check_name(std::string_view noun, std::string_view text) {
  bool valid = !text.empty() && text.size() <= kNameBytesMax;
  for (const char c : text.substr(0, kNameBytesMax)) valid = valid && is_name_character(c);
  if (valid) return {};
  return {Errc::kInvalid, quoted(text) + " is no " + std::string(noun) +
                              ": use 1 to 64 letters, digits, '-' and '_'"};
}

Result<Uuid> Uuid::parse(std::string_view text) {
  const Error refused{Errc::kInvalid,
                      quoted(text) + " is no UUID such as 01980000-0000-7000-8000-000000000000"};
  if (text.size() != kUuidTextBytes) return refused;
  std::array<uint8_t, 16> bytes{};
  size_t nibble = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if (is_hyphen_place(at)) {
      if (text[at] != '-') return refused;
      continue;
    }
    const int value = hex_value(text[at]);
    if (value < 0) return refused;
    uint8_t& byte = bytes[nibble / 2];
    byte = static_cast<uint8_t>((byte << 4) | value);
    ++nibble;
  }
  return Uuid(bytes);
}

std::string Uuid::str() const {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(kUuidTextBytes, '-');
  size_t at = 0;
  for (const uint8_t byte : bytes_) {
    if (is_hyphen_place(at)) ++at;
    text[at++] = kHex[byte >> 4];
    text[at++] = kHex[byte & 0xF];
  }
  return text;
}

uint32_t Uuid::low32() const {
  return (uint32_t{bytes_[12]} << 24) | (uint32_t{bytes_[13]} << 16) | (uint32_t{bytes_[14]} << 8) |
         bytes_[15];
}

Uuid SystemIdSource::uuid7() {
  std::array<uint8_t, 16> bytes;
  // Up to 256 bytes getrandom() is not interrupted and not short (getrandom(2)). Nothing is kept
  // between calls, so that a forked child cannot repeat its parent's ids.
  const ssize_t drawn = getrandom(bytes.data() + 6, 10, 0);
  TF_ASSERT_TEXT(drawn == 10, "getrandom(2) gave no random bytes");
  const auto since_epoch = static_cast<uint64_t>(clock_.wall().time_since_epoch().count());
  for (size_t at = 0; at < 6; ++at) {
    bytes[at] = static_cast<uint8_t>(since_epoch >> (8 * (5 - at)));
  }
  // RFC 9562, 5.7: version 7, variant 10.
  bytes[6] = static_cast<uint8_t>(0x70 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3F));
  return Uuid(bytes);
}

TaskId new_task_id(IdSource& ids) {
  return TaskId::parse(ids.uuid7().str()).value();
}

}  // namespace taskfeed
