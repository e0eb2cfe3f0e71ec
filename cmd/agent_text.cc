#include "agent_text.h"

#include "table.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kNameWidth = 13;
constexpr size_t kDescriptionBytesMax = 200;

}  // namespace

std::string agent_table(const std::vector<runner::AgentConfig>& agents, const Looks& looks) {
  std::vector<std::vector<TableCell>> rows;
  for (const runner::AgentConfig& agent : agents) {
    rows.push_back({{agent.id.str()},
                    {std::string(to_string(agent.runner))},
                    {std::to_string(agent.steps.size())},
                    {one_line(agent.description, kDescriptionBytesMax, looks)}});
  }
  return table_text({{"AGENT"},
                     {.heading = "RUNNER", .weight = 3},
                     {.heading = "STEPS", .weight = 1},
                     {.heading = "DESCRIPTION", .weight = 2, .prose = true}},
                    std::move(rows), looks);
}

std::string agent_details(const runner::AgentConfig& agent, const Looks& looks) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text += padded(name, kNameWidth) + indented(value, kNameWidth, looks) + "\n";
  };
  add("agent", agent.id.str());
  add("description", agent.description);
  add("runner", to_string(agent.runner));
  if (agent.adk) {
    add("server", agent.adk->base_url.str());
    add("app", agent.adk->app);
  }
  add("mode", agent.enable_streaming ? "streaming" : "batch");
  for (const runner::CommandStep& step : agent.steps) {
    std::string line = step.name + ":";
    for (const std::string& word : step.argv) line += " " + word;
    add(&step == &agent.steps.front() ? "steps" : "", line);
  }
  return text;
}

}  // namespace taskfeed::cmd
