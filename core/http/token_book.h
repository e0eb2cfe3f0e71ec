/// Who may call: bearer tokens (RFC 6750), known here by their SHA-256 alone.
///
/// A file of tokens has a line for each: `NAME SCOPE sha256:HEX [UNTIL]`, UNTIL in RFC 3339. Empty
/// lines and those that begin with '#' say nothing. Who reads the file has no token.
///
/// Threads  TokenBook: any, replace() too. The rest are values and pure functions.
/// Errors   parse_tokens() names the line. check() answers kUnauthorised (no token, or none that is
///          known) or kForbidden (known, and not for this).
/// Owns     The grants.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mutex.h"

namespace taskfeed::http {

/// Each includes those before it.
enum class Scope : uint8_t {
  kRead,   ///< GET: tasks, agents, events, streams, metrics.
  kWrite,  ///< Create, execute, control, publish.
  kAdmin   ///< Declare and delete agents.
};
std::string_view to_string(Scope scope);
std::optional<Scope> parse_scope(std::string_view text);

struct TokenGrant {
  std::string name;  ///< For people and logs; `[A-Za-z0-9_-]{1,64}`.
  Scope scope = Scope::kRead;
  Digest digest{};
  std::optional<WallTime> until;
  bool operator==(const TokenGrant&) const = default;
};

inline constexpr size_t kTokensMax = 1'000;

std::string format_token_line(const TokenGrant& grant);
/// Names and digests are each there once; at most kTokensMax.
Result<std::vector<TokenGrant>> parse_tokens(std::string_view text);
/// What the file knows of a token. 256 random bits need neither salt nor a slow hash.
Digest token_digest(std::string_view token);

class TokenBook {
 public:
  explicit TokenBook(std::vector<TokenGrant> grants) { replace(std::move(grants)); }

  void replace(std::vector<TokenGrant> grants);
  /// `authorization` is the header's value. A token is looked up by its digest, so that what a
  /// caller can time tells nothing of those that are known.
  Result<void> check(std::string_view authorization, Scope needed, WallTime now) const;

 private:
  using Grants = std::map<Digest, TokenGrant>;

  mutable Mutex mutex_;
  Grants grants_ TF_GUARDED_BY(mutex_);
};

}  // namespace taskfeed::http
