/// What stands behind a URL, before anything is built on it: for a daemon's start, and to tell an
/// operator what waiting would not mend.
///
/// Threads  Pure but for its own connection; blocks for at most three timeouts.
/// Errors   None: whatever is wrong is the answer.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "redis/url.h"

namespace taskfeed::redis {

struct ServerCheck {
  enum class Verdict {
    kReady,
    kAway,   ///< Nothing answers, or it is loading: it may come.
    kWrong,  ///< No Redis, too old, or it refuses the user: it will not come right by itself.
  };
  Verdict verdict = Verdict::kAway;
  std::string text;  ///< Why it is not ready, in a sentence; empty where it is.
};

ServerCheck check_server(const Url& url, Milliseconds timeout);

}  // namespace taskfeed::redis
