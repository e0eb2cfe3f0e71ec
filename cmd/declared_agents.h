/// The agents of `serve --agents DIR`: read at the start and on SIGHUP, and put where everybody
/// finds them, who may be workers on other machines.
///
/// Threads  load() from the daemon's main thread, put() from the one that watches Redis.
/// Errors   load() names the file and the line; what was declared before then stands.
/// Owns     The declarations.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "service/tasks.h"

namespace taskfeed::cmd {

class DeclaredAgents {
 public:
  /// Empty: no folder, no agents.
  explicit DeclaredAgents(std::string folder) : folder_(std::move(folder)) {}

  Result<size_t> load();
  /// Into the store, and out of it what is declared no more. Safe to repeat.
  Result<void> put(service::Tasks& tasks);

 private:
  const std::string folder_;
  Mutex mutex_;
  std::vector<runner::AgentConfig> agents_ TF_GUARDED_BY(mutex_);
  std::set<AgentId> withdrawn_ TF_GUARDED_BY(mutex_);
};

}  // namespace taskfeed::cmd
