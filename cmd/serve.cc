// serve: the daemon.
#include <algorithm>

#include "base/text.h"
#include "daemon.h"
#include "daemon_start.h"
#include "subcommand.h"
#include "wiring.h"

namespace taskfeed::cmd {
namespace {

constexpr std::string_view kDefaultListen = "127.0.0.1:8000";
constexpr size_t kBridgePatternsMax = 64;

struct ServeArgs {
  std::vector<std::string> listen;
  std::vector<std::string> allow_hosts;
  std::vector<std::string> allow_origins;
  std::string workers = "4";
  std::string shards = "1";
  std::string queue = "default";
  std::string agents;
  std::vector<std::string> bridge;
  bool bridge_create = false;
  std::string tokens;
  bool behind_proxy = false;
  DaemonOptions daemon;
};

void declare(ArgParser& parser, ServeArgs& options) {
  parser.list("--listen", options.listen, "ADDRESS",
              "host:port or unix:PATH; repeatable (default: 127.0.0.1:8000)");
  parser.option("--workers", options.workers, "N",
                "tasks executed at a time, 0 to 256; 0 leaves them to others (default: 4)");
  parser.option("--shards", options.shards, "N",
                "threads that serve connections, 1 to 64 (default: 1)");
  parser.option("--queue", options.queue, "NAME",
                "where executions go, and workers look (default: default)");
  parser.option("--agents", options.agents, "DIR",
                "declare the agents of its *.toml and *.json; read again on SIGHUP");
  parser.list("--bridge", options.bridge, "PATTERN",
              "hear what others PUBLISH on these channels of Redis, such as 'workflow.*'; "
              "repeatable");
  parser.flag("--bridge-create", options.bridge_create,
              "make a stream for a task that --bridge hears of and nobody created");
  parser.list("--allow-host", options.allow_hosts, "NAME",
              "answer requests for this Host as well, or * for any; repeatable");
  parser.list("--allow-origin", options.allow_origins, "ORIGIN",
              "let scripts of this site call, such as http://localhost:3000; repeatable");
  parser.option("--tokens", options.tokens, "FILE",
                "answer only who has a token of this file, which taskfeed token writes; read again "
                "on SIGHUP");
  parser.flag("--behind-proxy", options.behind_proxy,
              "allow addresses that other machines reach: a proxy checks who calls");
}

Result<void> read_listen(ServeArgs& options) {
  for (const std::string& text : options.listen) {
    Result<http::ListenAddress> address = http::ListenAddress::parse(text);
    if (!address) return Error{Errc::kInvalid, "--listen: " + address.error().text};
    if (!address->is_local() && !options.behind_proxy) return beyond_loopback(*address);
    options.daemon.listen.push_back(*std::move(address));
  }
  return {};
}

Result<void> read_hosts(ServeArgs& options) {
  for (const std::string& name : options.allow_hosts) {
    if (name == "*") {
      options.daemon.hosts.any = true;
      continue;
    }
    const auto host = http::parse_host(name);
    if (!host || host->port) {
      return Error{Errc::kInvalid, "--allow-host '" + escape_controls(to_utf8(name)) +
                                       "' is no host name; give it without scheme and port"};
    }
    options.daemon.hosts.names.push_back(host->host);
  }
  return {};
}

/// An origin as a browser writes it (RFC 6454, 6.2). "null" is refused: any site can have it.
Result<void> read_origins(ServeArgs& options) {
  for (const std::string& origin : options.allow_origins) {
    const bool secure = origin.starts_with("https://");
    const size_t scheme = secure ? 8 : 7;
    if ((!secure && !origin.starts_with("http://")) ||
        !http::parse_host(std::string_view(origin).substr(scheme))) {
      return Error{Errc::kInvalid, "--allow-origin '" + escape_controls(to_utf8(origin)) +
                                       "' is no origin; give scheme, host and port alone, as in "
                                       "http://localhost:3000"};
    }
    options.daemon.origins.push_back(origin);
  }
  return {};
}

/// As PSUBSCRIBE takes it.
Result<void> check_bridge_pattern(std::string_view pattern, std::string_view own_prefix) {
  constexpr size_t kBytesMax = 256;
  const std::string shown = "--bridge '" + escape_controls(to_utf8(pattern)) + "' ";
  if (pattern.empty()) return Error{Errc::kInvalid, shown + "is empty; '*' is every channel"};
  if (pattern.size() > kBytesMax) {
    return Error{Errc::kInvalid,
                 "--bridge: a pattern has " + std::to_string(kBytesMax) + " bytes at most"};
  }
  if (pattern.starts_with(own_prefix)) {
    return Error{Errc::kInvalid, shown + "names channels of taskfeed's own, which are not heard"};
  }
  return {};
}

Result<void> read_bridge(ServeArgs& options) {
  redis::RedisBridgeOptions& bridge = options.daemon.bridge;
  if (options.bridge_create && options.bridge.empty()) {
    return Error{Errc::kInvalid, "--bridge-create needs --bridge PATTERN"};
  }
  for (const std::string& pattern : options.bridge) {
    if (auto read = check_bridge_pattern(pattern, bridge.store.prefix); !read) return read;
    const auto same = std::find(bridge.patterns.begin(), bridge.patterns.end(), pattern);
    if (same == bridge.patterns.end()) bridge.patterns.push_back(pattern);
  }
  if (bridge.patterns.size() > kBridgePatternsMax) {
    return Error{Errc::kInvalid,
                 "--bridge: " + std::to_string(kBridgePatternsMax) + " patterns at most"};
  }
  bridge.bridge.create = options.bridge_create;
  return {};
}

Result<void> validate(ServeArgs& options) {
  if (auto read = read_listen(options); !read) return read;
  if (auto read = read_hosts(options); !read) return read;
  if (auto read = read_origins(options); !read) return read;
  if (auto read = read_bridge(options); !read) return read;
  const Result<size_t> workers = whole_number("--workers", options.workers, {0, 256});
  if (!workers) return workers.error();
  const Result<size_t> shards = whole_number("--shards", options.shards, {1, 64});
  if (!shards) return shards.error();
  Result<QueueName> queue = QueueName::parse(options.queue);
  if (!queue) return Error{Errc::kInvalid, "--queue: " + queue.error().text};
  DaemonOptions& daemon = options.daemon;
  daemon.workers = *workers;
  daemon.shards = *shards;
  daemon.queue = *std::move(queue);
  daemon.agents_folder = options.agents;
  daemon.tokens_file = options.tokens;
  daemon.beyond_loopback = options.behind_proxy;
  return {};
}

ExitStatus run(const ServeArgs& args, Deps& deps) {
  const WiringPorts wiring{deps.globals, deps.environment, deps.clock, deps.ids, deps.log};
  if (auto refused = refuse_server_option(wiring); !refused) return fail(deps, refused.error());
  DaemonOptions options = args.daemon;
  options.inherited = ServiceManager(deps.environment).listening_sockets();
  if (options.listen.empty() && options.inherited.empty()) {
    options.listen.push_back(http::ListenAddress::parse(kDefaultListen).value());
  }
  options.local_socket = deps.globals.local_socket();
  if (auto made = prepare_state_dir(deps.globals.state_dir); !made) return fail(deps, made.error());
  const Result<RedisPlace> place = open_redis_to_serve(wiring);
  if (!place) return fail(deps, place.error());
  raise_descriptor_limit(deps.log);

  Daemon daemon(std::move(options), place->url, deps);
  if (auto opened = daemon.open(); !opened) return fail(deps, opened.error());
  daemon.run();
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_serve(Invocation& invocation, Needs needs) {
  return enter<ServeArgs>({{"serve", "[OPTIONS]", "Serve the HTTP API and SSE, and execute tasks.",
                            "  taskfeed serve --agents agents.d\n"
                            "  taskfeed serve --listen unix:/run/taskfeed/http.sock\n"},
                           declare,
                           validate,
                           run,
                           false},
                          invocation, needs);
}

}  // namespace taskfeed::cmd
