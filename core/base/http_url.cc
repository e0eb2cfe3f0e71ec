#include "base/http_url.h"

#include <algorithm>
#include <charconv>

namespace taskfeed {
namespace {

constexpr int kPlainPort = 80;
constexpr int kTlsPort = 443;

Error wrong(std::string_view what) {
  return {Errc::kInvalid, "must be a URL such as http://127.0.0.1:8001: " + std::string(what)};
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_';
}
bool is_address_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
         c == '.';
}

/// Takes the host off the front of `rest`.
Result<std::string> take_host(std::string_view& rest) {
  std::string_view host;
  if (rest.starts_with('[')) {
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) return wrong("the bracket of its address is not closed");
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!std::all_of(host.begin(), host.end(), is_address_byte) || host.empty()) {
      return wrong("what stands in brackets is no IPv6 address");
    }
  } else {
    host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(host.size());
    if (host.empty()) return wrong("it names no host");
    if (!std::all_of(host.begin(), host.end(), is_name_byte)) {
      return wrong("its host has a character that no name has");
    }
  }
  return std::string(host);
}

}  // namespace

Result<HttpUrl> HttpUrl::parse(std::string_view text) {
  if (text.size() > kHttpUrlBytesMax) {
    return {Errc::kTooLarge, "is over " + std::to_string(kHttpUrlBytesMax) + " bytes"};
  }
  for (const char c : text) {
    if (c <= ' ' || c == 0x7F) return wrong("it holds a space or a control character");
  }
  HttpUrl url;
  if (text.starts_with("https://")) {
    url.tls = true;
    url.port = kTlsPort;
  } else if (!text.starts_with("http://")) {
    return wrong("it begins neither with http:// nor with https://");
  }
  text.remove_prefix(url.tls ? 8 : 7);
  if (text.find_first_of("?#") != std::string_view::npos) {
    return wrong("it may have no query and no fragment");
  }
  std::string_view authority = text.substr(0, text.find('/'));
  url.path = text.substr(authority.size());
  while (url.path.ends_with('/')) url.path.pop_back();
  if (authority.find('@') != std::string_view::npos) {
    return wrong("it may hold no user and no password; a key is given by the environment");
  }
  Result<std::string> host = take_host(authority);
  if (!host) return host.error();
  url.host = *std::move(host);
  if (authority.empty()) return url;
  int port = 0;
  const char* const end = authority.data() + authority.size();
  const auto [after, failed] = std::from_chars(authority.data() + 1, end, port);
  if (authority.front() != ':' || failed != std::errc() || after != end || port < 1 ||
      port > 65'535) {
    return wrong("its port must be a number from 1 to 65535");
  }
  url.port = port;
  return url;
}

std::string HttpUrl::host_field() const {
  const bool bare = host.find(':') == std::string::npos;
  const std::string shown = bare ? host : "[" + host + "]";
  return port == (tls ? kTlsPort : kPlainPort) ? shown : shown + ":" + std::to_string(port);
}

std::string HttpUrl::str() const {
  return (tls ? "https://" : "http://") + host_field() + path;
}

}  // namespace taskfeed
