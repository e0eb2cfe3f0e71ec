#include "runner/mcp_config.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/clock.h"
#include "base/http_url.h"
#include "base/text.h"
#include "runner/tools.h"

namespace taskfeed::runner {
namespace {

using namespace std::literals;

constexpr std::array kProtocols{McpProtocol::kAuto, McpProtocol::kHandshake,
                                McpProtocol::kStateless};

Result<void> read_name(const Json& json, const std::string& place, std::string& into) {
  constexpr size_t kBytesMax = McpLimits{}.name_bytes_max;
  into = string_at(json, "name");
  if (is_tool_name(into) && into.size() <= kBytesMax && into.find("__") == std::string::npos) {
    return {};
  }
  return wrong(place + "name",
               "must be letters, digits, - or _ (no two of them together), at most " +
                   std::to_string(kBytesMax) + "; it begins its tools' names");
}

Result<void> read_url(const Json& json, const std::string& place, std::string& into) {
  if (auto read = read_text(json, place, "url", McpLimits{}.url_bytes_max, into); !read) {
    return read.error();
  }
  const size_t scheme = into.find("://");
  const size_t path = into.find_first_of("/?#", scheme == std::string::npos ? 0 : scheme + 3);
  if (const auto parsed = HttpUrl::parse(into.substr(0, path)); !parsed) {
    return wrong(place + "url", "is wrong: " + parsed.error().text);
  }
  const bool plain = std::all_of(into.begin(), into.end(),
                                 [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
  if (!plain) return wrong(place + "url", "must be printable ASCII without a fragment");
  return {};
}

/// `none` and `all` are the two words that stand for no tool and every one.
Result<void> read_choice(const Json& json, const std::string& place, const std::string& key,
                         std::string_view none, std::string_view all, ToolChoice& into) {
  const Json* const found = find(json, key);
  if (found == nullptr) return {};
  const std::string expected = "must be \"" + std::string(none) + "\", \"" + std::string(all) +
                               "\" or a list of tools, as [\"write_*\"]";
  into = {};
  if (found->is_string()) {
    into.all = *found == all;
    return into.all || *found == none ? Result<void>() : wrong(place + key, expected);
  }
  if (!found->is_array()) return wrong(place + key, expected);
  if (found->size() > McpLimits{}.patterns_max) {
    return {Errc::kTooLarge, place + key + " names more than " +
                                 std::to_string(McpLimits{}.patterns_max) + " tools"};
  }
  for (const Json& each : *found) {
    if (!each.is_string() || each.get_ref<const std::string&>().empty() ||
        each.get_ref<const std::string&>().size() > 256) {
      return wrong(place + key, expected);
    }
    into.patterns.push_back(each.get<std::string>());
  }
  return {};
}

Result<void> read_protocol(const Json& json, const std::string& place, McpProtocol& into) {
  const Json* const found = find(json, "protocol");
  if (found == nullptr) return {};
  for (const McpProtocol each : kProtocols) {
    if (*found == to_string(each)) {
      into = each;
      return {};
    }
  }
  return wrong(place + "protocol", "must be \"auto\", \"2025-11-25\" or \"2026-07-28\"");
}

/// A program's own keys, or a URL's: never both.
Result<void> read_door(const Json& json, const std::string& place, McpServer& server) {
  const bool program = find(json, "command") != nullptr;
  if (program == (find(json, "url") != nullptr)) {
    return wrong(place + "command", "or url: a server has one of the two");
  }
  for (const char* key : {"cwd", "env", "pass_env"}) {
    if (!program && find(json, key) != nullptr) {
      return wrong(place + key, "is for servers with a command; this one has a url");
    }
  }
  if (program && find(json, "headers_env") != nullptr) {
    return wrong(place + "headers_env", "is for servers with a url; this one has a command");
  }
  if (!program) {
    if (auto read = read_url(json, place, server.url); !read) return read.error();
    return read_headers_env(json, place, McpLimits{}.variables_max, server.headers_env);
  }
  if (auto read = read_argv(json, place, "command", server.argv); !read) return read.error();
  if (auto read = read_folder(json, place, server.cwd); !read) return read.error();
  if (auto read = read_env(json, place, server.env); !read) return read.error();
  return read_pass_env(json, place, McpLimits{}.variables_max, server.pass_env);
}

Result<McpServer> server_from_json(const Json& json, size_t index) {
  const std::string whole = "mcp[" + std::to_string(index) + "]";
  if (!json.is_object()) return wrong(whole, "must be a table");
  const std::string place = whole + ".";
  if (auto known =
          only_keys(json, place,
                    {"name", "command", "cwd", "env", "pass_env", "url", "headers_env", "timeout",
                     "protocol", "tools", "approval", "idempotent", "per_task"});
      !known) {
    return known.error();
  }
  McpServer server;
  for (const auto& read :
       {read_name(json, place, server.name), read_door(json, place, server),
        read_timeout(json, place, server.timeout), read_protocol(json, place, server.protocol),
        read_choice(json, place, "tools", "none", "all", server.tools),
        read_choice(json, place, "approval", "never", "always", server.approval),
        read_choice(json, place, "idempotent", "never", "always", server.idempotent),
        read_flag(json, place, "per_task", server.per_task)}) {
    if (!read) return read.error();
  }
  return server;
}

Json choice_to_json(const ToolChoice& choice, std::string_view none, std::string_view all) {
  if (choice.all) return all;
  if (choice.patterns.empty()) return none;
  return choice.patterns;
}

}  // namespace

bool ToolChoice::holds(std::string_view tool) const {
  return all || std::any_of(patterns.begin(), patterns.end(), [tool](const std::string& pattern) {
           return glob_match(pattern, tool);
         });
}

std::string_view to_string(McpProtocol protocol) {
  switch (protocol) {
    case McpProtocol::kAuto:
      return "auto";
    case McpProtocol::kHandshake:
      return "2025-11-25";
    case McpProtocol::kStateless:
      return "2026-07-28";
  }
  return "";
}

Result<std::vector<McpServer>> mcp_from_json(const Json& json) {
  if (!json.is_array()) return wrong("mcp", "must be a list of servers, as [[agent.mcp]]");
  if (json.size() > McpLimits{}.servers_max) {
    return Error{Errc::kTooLarge,
                 "mcp: more than " + std::to_string(McpLimits{}.servers_max) + " servers"};
  }
  std::vector<McpServer> servers;
  std::set<std::string> names;
  for (const Json& each : json) {
    Result<McpServer> server = server_from_json(each, servers.size());
    if (!server) return server.error();
    if (!names.insert(server->name).second) {
      return wrong("mcp[" + std::to_string(servers.size()) + "].name",
                   "\"" + server->name + "\" is the name of another server of this agent");
    }
    servers.push_back(*std::move(server));
  }
  return servers;
}

Json mcp_to_json(const std::vector<McpServer>& servers) {
  Json list = Json::array();
  for (const McpServer& server : servers) {
    Json entry = Json::object();
    entry["name"] = server.name;
    if (!server.argv.empty()) entry["command"] = server.argv;
    if (!server.cwd.empty()) entry["cwd"] = server.cwd;
    if (!server.env.empty()) entry["env"] = server.env;
    if (!server.pass_env.empty()) entry["pass_env"] = server.pass_env;
    if (!server.url.empty()) entry["url"] = server.url;
    if (!server.headers_env.empty()) entry["headers_env"] = server.headers_env;
    entry["timeout"] = format_duration(server.timeout);
    entry["protocol"] = to_string(server.protocol);
    entry["tools"] = choice_to_json(server.tools, "none", "all");
    entry["approval"] = choice_to_json(server.approval, "never", "always");
    entry["idempotent"] = choice_to_json(server.idempotent, "never", "always");
    entry["per_task"] = server.per_task;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace taskfeed::runner
