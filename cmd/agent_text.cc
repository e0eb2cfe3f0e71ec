#include "agent_text.h"

#include "table.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kNameWidth = 13;
constexpr size_t kDescriptionBytesMax = 200;

/// "usd 0.5, steps 20"; empty where nothing is bounded.
std::string budget_text(const workflow::Budget& budget) {
  std::string text;
  const Json json = workflow::budget_to_json(budget);
  for (const auto& [bound, value] : json.items()) {
    text += (text.empty() ? "" : ", ") + bound + " " +
            (value.is_string() ? value.get<std::string>() : dump_json(value));
  }
  return text;
}

/// "checksum: sh -c …".
std::string program_text(const std::string& name, const std::vector<std::string>& argv) {
  std::string line = name + ":";
  for (const std::string& word : argv) line += " " + word;
  return line;
}

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
    add("budget", budget_text(agent.adk->budget));
  }
  if (agent.model_server) {
    add("server", agent.model_server->base_url.str());
    add("model", agent.model_server->model);
    add("budget", budget_text(agent.model_server->budget));
    const std::vector<runner::CommandTool>& tools = agent.model_server->tools;
    for (const runner::CommandTool& tool : tools) {
      add(&tool == &tools.front() ? "tools" : "", program_text(tool.name, tool.argv));
    }
  }
  for (const runner::McpServer& server : agent.mcp) {
    add(&server == &agent.mcp.front() ? "mcp" : "", server.url.empty()
                                                        ? program_text(server.name, server.argv)
                                                        : server.name + ": " + server.url);
  }
  add("mode", agent.enable_streaming ? "streaming" : "batch");
  for (const runner::CommandStep& step : agent.steps) {
    add(&step == &agent.steps.front() ? "steps" : "", program_text(step.name, step.argv));
  }
  return text;
}

}  // namespace taskfeed::cmd
