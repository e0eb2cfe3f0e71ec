/// The names under which this module uses base/mutex.h.
///
/// Threads  As base/mutex.h.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include "base/mutex.h"

namespace taskfeed::redis {

using taskfeed::Mutex;
using Lock = taskfeed::Locked;

}  // namespace taskfeed::redis
