#include "http/head_rules.h"

#include <algorithm>
#include <array>

namespace taskfeed::http {
namespace {

constexpr size_t kHostBytesMax = 255;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool is_hex(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

using CharTable = std::array<bool, 256>;

CharTable make_token_table() {
  CharTable table{};
  for (int c = 0; c < 128; ++c) {
    const char each = static_cast<char>(c);
    table[static_cast<size_t>(c)] =
        is_alphanumeric(each) || (c != 0 && is_one_of(each, "!#$%&'*+-.^_`|~"));
  }
  return table;
}

/// RFC 3986: pchar without '%', and '/'.
bool is_path_char(char c) {
  return is_alphanumeric(c) || is_one_of(c, "-._~!$&'()*+,;=:@/");
}

bool is_query_char(char c) {
  return is_path_char(c) || is_one_of(c, "?[]{}|\\^`");
}

}  // namespace

bool is_token_char(char c) {
  static const CharTable table = make_token_table();
  return table[static_cast<unsigned char>(c)];
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || c == '\t';
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim_ows(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_origin_form(std::string_view target) {
  if (target.empty() || target.front() != '/') return false;
  bool query = false;
  for (size_t at = 0; at < target.size(); ++at) {
    const char c = target[at];
    if (c == '?') {
      query = true;
    } else if (c == '%') {
      if (at + 2 >= target.size() || !is_hex(target[at + 1]) || !is_hex(target[at + 2])) {
        return false;
      }
      at += 2;
    } else if (!(query ? is_query_char(c) : is_path_char(c))) {
      return false;
    }
  }
  return true;
}

std::optional<uint64_t> parse_content_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

std::optional<HostPort> parse_host(std::string_view text) {
  if (text.empty() || text.size() > kHostBytesMax) return std::nullopt;
  HostPort parsed;
  size_t end = 0;
  if (text.front() == '[') {
    end = text.find(']');
    if (end == std::string_view::npos || end < 3) return std::nullopt;
    const std::string_view address = text.substr(1, end - 1);
    if (!std::all_of(address.begin(), address.end(),
                     [](char c) { return is_hex(c) || c == ':' || c == '.'; })) {
      return std::nullopt;
    }
    ++end;
  } else {
    end = std::min(text.find(':'), text.size());
    const std::string_view name = text.substr(0, end);
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) {
          return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
        })) {
      return std::nullopt;
    }
  }
  for (const char c : text.substr(0, end)) parsed.host += lower(c);
  if (end == text.size()) return parsed;
  if (text[end] != ':') return std::nullopt;
  const std::string_view digits = text.substr(end + 1);
  const std::optional<uint64_t> port = parse_content_length(digits);
  if (digits.size() > 5 || !port || *port > 65'535) return std::nullopt;
  parsed.port = static_cast<uint16_t>(*port);
  return parsed;
}

bool HostRule::allows(const HostPort& host) const {
  return any || std::find(names.begin(), names.end(), host.host) != names.end();
}

}  // namespace taskfeed::http
