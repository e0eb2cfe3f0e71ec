// __private-redis FOLDER: becomes the supervisor of a state directory's redis-server. Hidden: only
// redis::PrivateServer starts it.
#include "redis/private_server.h"
#include "subcommand.h"

namespace taskfeed::cmd {

ExitStatus enter_private_redis(Invocation& invocation, Needs) {
  if (invocation.args.size() != 1) {
    return usage_error(invocation, {Errc::kInvalid,
                                    "__private-redis is started by taskfeed itself, with the state "
                                    "directory as its one argument"});
  }
  return static_cast<ExitStatus>(redis::run_private_redis_supervisor(invocation.args.front()));
}

}  // namespace taskfeed::cmd
