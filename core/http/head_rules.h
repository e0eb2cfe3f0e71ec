/// The grammar of RFC 9112 and RFC 9110 that a request's head is held against, rule by rule.
///
/// Where an RFC lets a server be lenient, these are strict: what two servers may read differently
/// is how requests are smuggled.
///
/// Threads  Pure functions.
/// Errors   Each answers whether the text obeys.
/// Owns     Nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskfeed::http {

/// RFC 9110, 5.6.2: tchar.
bool is_token_char(char c);
bool is_token(std::string_view text);
/// RFC 9110, 5.5: visible characters, obs-text, space and tab.
bool is_field_value_char(char c);
bool same_name(std::string_view a, std::string_view b);
/// Without the spaces and tabs around it.
std::string_view trim_ows(std::string_view text);

/// RFC 9112, 3.2.1: an absolute path with its query, percent-encoded by RFC 3986. The query may
/// also hold what the URL standard (WHATWG) leaves raw there.
bool is_origin_form(std::string_view target);

/// Digits alone, at most 18 of them.
std::optional<uint64_t> parse_content_length(std::string_view text);

/// `host[:port]` of RFC 9110, 7.2; the host in lower case, an IPv6 address in its brackets.
struct HostPort {
  std::string host;
  std::optional<uint16_t> port;
};
std::optional<HostPort> parse_host(std::string_view text);

/// Which names this listener answers to: a browser that was lured to another name for our address
/// (DNS rebinding) sends that name.
struct HostRule {
  std::vector<std::string> names;  ///< Lower case, without port.
  bool any = false;                ///< Unix sockets: no browser reaches them.

  static HostRule loopback() { return {{"localhost", "127.0.0.1", "[::1]"}, false}; }
  static HostRule anything() { return {{}, true}; }
  bool allows(const HostPort& host) const;
};

}  // namespace taskfeed::http
