/// What went wrong with a peer, in few kinds, and whether trying again may help: as far as model
/// servers and ADK's api_server have it in common.
///
/// - connect, timeout_connect, timeout_first_byte, timeout_idle: to_string(Fault); retryable.
/// - stream_broken: the answer began, and ended too early; retryable.
/// - rate_limited: 429; retryable.
/// - overloaded: 503, 529; retryable.
/// - server: 408, 409 and every other 5xx; retryable.
/// - auth, quota, permission, not_found: 401, 402, 403, 404.
/// - invalid_request: every other 4xx.
/// - protocol: a status that is no refusal either, or no HTTP.
/// - tls, timeout, too_large, stopped: to_string(Fault).
/// - context_length: no status has it; a word says so.
///
/// A module has kinds of its own beside these: none of them is retryable.
///
/// Threads  Pure functions.
/// Errors   None: a word that nobody knows has an empty kind.
/// Owns     Nothing; kinds are literals.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace taskfeed::peer {

bool is_retryable(std::string_view kind);
/// Of an HTTP answer that is not the one that was asked for.
std::string_view kind_of_status(int status);

struct KnownText {
  std::string_view text;
  std::string_view kind;
};
using KnownTexts = std::span<const KnownText>;

/// Codes of OpenAI's API, which others repeat: they say more than the status that they come with.
inline constexpr std::array kCauses{KnownText{"insufficient_quota", "quota"},
                                    KnownText{"context_length_exceeded", "context_length"}};

/// google.rpc.Code: each names the class that an HTTP status names too.
inline constexpr std::array kRpcCodes{KnownText{"RESOURCE_EXHAUSTED", "rate_limited"},
                                      KnownText{"UNAVAILABLE", "overloaded"},
                                      KnownText{"INTERNAL", "server"},
                                      KnownText{"DEADLINE_EXCEEDED", "server"},
                                      KnownText{"UNAUTHENTICATED", "auth"},
                                      KnownText{"PERMISSION_DENIED", "permission"},
                                      KnownText{"NOT_FOUND", "not_found"},
                                      KnownText{"INVALID_ARGUMENT", "invalid_request"}};

/// Of the first entry, table after table, whose text `fits`.
template <class Fits>
std::string_view kind_where(std::initializer_list<KnownTexts> tables, const Fits& fits) {
  for (const KnownTexts table : tables) {
    for (const KnownText& known : table) {
      if (fits(known.text)) return known.kind;
    }
  }
  return {};
}
std::string_view kind_of_word(std::initializer_list<KnownTexts> tables, std::string_view word);

/// A peer's own words, as a failure's text may repeat them: well-formed, and cut after 500 bytes.
/// Secrets have to be out of it before: a part of one is not found any more.
std::string shown(std::string_view words);

}  // namespace taskfeed::peer
