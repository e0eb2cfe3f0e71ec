/// What `taskfeed doctor` looks at: facts that are gathered, and what they mean.
///
/// Judging is apart from gathering, so that each verdict has a test without the trouble itself.
///
/// Threads  gather_…() block, bounded by their timeouts; judge_…() are pure functions.
/// Errors   None: what cannot be looked at is a Finding too.
/// Owns     Nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/endpoint.h"
#include "redis/url.h"

namespace taskfeed::cmd {

enum class Health { kOk, kWarning, kFailed, kUnreachable };
std::string_view to_string(Health health);

struct Finding {
  Health health = Health::kOk;
  std::string check;  ///< "redis persistence"
  std::string text;   ///< One sentence.
  std::vector<std::string> advice;
};
using Findings = std::vector<Finding>;

/// Of a Redis. Settings are absent where CONFIG is refused, as managed ones do.
struct RedisFacts {
  std::string place;
  std::string trouble;  ///< Why it cannot be used; the rest is unknown then.
  bool wrong = false;   ///< The trouble does not go away by waiting.
  std::map<std::string, std::string> info;
  std::map<std::string, std::string> settings;
  std::optional<Milliseconds> clock_ahead;  ///< Redis' clock less ours.
};
RedisFacts gather_redis(const redis::Url& url, const Clock& clock);
Findings judge_redis(const RedisFacts& facts);

/// The folder of the private Redis and of the local socket.
struct FolderFacts {
  std::string path;
  bool is_there = false;
  std::string trouble;  ///< It is there, and not ours or not private.
  uint64_t bytes_free = 0;
};
FolderFacts gather_folder(const std::string& path);
Finding judge_folder(const FolderFacts& facts);

struct DaemonFacts {
  std::string place;
  std::optional<Error> error;
  int status = 0;
  std::string version;
  std::string redis_detail;
  bool draining = false;
  uint64_t workers = 0;
  uint64_t queue = 0;
};
DaemonFacts gather_daemon(const client::Endpoint& endpoint);
Findings judge_daemon(const DaemonFacts& facts, std::string_view own_version);

/// An event stream as it comes through whatever stands in between. It is asked for a heartbeat
/// every kProbeInterval, and looked at until kProbeBeats have come.
inline constexpr Milliseconds kProbeInterval{5'000};
inline constexpr size_t kProbeBeats = 2;
struct StreamFacts {
  std::string place;
  std::optional<Error> error;
  int status = 0;
  std::map<std::string, std::string> fields;  ///< Of the answer; names in lower case.
  Milliseconds head{0};                       ///< Until the head was there.
  std::optional<Milliseconds> first_byte;     ///< Of the body; from the request, as all of them.
  std::vector<Milliseconds> beats;
  Milliseconds end{0};  ///< Of the look.
  bool closed = false;  ///< By the other side, before the look was over.
};
StreamFacts gather_stream(const client::Endpoint& endpoint, const Clock& clock);
Findings judge_stream(const StreamFacts& facts);

}  // namespace taskfeed::cmd
