#include "peer/failures.h"

#include <algorithm>

#include "base/text.h"

namespace taskfeed::peer {
namespace {

constexpr size_t kShownBytesMax = 500;

}  // namespace

bool is_retryable(std::string_view kind) {
  constexpr std::array<std::string_view, 8> kRetryable{
      "connect",       "timeout_connect", "timeout_first_byte", "timeout_idle",
      "stream_broken", "rate_limited",    "overloaded",         "server"};
  return std::find(kRetryable.begin(), kRetryable.end(), kind) != kRetryable.end();
}

std::string_view kind_of_status(int status) {
  switch (status) {
    case 401:
      return "auth";
    case 402:
      return "quota";
    case 403:
      return "permission";
    case 404:
      return "not_found";
    case 408:
    case 409:
      return "server";
    case 429:
      return "rate_limited";
    case 503:
    case 529:
      return "overloaded";
    default:
      return status >= 500 ? "server" : status >= 400 ? "invalid_request" : "protocol";
  }
}

std::string_view kind_of_word(std::initializer_list<KnownTexts> tables, std::string_view word) {
  return kind_where(tables, [word](std::string_view text) { return text == word; });
}

std::string shown(std::string_view words) {
  const std::string clean = to_utf8(words);
  const std::string_view fits = utf8_prefix(clean, kShownBytesMax);
  return std::string(fits) + (fits.size() < clean.size() ? "…" : "");
}

}  // namespace taskfeed::peer
