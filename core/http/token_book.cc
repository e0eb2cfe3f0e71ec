#include "http/token_book.h"

#include <algorithm>
#include <set>

#include "base/ids.h"
#include "base/text.h"
#include "http/head_rules.h"

namespace taskfeed::http {
namespace {

constexpr std::string_view kDigestPrefix = "sha256:";
constexpr std::string_view kBlanks = " \t\r";

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

std::optional<uint8_t> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<Digest> parse_digest(std::string_view text) {
  Digest digest{};
  if (!text.starts_with(kDigestPrefix)) return std::nullopt;
  text.remove_prefix(kDigestPrefix.size());
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (size_t at = 0; at < digest.size(); ++at) {
    const auto high = hex_value(text[2 * at]);
    const auto low = hex_value(text[2 * at + 1]);
    if (!high || !low) return std::nullopt;
    digest[at] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return digest;
}

Result<TokenGrant> parse_grant(std::string_view line) {
  TokenGrant grant;
  grant.name = take_word(line);
  if (auto named = check_name("token name", grant.name); !named) return named.error();
  const auto scope = parse_scope(take_word(line));
  if (!scope) return {Errc::kInvalid, "after the name comes read, write or admin"};
  grant.scope = *scope;
  const auto digest = parse_digest(take_word(line));
  if (!digest) return {Errc::kInvalid, "after the scope comes sha256: and 64 digits 0-9a-f"};
  grant.digest = *digest;
  if (const std::string_view until = take_word(line); !until.empty()) {
    const Result<WallTime> time = parse_rfc3339(until);
    if (!time) return time.error();
    grant.until = *time;
  }
  if (!take_word(line).empty()) return {Errc::kInvalid, "there is more than four words"};
  return grant;
}

/// RFC 7235, 2.1: the scheme's name has no case, and blanks follow it.
std::string_view bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer";
  const std::string_view scheme = take_word(authorization);
  if (!same_name(scheme, kScheme)) return {};
  return take_word(authorization);
}

}  // namespace

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::kRead:
      return "read";
    case Scope::kWrite:
      return "write";
    case Scope::kAdmin:
      return "admin";
  }
  return "";
}

std::optional<Scope> parse_scope(std::string_view text) {
  for (const Scope scope : {Scope::kRead, Scope::kWrite, Scope::kAdmin}) {
    if (to_string(scope) == text) return scope;
  }
  return std::nullopt;
}

std::string format_token_line(const TokenGrant& grant) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string line = grant.name;
  line.append(" ").append(to_string(grant.scope)).append(" ").append(kDigestPrefix);
  for (const uint8_t byte : grant.digest) {
    line += kDigits[byte >> 4];
    line += kDigits[byte & 15];
  }
  if (grant.until) line += " " + format_rfc3339(*grant.until);
  return line;
}

Result<std::vector<TokenGrant>> parse_tokens(std::string_view text) {
  std::vector<TokenGrant> grants;
  std::set<std::string> names;
  std::set<Digest> digests;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t begin = line.find_first_not_of(kBlanks);
    if (begin == line.npos || line[begin] == '#') continue;
    const std::string place = "line " + std::to_string(number) + ": ";
    Result<TokenGrant> grant = parse_grant(line);
    if (!grant) return Error{Errc::kInvalid, place + grant.error().text};
    if (!names.insert(grant->name).second) {
      return Error{Errc::kInvalid, place + "there is another token " + grant->name};
    }
    if (!digests.insert(grant->digest).second) {
      return Error{Errc::kInvalid, place + "this token stands there with another name"};
    }
    if (grants.size() == kTokensMax) {
      return Error{Errc::kTooLarge, place + std::to_string(kTokensMax) + " tokens at most"};
    }
    grants.push_back(*std::move(grant));
  }
  return grants;
}

Digest token_digest(std::string_view token) {
  return sha256({token});
}

void TokenBook::replace(std::vector<TokenGrant> grants) {
  Grants by_digest;
  for (TokenGrant& grant : grants) by_digest.emplace(grant.digest, std::move(grant));
  const Locked lock(mutex_);
  grants_ = std::move(by_digest);
}

Result<void> TokenBook::check(std::string_view authorization, Scope needed, WallTime now) const {
  const std::string_view token = bearer_token(authorization);
  if (token.empty()) {
    return {Errc::kUnauthorised,
            "a token is needed: the header Authorization: Bearer TOKEN, or --token-file"};
  }
  const Digest digest = token_digest(token);
  const Locked lock(mutex_);
  const auto found = grants_.find(digest);
  if (found == grants_.end()) return {Errc::kUnauthorised, "the token is unknown here"};
  const TokenGrant& grant = found->second;
  if (grant.until && *grant.until <= now) {
    return {Errc::kUnauthorised, "the token " + grant.name + " has expired"};
  }
  if (grant.scope < needed) {
    return {Errc::kForbidden, "the token " + grant.name + " has the scope " +
                                  std::string(to_string(grant.scope)) + "; this needs " +
                                  std::string(to_string(needed))};
  }
  return {};
}

}  // namespace taskfeed::http
