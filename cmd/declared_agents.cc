#include "declared_agents.h"

#include "agent_files.h"

namespace taskfeed::cmd {

Result<size_t> DeclaredAgents::load() {
  if (folder_.empty()) return size_t{0};
  Result<std::vector<runner::AgentConfig>> read = agents_from_folder(folder_);
  if (!read) return read.error();
  const Locked lock(mutex_);
  for (const runner::AgentConfig& agent : agents_) withdrawn_.insert(agent.id);
  agents_ = *std::move(read);
  for (const runner::AgentConfig& agent : agents_) withdrawn_.erase(agent.id);
  return agents_.size();
}

Result<void> DeclaredAgents::put(service::Tasks& tasks) {
  std::vector<runner::AgentConfig> agents;
  std::set<AgentId> withdrawn;
  {
    const Locked lock(mutex_);
    agents = agents_;
    withdrawn = withdrawn_;
  }
  for (const runner::AgentConfig& agent : agents) {
    if (auto done = tasks.put_agent(agent); !done) return done;
  }
  for (const AgentId& id : withdrawn) {
    const Result<void> done = tasks.remove_agent(id);
    if (!done && done.error().code != Errc::kNotFound) return done;
    const Locked lock(mutex_);
    withdrawn_.erase(id);
  }
  return {};
}

}  // namespace taskfeed::cmd
