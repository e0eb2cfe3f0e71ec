#include "redis/url.h"

#include <charconv>
#include <optional>

namespace taskfeed::redis {
namespace {

constexpr int kDbMax = 1'000'000;
constexpr size_t kUnixPathMax = 107;  // sockaddr_un(7): 108 with the NUL.

std::optional<int> number(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < least || value > most) return std::nullopt;
  return value;
}

/// RFC 3986, 2.1.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const auto [end, error] = std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16);
    if (error != std::errc{} || end != &text[i + 1] + 2 || value == 0) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

Error wrong(std::string_view what) {
  return {Errc::kInvalid, "The Redis URL is wrong: " + std::string(what) +
                              ". Use redis://[user:password@]host[:port][/db] or "
                              "unix:///path/to/socket[?db=N]."};
}

Result<Url> parse_unix(std::string_view rest) {
  Url url;
  const size_t question = rest.find('?');
  if (question != rest.npos) {
    const std::string_view query = rest.substr(question + 1);
    const auto db = query.starts_with("db=") ? number(query.substr(3), 0, kDbMax) : std::nullopt;
    if (!db) return wrong("only ?db=N may follow the socket's path");
    url.db = *db;
    rest = rest.substr(0, question);
  }
  const auto path = percent_decoded(rest);
  if (!path || !path->starts_with('/')) return wrong("the socket's path must be absolute");
  if (path->size() > kUnixPathMax) {
    return wrong(
        "the socket's path is longer than 107 bytes, the most that a unix socket may have");
  }
  url.unix_path = *path;
  return url;
}

Result<Url> parse_tcp(std::string_view rest) {
  Url url;
  const size_t at = rest.rfind('@');
  if (at != rest.npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = login.find(':');
    const auto user = percent_decoded(login.substr(0, colon));
    const auto password = percent_decoded(colon == login.npos ? "" : login.substr(colon + 1));
    if (!user || !password) return wrong("a % in user or password must be written %25");
    url.user = *user;
    url.password = *password;
    if (url.password.empty()) return wrong("a user stands there without a password");
    rest.remove_prefix(at + 1);
  }
  const size_t slash = rest.find('/');
  if (slash != rest.npos) {
    const std::string_view path = rest.substr(slash + 1);
    const auto db = path.empty() ? 0 : number(path, 0, kDbMax);
    if (!db) return wrong("what follows the host must be the number of a database");
    url.db = *db;
    rest = rest.substr(0, slash);
  }
  std::string_view host = rest;
  if (rest.starts_with('[')) {  // An IPv6 address, RFC 3986, 3.2.2.
    const size_t close = rest.find(']');
    if (close == rest.npos) return wrong("a [ is not closed");
    host = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  } else {
    host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(host.size());
  }
  if (!rest.empty()) {
    const auto port = rest.starts_with(':') ? number(rest.substr(1), 1, 65535) : std::nullopt;
    if (!port) return wrong("the port must be a number from 1 to 65535");
    url.port = *port;
  }
  url.host = host.empty() ? "127.0.0.1" : std::string(host);
  return url;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  for (const char byte : text) {
    if (static_cast<unsigned char>(byte) <= ' ' || byte == 0x7f) {
      return wrong("it holds a space or a control character");
    }
  }
  if (text.starts_with("rediss://")) {
    return Error{Errc::kInvalid,
                 "rediss:// (Redis over TLS) is not in this build: its hiredis has no TLS. Use "
                 "redis:// through a local TLS tunnel, or a unix socket."};
  }
  if (text.starts_with("redis://")) return parse_tcp(text.substr(8));
  if (text.starts_with("unix://")) return parse_unix(text.substr(7));
  // As --server and --listen name a unix socket.
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  return wrong("it begins with neither redis:// nor unix:");
}

std::string Url::str() const {
  if (!unix_path.empty()) {
    return "unix://" + unix_path + (db != 0 ? "?db=" + std::to_string(db) : "");
  }
  const bool v6 = host.find(':') != host.npos;
  return "redis://" + (user.empty() ? "" : user + "@") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port) + (db != 0 ? "/" + std::to_string(db) : "");
}

}  // namespace taskfeed::redis
