#include "redis_core.h"

#include <array>
#include <cstdlib>
#include <string>

#include <unistd.h>

namespace taskfeed::cmd {
namespace {

/// "<host>-<pid>-<tag>": where to look for it, and not the name of another that had its pid before.
WorkerId fresh_worker_id(IdSource& ids) {
  constexpr size_t kHostBytesMax = 40;  // A Name has 64 at most.
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::string name;
  for (const char c : std::string_view(host.data())) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (name.size() < kHostBytesMax) name += plain ? c : '-';
  }
  if (name.empty()) name = "host";
  name += "-" + std::to_string(::getpid()) + "-" + std::to_string(ids.uuid7().low32() % 100'000);
  return WorkerId::parse(name).value();
}

std::string own_variable(std::string_view name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody calls setenv.
  const char* const value = std::getenv(std::string(name).c_str());
  return value != nullptr ? value : "";
}

engine::PoolOptions pool_options(const WorkerId& id, const WorkersOptions& options) {
  return {.worker = {.id = id, .queue = options.queue, .limits = options.limits},
          .concurrency = options.concurrency,
          .take_wait = options.take_wait,
          .only = options.only};
}

}  // namespace

LocalWorkers::Runners::Runners(const CorePorts& ports)
    : command_(ports.ids, ports.clock),
      adk_(ports.ids, ports.clock),
      mcp_servers_(ports.clock, ports.log, own_variable),
      openai_({ports.ids, ports.clock, ports.log, own_variable,
               [this, ports](const runner::AgentConfig& agent, const TaskId& task) {
                 return toolbox(agent, task, ports);
               }}) {}

std::unique_ptr<runner::Toolbox> LocalWorkers::Runners::toolbox(const runner::AgentConfig& agent,
                                                                const TaskId& task,
                                                                const CorePorts& ports) {
  std::vector<std::unique_ptr<runner::Toolbox>> boxes;
  if (agent.model_server && !agent.model_server->tools.empty()) {
    boxes.push_back(std::make_unique<process::CommandTools>(
        agent.model_server->tools, process::ToolOwner{task, agent.id}, ports.clock, own_variable));
  }
  if (!agent.mcp.empty()) boxes.push_back(mcp_servers_.toolbox(agent.mcp, task.str()));
  return std::make_unique<runner::JoinedToolbox>(std::move(boxes), ports.log);
}

runner::Runner* LocalWorkers::Runners::find(runner::RunnerKind kind) {
  switch (kind) {
    case runner::RunnerKind::kCommand:
      return &command_;
    case runner::RunnerKind::kAdk:
      return &adk_;
    case runner::RunnerKind::kOpenAi:
      return &openai_;
    case runner::RunnerKind::kExternal:
      break;
  }
  return nullptr;
}

LocalWorkers::LocalWorkers(RedisCore& core, const WorkersOptions& options, const CorePorts& ports)
    : id_(fresh_worker_id(ports.ids)),
      runners_(ports),
      pool_({core.broker, core.broker, core.broker, core.broker, core.broker, runners_, ports.ids,
             ports.clock, ports.log},
            pool_options(id_, options)) {}

}  // namespace taskfeed::cmd
