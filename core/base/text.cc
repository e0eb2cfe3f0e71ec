#include "base/text.h"

#include <array>
#include <cstring>

#include "base/utf8.h"

namespace taskfeed {
namespace {

uint8_t byte_at(std::string_view bytes, size_t index) {
  return static_cast<uint8_t>(bytes[index]);
}

/// What table 3-7 says about a lead byte: length, and the range of the second byte, which is
/// where overlong forms, surrogates and code points over U+10FFFF are excluded.
struct Lead {
  uint8_t size;
  uint8_t second_least;
  uint8_t second_most;
};

Lead lead_of(uint8_t byte) {
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3, 0x80, 0xBF};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4, 0x80, 0xBF};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

bool is_escaped(char32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F) || code_point == 0x200B ||
         (code_point >= 0x202A && code_point <= 0x202E) ||
         (code_point >= 0x2066 && code_point <= 0x2069);
}

void append_hex(std::string& out, uint32_t value, int digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4) out += kHex[(value >> shift) & 0xF];
}

}  // namespace

Utf8Step utf8_step(std::string_view bytes) {
  const uint8_t first = byte_at(bytes, 0);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.size == 0) return {0xFFFD, 1, false};
  char32_t code_point = first & (0x7F >> lead.size);
  for (uint8_t at = 1; at < lead.size; ++at) {
    if (at >= bytes.size()) return {0xFFFD, at, false};
    const uint8_t next = byte_at(bytes, at);
    const uint8_t least = at == 1 ? lead.second_least : 0x80;
    const uint8_t most = at == 1 ? lead.second_most : 0xBF;
    if (next < least || next > most) return {0xFFFD, at, false};
    code_point = (code_point << 6) | (next & 0x3F);
  }
  return {code_point, lead.size, true};
}

size_t ascii_run(std::string_view bytes) {
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if ((word & 0x8080808080808080ULL) != 0) break;
  }
  while (at < bytes.size() && byte_at(bytes, at) < 0x80) ++at;
  return at;
}

bool is_utf8(std::string_view bytes) {
  while (true) {
    bytes.remove_prefix(ascii_run(bytes));
    if (bytes.empty()) return true;
    const Utf8Step step = utf8_step(bytes);
    if (!step.well_formed) return false;
    bytes.remove_prefix(step.size);
  }
}

std::string to_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const size_t run = ascii_run(bytes);
    out.append(bytes.substr(0, run));
    bytes.remove_prefix(run);
    if (bytes.empty()) break;
    const Utf8Step step = utf8_step(bytes);
    out.append(step.well_formed ? bytes.substr(0, step.size) : kReplacement);
    bytes.remove_prefix(step.size);
  }
  return out;
}

std::string_view utf8_prefix(std::string_view bytes, size_t bytes_max) {
  if (bytes.size() <= bytes_max) return bytes;
  // A character has at most 4 bytes: its lead is one of the 3 before the cut, or none is cut.
  for (size_t back = 1; back <= 3 && back <= bytes_max; ++back) {
    const size_t at = bytes_max - back;
    if ((byte_at(bytes, at) & 0xC0) == 0x80) continue;
    const Utf8Step step = utf8_step(bytes.substr(at));
    if (step.well_formed && step.size > back) return bytes.substr(0, at);
    break;
  }
  return bytes.substr(0, bytes_max);
}

std::string escape_controls(std::string_view utf8, bool keep_newlines) {
  std::string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    const Utf8Step step = utf8_step(utf8);
    const bool kept = step.code_point == '\t' || (keep_newlines && step.code_point == '\n');
    if (!step.well_formed) {
      for (size_t at = 0; at < step.size; ++at) {
        out += "\\x";
        append_hex(out, byte_at(utf8, at), 2);
      }
    } else if (!kept && is_escaped(step.code_point)) {
      const bool narrow = step.code_point <= 0xFF;
      out += narrow ? "\\x" : "\\u";
      append_hex(out, step.code_point, narrow ? 2 : 4);
    } else {
      out.append(utf8.substr(0, step.size));
    }
    utf8.remove_prefix(step.size);
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved)
      encoded += c;
    else
      encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  // Only the last star is ever retried, one character further: O(pattern * text), no recursion.
  size_t in_pattern = 0, in_text = 0;
  size_t after_star = std::string_view::npos, star_text = 0;
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      after_star = ++in_pattern;
      star_text = in_text;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == '?') {
      ++in_pattern;
      in_text += utf8_step(text.substr(in_text)).size;
    } else if (in_pattern < pattern.size() && pattern[in_pattern] == text[in_text]) {
      ++in_pattern;
      ++in_text;
    } else if (after_star != std::string_view::npos) {
      in_pattern = after_star;
      star_text += utf8_step(text.substr(star_text)).size;
      in_text = star_text;
    } else {
      return false;
    }
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') ++in_pattern;
  return in_pattern == pattern.size();
}

}  // namespace taskfeed
