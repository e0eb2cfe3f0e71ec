#include "runner/secrets.h"

#include <algorithm>

#include "runner/agent_config.h"

namespace taskfeed::runner {
namespace {

constexpr std::string_view kInstead = "[redacted]";
constexpr size_t kBytesMin = 4;

/// POSIX 2018, XBD 8, and what desktops set: said by programs all the time, and known to everybody.
constexpr std::array<std::string_view, 12> kCommonVariables{
    "PATH", "HOME", "USER", "LOGNAME", "SHELL",    "PWD",
    "LANG", "TZ",   "TERM", "TMPDIR",  "HOSTNAME", "EDITOR"};

bool is_common(std::string_view name) {
  return name.starts_with("LC_") || name.starts_with("XDG_") ||
         std::find(kCommonVariables.begin(), kCommonVariables.end(), name) !=
             kCommonVariables.end();
}

std::string_view trimmed(std::string_view value) {
  const size_t begin = value.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(" \t\r\n") - begin + 1);
}

uint8_t first_byte(std::string_view text) {
  return static_cast<uint8_t>(text.front());
}

}  // namespace

Secrets::Secrets(const std::map<std::string, std::string>& headers) {
  for (const auto& [name, value] : headers) add(value);
}

void Secrets::add(std::string_view value) {
  const std::string_view whole = trimmed(value);
  keep(whole);
  const size_t space = whole.find(' ');
  if (space != std::string_view::npos) keep(trimmed(whole.substr(space)));
}

void Secrets::add_variable(std::string_view name, std::string_view value) {
  if (!is_common(name)) add(value);
}

void Secrets::keep(std::string_view value) {
  if (value.size() < kBytesMin) return;
  const std::string quoted = dump_json(Json(value));
  const std::string_view inner = std::string_view(quoted).substr(1, quoted.size() - 2);
  for (const std::string_view form : {value, inner}) {
    if (std::find(values_.begin(), values_.end(), form) != values_.end()) continue;
    values_.emplace_back(form);
    begins_.at(first_byte(form)) = true;
  }
}

Secrets::Match Secrets::match(std::string_view text) const {
  Match found;
  for (const std::string& value : values_) {
    if (text.starts_with(value)) {
      found.length = std::max(found.length, value.size());
    } else if (std::string_view(value).starts_with(text)) {
      found.open = true;
    }
  }
  return found;
}

Secrets::Split Secrets::hide_so_far(std::string_view text) const {
  Split split;
  while (!text.empty()) {
    const size_t begin = static_cast<size_t>(
        std::find_if(text.begin(), text.end(),
                     [this](char c) { return begins_.at(static_cast<uint8_t>(c)); }) -
        text.begin());
    split.shown += text.substr(0, begin);
    text.remove_prefix(begin);
    if (text.empty()) break;
    const Match found = match(text);
    if (found.open) break;
    if (found.length > 0) {
      split.shown += kInstead;
    } else {
      split.shown += text.front();
    }
    text.remove_prefix(std::max<size_t>(found.length, 1));
  }
  split.held = text;
  return split;
}

std::string Secrets::hide(std::string_view text) const {
  Split split = hide_so_far(text);
  while (!split.held.empty()) {
    // Nothing follows: what was the beginning of a longer value is a shorter one, or none.
    const size_t length = match(split.held).length;
    if (length > 0) {
      split.shown += kInstead;
    } else {
      split.shown += split.held.front();
    }
    const Split rest =
        hide_so_far(std::string_view(split.held).substr(std::max<size_t>(length, 1)));
    split.shown += rest.shown;
    split.held = rest.held;
  }
  return std::move(split.shown);
}

// Json's depth is bounded where it is read (event/json.h).
// NOLINTNEXTLINE(misc-no-recursion)
Json Secrets::hide_in(const Json& json) const {
  if (json.is_string()) return hide(json.get_ref<const std::string&>());
  if (json.is_array()) {
    Json hidden = Json::array();
    for (const Json& element : json) hidden.push_back(hide_in(element));
    return hidden;
  }
  if (json.is_object()) {
    Json hidden = Json::object();
    for (const auto& [name, value] : json.items()) {
      hidden[hide(name)] = hide_in(value);
    }
    return hidden;
  }
  return json;
}

void add_passed_variables(Secrets& secrets, const AgentConfig& agent, const Variables& variables) {
  const auto add = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names) secrets.add_variable(name, variables(name));
  };
  if (agent.model_server) {
    for (const CommandTool& tool : agent.model_server->tools) add(tool.pass_env);
  }
  for (const McpServer& server : agent.mcp) {
    add(server.pass_env);
    for (const auto& [header, name] : server.headers_env) secrets.add(variables(name));
  }
}

}  // namespace taskfeed::runner
