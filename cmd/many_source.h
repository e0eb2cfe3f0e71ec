/// One stream over many tasks, as the command line reads it.
///
/// Beside StreamSource, which what can do this is as well: its items come through next(), where
/// `task` is broker::registry_id(), since they name their own.
///
/// Threads  As StreamSource.
/// Errors   As StreamSource::open().
/// Owns     Nothing.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "event/many_cursor.h"

namespace taskfeed::cmd {

struct ManyRequest {
  TaskSelection selection;
  std::string after;  ///< A place of such a stream (event/many_cursor.h); validated. Empty: now.
  std::string types;  ///< As --types and --exclude gave them; validated.
  std::string exclude;
  std::optional<WallTime> since;  ///< Without a place: the history from there too.
};

class ManySource {
 public:
  /// Instead of StreamSource::open(), once.
  virtual Result<void> open_many(const ManyRequest& request) = 0;

 protected:
  ~ManySource() = default;
};

}  // namespace taskfeed::cmd
