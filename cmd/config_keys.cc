#include "config_keys.h"

#include <algorithm>
#include <array>

#include "base/clock.h"
#include "base/text.h"
#include "client/endpoint.h"
#include "event/json.h"
#include "redis/url.h"
#include "verbs.h"

namespace taskfeed::cmd {
namespace {

using Kind = ConfigKey::Kind;
using From = ConfigKey::FromProject;

constexpr std::array kKeys{ConfigKey{"server",
                                     "TASKFEED_SERVER",
                                     "--server",
                                     Kind::kText,
                                     From::kThisMachine,
                                     "",
                                     "",
                                     {},
                                     "",
                                     "a daemon: http://host:port or unix:PATH"},
                           ConfigKey{"redis",
                                     "TASKFEED_REDIS_URL",
                                     "--redis",
                                     Kind::kText,
                                     From::kThisMachine,
                                     "",
                                     "",
                                     {},
                                     "",
                                     "a Redis: redis://host:port/db or unix:PATH"},
                           ConfigKey{"state_dir",
                                     "TASKFEED_STATE_DIR",
                                     "--state-dir",
                                     Kind::kPath,
                                     From::kNever,
                                     "",
                                     "",
                                     {},
                                     "",
                                     "the local daemon's socket and the private Redis"},
                           ConfigKey{"agent",
                                     "TASKFEED_AGENT",
                                     "--agent",
                                     Kind::kText,
                                     From::kTaken,
                                     "create|run",
                                     "",
                                     {},
                                     "",
                                     "who executes new tasks"},
                           ConfigKey{"token_file",
                                     "TASKFEED_TOKEN_FILE",
                                     "--token-file",
                                     Kind::kPath,
                                     From::kNever,
                                     "",
                                     "",
                                     {},
                                     "",
                                     "holds the token that the daemon asks for"},
                           ConfigKey{"output",
                                     "TASKFEED_OUTPUT",
                                     "--output",
                                     Kind::kChoice,
                                     From::kTaken,
                                     "",
                                     "text|json",
                                     {},
                                     "text",
                                     "text for people or json for programs"},
                           ConfigKey{"color",
                                     "TASKFEED_COLOR",
                                     "--color",
                                     Kind::kChoice,
                                     From::kTaken,
                                     "",
                                     "auto|always|never",
                                     {},
                                     "auto",
                                     "auto: on a terminal"},
                           ConfigKey{"time",
                                     "TASKFEED_TIME",
                                     "--time",
                                     Kind::kChoice,
                                     From::kTaken,
                                     "",
                                     "clock|relative|iso|raw",
                                     {},
                                     "clock",
                                     "how times are shown"},
                           ConfigKey{"utc",
                                     "TASKFEED_UTC",
                                     "--utc",
                                     Kind::kFlag,
                                     From::kTaken,
                                     "",
                                     "",
                                     {},
                                     "false",
                                     "times in UTC"},
                           ConfigKey{"quiet",
                                     "TASKFEED_QUIET",
                                     "--quiet",
                                     Kind::kFlag,
                                     From::kTaken,
                                     "",
                                     "",
                                     {},
                                     "false",
                                     "only errors on stderr"},
                           ConfigKey{"verbose",
                                     "TASKFEED_VERBOSE",
                                     "--verbose",
                                     Kind::kFlag,
                                     From::kTaken,
                                     "",
                                     "",
                                     {},
                                     "false",
                                     "say what is done, on stderr"},
                           ConfigKey{"log_format",
                                     "TASKFEED_LOG_FORMAT",
                                     "--log-format",
                                     Kind::kChoice,
                                     From::kTaken,
                                     "",
                                     "text|json|journal",
                                     {},
                                     "text",
                                     "of the log on stderr"},
                           ConfigKey{"timeout",
                                     "TASKFEED_TIMEOUT",
                                     "--timeout",
                                     Kind::kDuration,
                                     From::kTaken,
                                     "",
                                     "",
                                     {},
                                     "",
                                     "give up after it: 30s, 5m"},
                           ConfigKey{"serve.listen",
                                     "TASKFEED_SERVE_LISTEN",
                                     "--listen",
                                     Kind::kList,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "127.0.0.1:8000",
                                     "host:port or unix:PATH, several"},
                           ConfigKey{"serve.workers",
                                     "TASKFEED_SERVE_WORKERS",
                                     "--workers",
                                     Kind::kNumber,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {0, 256},
                                     "4",
                                     "tasks executed at a time"},
                           ConfigKey{"serve.shards",
                                     "TASKFEED_SERVE_SHARDS",
                                     "--shards",
                                     Kind::kNumber,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {1, 64},
                                     "1",
                                     "threads that serve connections"},
                           ConfigKey{"serve.queue",
                                     "TASKFEED_SERVE_QUEUE",
                                     "--queue",
                                     Kind::kText,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "default",
                                     "where executions go, and workers look"},
                           ConfigKey{"serve.agents",
                                     "TASKFEED_SERVE_AGENTS",
                                     "--agents",
                                     Kind::kPath,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "",
                                     "a folder that declares agents"},
                           ConfigKey{"serve.tokens",
                                     "TASKFEED_SERVE_TOKENS",
                                     "--tokens",
                                     Kind::kPath,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "",
                                     "who may call: the file of taskfeed token"},
                           ConfigKey{"serve.allow_host",
                                     "TASKFEED_SERVE_ALLOW_HOST",
                                     "--allow-host",
                                     Kind::kList,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "",
                                     "Hosts that are answered as well"},
                           ConfigKey{"serve.allow_origin",
                                     "TASKFEED_SERVE_ALLOW_ORIGIN",
                                     "--allow-origin",
                                     Kind::kList,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "",
                                     "sites whose scripts may call"},
                           ConfigKey{"serve.behind_proxy",
                                     "TASKFEED_SERVE_BEHIND_PROXY",
                                     "--behind-proxy",
                                     Kind::kFlag,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "false",
                                     "allow addresses that other machines reach"},
                           ConfigKey{"bridge.channels",
                                     "TASKFEED_BRIDGE_CHANNELS",
                                     "--bridge",
                                     Kind::kList,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "",
                                     "channels of Redis on which others publish events"},
                           ConfigKey{"bridge.create",
                                     "TASKFEED_BRIDGE_CREATE",
                                     "--bridge-create",
                                     Kind::kFlag,
                                     From::kNever,
                                     "serve",
                                     "",
                                     {},
                                     "false",
                                     "make streams for tasks heard of there"},
                           ConfigKey{"worker.queue",
                                     "TASKFEED_WORKER_QUEUE",
                                     "--queue",
                                     Kind::kText,
                                     From::kNever,
                                     "worker",
                                     "",
                                     {},
                                     "default",
                                     "take tasks from this queue"},
                           ConfigKey{"worker.concurrency",
                                     "TASKFEED_WORKER_CONCURRENCY",
                                     "--concurrency",
                                     Kind::kNumber,
                                     From::kNever,
                                     "worker",
                                     "",
                                     {1, 256},
                                     "4",
                                     "tasks at a time"}};

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

/// "a, b or c".
std::string alternatives(std::string_view choices) {
  const std::vector<std::string> each = choices_of(choices);
  std::string text;
  for (size_t at = 0; at < each.size(); ++at) {
    text += (at == 0 ? "" : at + 1 == each.size() ? " or " : ", ") + each[at];
  }
  return text;
}

/// The URL's password stays where it was written.
std::string without_password(const std::string& text) {
  const size_t at = text.rfind('@');
  const size_t scheme = text.find("://");
  if (at == std::string::npos || scheme == std::string::npos || at < scheme) return text;
  const size_t colon = text.find(':', scheme + 3);
  return colon == std::string::npos || colon > at ? text : text.substr(0, colon) + text.substr(at);
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}

const ConfigKey* config_key(std::string_view name) {
  for (const ConfigKey& key : kKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

bool concerns(const ConfigKey& key, std::string_view subcommand) {
  if (key.subcommands.empty()) return true;
  const std::vector<std::string> names = choices_of(key.subcommands);
  return std::find(names.begin(), names.end(), subcommand) != names.end();
}

Result<std::vector<std::string>> value_from_text(const ConfigKey& key, const std::string& text) {
  std::vector<std::string> texts;
  if (key.kind == Kind::kList) {
    for (std::string_view rest = text; !rest.empty();) {
      const size_t comma = std::min(rest.find(','), rest.size());
      if (comma > 0) texts.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  } else if (key.kind == Kind::kFlag && is_one_of(text, {"1", "yes", "on"})) {
    texts.emplace_back("true");
  } else if (key.kind == Kind::kFlag && is_one_of(text, {"0", "no", "off"})) {
    texts.emplace_back("false");
  } else {
    texts.push_back(text);
  }
  if (auto checked = check_value(key, texts); !checked) return checked.error();
  return texts;
}

Result<void> check_value(const ConfigKey& key, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (!is_utf8(text)) return {Errc::kInvalid, "must be UTF-8"};
    if (key.kind == Kind::kFlag && !is_one_of(text, {"true", "false"})) {
      return {Errc::kInvalid, "must be true or false"};
    }
    if (key.kind == Kind::kNumber && !whole_number("", text, key.range)) {
      return {Errc::kInvalid, "must be a whole number from " + std::to_string(key.range.least) +
                                  " to " + std::to_string(key.range.most)};
    }
    if (key.kind == Kind::kDuration && !parse_duration(text)) {
      return {Errc::kInvalid, "must be a duration such as 30s or 5m"};
    }
    if (key.kind == Kind::kChoice) {
      const std::vector<std::string> choices = choices_of(key.choices);
      if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
        return {Errc::kInvalid, "must be " + alternatives(key.choices)};
      }
    }
    if (key.name == "server") {
      if (const auto url = client::Endpoint::parse(text); !url) return url.error();
    }
    if (key.name == "redis") {
      if (const auto url = redis::Url::parse(text); !url) return url.error();
    }
  }
  return {};
}

std::string value_as_toml(const ConfigKey& key, const std::vector<std::string>& texts) {
  const auto quoted = [&key](const std::string& text) {
    const bool url = key.name == "redis" || key.name == "server";
    return dump_json(Json(url ? without_password(text) : text));
  };
  if (key.kind == Kind::kList) {
    std::string text;
    for (const std::string& each : texts) text += (text.empty() ? "" : ", ") + quoted(each);
    return "[" + text + "]";
  }
  if (texts.empty()) return "";
  const bool bare = key.kind == Kind::kFlag || key.kind == Kind::kNumber;
  return bare ? texts.front() : quoted(texts.front());
}

}  // namespace taskfeed::cmd
