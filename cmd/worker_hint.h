/// What a person hears whose task may wait for long.
///
/// Threads  Main thread.
/// Errors   None: where the queue cannot be looked at, nobody is known to take from it.
/// Owns     Nothing.
#pragma once

#include "deps.h"

namespace taskfeed::cmd {

/// After a task was queued. Silent where a daemon has workers, where the Redis is one that others
/// named, and where a worker of the queue was heard of lately.
void remark_missing_worker(Deps& deps);

}  // namespace taskfeed::cmd
