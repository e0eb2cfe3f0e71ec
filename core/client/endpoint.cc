#include "client/endpoint.h"

#include <charconv>

#include <sys/un.h>

#include "base/text.h"

namespace taskfeed::client {
namespace {

Error wrong(std::string_view text, std::string_view what) {
  return {Errc::kInvalid, "the server '" + escape_controls(to_utf8(text)) + "' " +
                              std::string(what) + "; write http://HOST:PORT or unix:PATH"};
}

bool is_host_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

Result<Endpoint> unix_endpoint(std::string_view text, std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);
  if (path.empty() || path.find('\0') != std::string_view::npos) {
    return wrong(text, "names no socket");
  }
  if (path.size() >= sizeof(sockaddr_un{}.sun_path)) {
    return wrong(text, "is longer than a unix socket's path may be (107 bytes)");
  }
  Endpoint endpoint;
  endpoint.unix_path = path;
  return endpoint;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  if (text.starts_with("unix:")) return unix_endpoint(text, text.substr(5));
  if (text.starts_with("https://")) {
    return wrong(text, "needs TLS, which this build does not have");
  }
  std::string_view rest = text;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  if (rest.find("://") != std::string_view::npos) return wrong(text, "has an unknown scheme");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('@') != std::string_view::npos) return wrong(text, "must not hold a password");

  Endpoint endpoint;
  std::string_view port;
  if (rest.starts_with('[')) {  // RFC 3986, IP-literal.
    const size_t end = rest.find(']');
    if (end == std::string_view::npos || end == 1) return wrong(text, "has no host");
    endpoint.host = rest.substr(1, end - 1);
    if (endpoint.host.find_first_not_of("0123456789abcdefABCDEF:.%") != std::string::npos) {
      return wrong(text, "has no IPv6 address between its brackets");
    }
    rest = rest.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return wrong(text, "has text after its host");
    if (!rest.empty()) port = rest.substr(1);
    if (rest == ":") return wrong(text, "has no port after the colon");
  } else {
    const size_t colon = rest.find(':');
    endpoint.host = rest.substr(0, colon);
    for (const char c : endpoint.host) {
      if (!is_host_byte(c)) return wrong(text, "has a path or a sign that no host has");
    }
    if (colon != std::string_view::npos) {
      port = rest.substr(colon + 1);
      if (port.empty()) return wrong(text, "has no port after the colon");
    }
  }
  if (endpoint.host.empty()) return wrong(text, "has no host");
  if (!port.empty()) {
    const auto [end, failed] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (failed != std::errc() || end != port.data() + port.size() || endpoint.port < 1 ||
        endpoint.port > 65'535) {
      return wrong(text, "has a port that is none (1 to 65535)");
    }
  }
  return endpoint;
}

std::string Endpoint::str() const {
  if (!unix_path.empty()) return "unix:" + unix_path;
  const bool v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace taskfeed::client
