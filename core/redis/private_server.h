/// A redis-server of taskfeed's own, for a machine where none is given.
///
/// One for each state directory, on a unix socket in it, with an append-only file; shared by every
/// taskfeed process of that directory, started by the first, stopped after the last, and adopted
/// by whoever comes while it runs.
///
/// How it is kept free of races and orphans:
///  - Each process that uses the server holds a shared flock on `users`. The kernel lets go of it
///    however the process ends.
///  - A supervisor process (`run_private_redis_supervisor`, in a session of its own) is redis-
///    server's parent. It waits for the exclusive lock on `users`, which it gets when the last user
///    is gone; then it stops Redis while it holds `start` too, so that whoever comes meanwhile
///    waits and starts anew, rather than meet a server that is going away.
///  - Starting happens under the exclusive lock on `start`.
///  - Where the supervisor is killed, the kernel ends redis-server with it (PR_SET_PDEATHSIG), and
///  a
///    thread of each user sees it (pidfd) and starts both again; clients ride through that as
///    through any restart of Redis.
///
/// Threads  ensure() and the destructor from one thread. One thread inside, the keeper.
/// Errors   kInvalid for a directory that is not ours or not private, kUnavailable for a server
///          that does not start; each says what to do.
/// Owns     The locks, the keeper thread. The server belongs to the supervisor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "redis/url.h"

namespace taskfeed::redis {

struct PrivateServerOptions {
  /// Created with mode 0700 where it does not exist; its parent must.
  std::string folder;
  /// What becomes the supervisor, the folder appended: {"taskfeed", "__private-redis"}.
  std::vector<std::string> supervisor_argv;
  /// What is executed: this very program, also where its file was replaced meanwhile. The first of
  /// supervisor_argv is only what ps(1) shows.
  std::string supervisor_program = "/proc/self/exe";
};

class PrivateServer {
 public:
  /// Adopts the folder's server, or starts it. Blocks until it answers: well under 10 ms for a
  /// running one, at most 20 s where it loads a large file.
  static Result<std::unique_ptr<PrivateServer>> ensure(const PrivateServerOptions& options,
                                                       Log& log);
  /// The last user's departure stops the server.
  ~PrivateServer();
  PrivateServer(const PrivateServer&) = delete;
  PrivateServer& operator=(const PrivateServer&) = delete;

  const Url& url() const { return url_; }

 private:
  class Keeper;
  PrivateServer(Url url, std::unique_ptr<Keeper> keeper);
  Url url_;
  std::unique_ptr<Keeper> keeper_;
};

/// The supervisor's main: for a hidden subcommand that does nothing else. Call it before any thread
/// exists; standard output is the pipe on which the starter waits for one line, "ok" or a sentence.
int run_private_redis_supervisor(const std::string& folder);

}  // namespace taskfeed::redis
