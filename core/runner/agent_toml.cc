#include <toml++/toml.h>

#include "runner/agent_config.h"
#include "runner/built_in.h"

namespace taskfeed::runner {
namespace {

Json to_json(const toml::node& node);

Json table_to_json(const toml::table& table) {
  Json json = Json::object();
  for (const auto& [key, value] : table) json[std::string(key.str())] = to_json(value);
  return json;
}

/// Dates have no JSON form; as text they are refused where a number or a flag is wanted.
Json to_json(const toml::node& node) {
  if (const auto* table = node.as_table()) return table_to_json(*table);
  if (const auto* array = node.as_array()) {
    Json json = Json::array();
    for (const toml::node& each : *array) json.push_back(to_json(each));
    return json;
  }
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  if (const auto number = node.value_exact<int64_t>()) return *number;
  if (const auto number = node.value_exact<double>()) return *number;
  return nullptr;
}

std::string place_of(std::string_view source, const toml::source_region& region) {
  return std::string(source) + ":" + std::to_string(region.begin.line);
}

/// The line of the key that `error` begins with (`steps[2].cwd must …`, `id: …`), as near as it is
/// found.
std::string place_of(std::string_view source, const toml::table& agent, const std::string& error) {
  const std::string path = error.substr(0, error.find_first_of(" :"));
  size_t length = path.size();
  while (length > 0) {
    if (const auto node = agent.at_path(std::string_view(path).substr(0, length))) {
      return place_of(source, node.node()->source());
    }
    const size_t dot = path.find_last_of(".[", length - 1);
    length = dot == std::string::npos ? 0 : dot;
  }
  return place_of(source, agent.source());
}

}  // namespace

Result<AgentConfig> agent_from_toml(std::string_view text, std::string_view source) {
  toml::table document;
  try {
    document = toml::parse(text, source);
  } catch (const toml::parse_error& error) {
    return {Errc::kInvalid,
            place_of(source, error.source()) + ": " + std::string(error.description())};
  }
  for (const auto& [key, value] : document) {
    if (key.str() == "agent") continue;
    return {Errc::kInvalid, place_of(source, key.source()) + ": \"" + std::string(key.str()) +
                                "\" is not known here; an agent's file has one [agent] table"};
  }
  const toml::table* const agent = document["agent"].as_table();
  if (agent == nullptr) {
    return {Errc::kInvalid, std::string(source) + ": has no [agent] table"};
  }
  Result<AgentConfig> config =
      unless_built_in(agent_from_json(table_to_json(*agent), Origin::kOperator));
  if (config) return config;
  const std::string& why = config.error().text;
  return {config.error().code, place_of(source, *agent, why) + ": " + why};
}

}  // namespace taskfeed::runner
