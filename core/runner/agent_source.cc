#include "runner/agent_source.h"

#include "runner/built_in.h"
#include "runner/json_place.h"

namespace taskfeed::runner {
namespace {

bool is_json(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

std::string placed(std::string_view source, size_t line, const std::string& why) {
  return std::string(source) + ":" + std::to_string(line) + ": " + why;
}

}  // namespace

Result<AgentConfig> agent_from_text(std::string_view text, std::string_view source) {
  if (!is_json(text)) return agent_from_toml(text, source);
  const Result<Json> json = parse_json(text);
  if (!json) {
    return {Errc::kInvalid,
            placed(source, line_of_json_error(text, json.error()), json.error().text)};
  }
  const Json* const inner = json->size() == 1 ? find(*json, "agent") : nullptr;
  Result<AgentConfig> agent =
      unless_built_in(agent_from_json(inner != nullptr ? *inner : *json, Origin::kOperator));
  if (agent) return agent;
  const std::string& why = agent.error().text;
  const std::string path =
      (inner != nullptr ? "agent." : "") + why.substr(0, why.find_first_of(" :"));
  return {agent.error().code, placed(source, line_of_member(text, path), why)};
}

}  // namespace taskfeed::runner
