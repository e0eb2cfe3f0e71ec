/// Agent configurations, as their operators declared them.
///
/// Threads  Safe from any thread; calls block.
/// Errors   kNotFound, kUnavailable, kTimeout.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace taskfeed::broker {

struct StoredAgent {
  AgentId id;
  std::string config_json;  ///< runner::AgentConfig
};

class AgentStore {
 public:
  virtual ~AgentStore() = default;
  virtual Result<void> put_agent(const StoredAgent& agent) = 0;
  virtual Result<StoredAgent> agent(const AgentId& id) = 0;
  virtual Result<std::vector<StoredAgent>> agents() = 0;  ///< By id.
  virtual Result<void> remove_agent(const AgentId& id) = 0;
};

}  // namespace taskfeed::broker
