#include "config_template.h"

#include "config_keys.h"

namespace taskfeed::cmd {
namespace {

/// Something to begin with where nothing is the default.
std::string example_of(const ConfigKey& key) {
  if (key.name == "server") return "\"http://127.0.0.1:8000\"";
  if (key.name == "redis") return "\"redis://localhost\"";
  if (key.name == "timeout") return "\"10m\"";
  if (key.name == "agent") return "\"release-check\"";
  if (key.name == "bridge.channels") return "[\"workflow.*\"]";
  if (key.name == "serve.allow_host") return "[\"tasks.example\"]";
  if (key.name == "serve.allow_origin") return "[\"http://localhost:3000\"]";
  return key.kind == ConfigKey::Kind::kPath ? "\"/srv/taskfeed\"" : "\"\"";
}

/// Under its whole name, not below the heading of a table: so a line may stand anywhere.
std::string lines_of(const ConfigKey& key) {
  const std::string value =
      key.fallback.empty() ? example_of(key) : value_as_toml(key, {std::string(key.fallback)});
  return "\n# " + std::string(key.help) + " (" + std::string(key.variable) + ", " +
         std::string(key.option) + ")\n# " + std::string(key.name) + " = " + value + "\n";
}

}  // namespace

std::string config_template(bool for_project) {
  std::string text =
      "# Configuration of taskfeed; see taskfeed.toml(5). Options and variables of the "
      "environment\n"
      "# come before what stands here. Take the # off a line to set it.\n";
  if (for_project) {
    text +=
        "#\n"
        "# A project's file comes with a checkout, and is read by everybody who works in it. So "
        "it\n"
        "# may not send tasks to another machine, nor say what a daemon does.\n";
  }
  for (const ConfigKey& key : config_keys()) {
    if (for_project && key.from_project == ConfigKey::FromProject::kNever) continue;
    text += lines_of(key);
  }
  if (!for_project) {
    text +=
        "\n"
        "# With --profile staging these come before the values above.\n"
        "# [profile.staging]\n"
        "# server = \"http://staging.example:8000\"\n";
  }
  return text;
}

}  // namespace taskfeed::cmd
