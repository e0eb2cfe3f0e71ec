#include "redis/server_check.h"

#include <array>
#include <charconv>

#include "redis/connection.h"

namespace taskfeed::redis {
namespace {

using Verdict = ServerCheck::Verdict;

// 6.2 brought XAUTOCLAIM and ZRANGE by score, which the scripts use.
constexpr int kMajorLeast = 6;
constexpr int kMinorLeast = 2;

ServerCheck wrong(const Url& url, std::string_view what) {
  return {Verdict::kWrong, "Redis at " + url.str() + " " + std::string(what)};
}

std::string_view version_of(std::string_view info) {
  constexpr std::string_view kKey = "redis_version:";
  const size_t at = info.find(kKey);
  if (at == info.npos) return {};
  const std::string_view rest = info.substr(at + kKey.size());
  return rest.substr(0, rest.find_first_of("\r\n"));
}

bool too_old(std::string_view version) {
  int major = 0;
  int minor = 0;
  const char* const end = version.data() + version.size();
  const auto read = std::from_chars(version.data(), end, major);
  if (read.ec != std::errc{} || major == 0) return false;  // A fork that counts differently.
  if (read.ptr != end) std::from_chars(read.ptr + 1, end, minor);
  return major < kMajorLeast || (major == kMajorLeast && minor < kMinorLeast);
}

/// An error reply: passing, or for a person to mend.
ServerCheck judge(const Url& url, std::string_view reply) {
  constexpr std::array<std::string_view, 5> kPassing{"LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN",
                                                     "ERR max number of clients"};
  const Error error = redis_error(reply, url.str());
  for (const std::string_view code : kPassing) {
    if (reply.starts_with(code)) return {Verdict::kAway, error.text};
  }
  return {Verdict::kWrong, error.text};
}

}  // namespace

ServerCheck check_server(const Url& url, Milliseconds timeout) {
  // Without the parts that greet, so that what it says to them is heard here.
  Url bare = url;
  bare.user.clear();
  bare.password.clear();
  bare.db = 0;
  const auto connection = Connection::open(bare, timeout);
  if (!connection) return {Verdict::kAway, connection.error().text};
  Batch batch((*connection)->known());
  if (!url.password.empty()) {
    if (url.user.empty())
      batch.command({"AUTH", url.password});
    else
      batch.command({"AUTH", url.user, url.password});
  }
  if (url.db != 0) batch.command({"SELECT", std::to_string(url.db)});
  batch.command({"PING"});
  const size_t greetings = batch.size();
  batch.command({"INFO", "server"});
  Replies replies;
  switch ((*connection)->exchange(batch.bytes(), batch.size(), timeout, replies)) {
    case Connection::Outcome::kDone:
      break;
    case Connection::Outcome::kTimeout:
      return {Verdict::kAway, "Redis at " + url.str() +
                                  " does not answer: look whether it is stopped or overloaded."};
    case Connection::Outcome::kBroken:
      // An error that came before the end, such as -DENIED of the protected mode.
      for (const Reply& reply : replies) {
        if (reply.view().is_error()) return judge(url, reply.view().text());
      }
      if ((*connection)->spoke_no_resp()) {
        return wrong(url, "is no Redis: another program answers there. Name a Redis with --redis.");
      }
      return {Verdict::kAway, "Redis at " + url.str() + " closed the connection."};
  }
  for (size_t i = 0; i < greetings; ++i) {
    if (const ReplyView reply = replies[i].view(); reply.is_error()) {
      return judge(url, reply.text());
    }
  }
  // Where INFO is not permitted, the first script will tell.
  const std::string_view version = version_of(replies[greetings].view().text());
  if (too_old(version)) {
    return wrong(url, "is version " + std::string(version) +
                          "; taskfeed needs 6.2 or later: install a newer one.");
  }
  return {Verdict::kReady, {}};
}

}  // namespace taskfeed::redis
